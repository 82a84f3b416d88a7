"""Where HTTP/1 messages begin and end in a stream: bodies are hopped over without joining them (RFC 9112).

Parsed by our own code and not by dpkt, which wants whole bodies in memory and drops a message for one odd header line
(docs/decisions/0009-captures.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from parsers.network.protocols import Trouble
from parsers.network.protocols.http1.heads import ANSWER_LINE, REQUEST_LINE, Head, head_at, plain_head
from parsers.network.protocols.http1.window import Window

MESSAGES = 100_000  # messages read of one connection and side
CHUNKS = 1_000_000  # chunks of one body
SEARCHED = 4 << 20  # bytes of one side looked through for a message where none begins
_FIRST_STEP, _STEP, _OVERLAP = (
    1_024,
    65_536,
    24,
)  # bytes looked through at once, and again with the next: a message may begin between
_REQUEST = re.compile(rb"(?:GET|POST|HEAD|PUT|DELETE|OPTIONS|CONNECT|PATCH|PROPFIND|TRACE) [/hw*]")
_RESPONSE = re.compile(rb"HTTP/1\.[01] [1-5]\d\d[ \r\n]")
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}")
_made = tuple.__new__  # the constructor of a named tuple takes twice as long


class Body(NamedTuple):
    """A body: where it begins and ends with its framing (None: unknown), bytes of it seen, bytes it should have (None: unknown),
    whether it is complete, and whether it is in chunks. One of HTTP/2 that does not lie in one stretch begins at 0."""

    begin: int
    after: int | None
    seen: int
    size: int | None
    whole: bool
    chunked: bool = False

    @property
    def missing(self) -> int:
        """Bytes that the capture lacks, as far as their number is known."""
        if self.chunked or self.after is None:
            return 0
        return self.after - self.begin - self.seen


class Message(NamedTuple):
    """A request or a response, and its first and last packet. `source` gives the body's bytes where they do not lie one after another
    in the stream (HTTP/2); it is told whether missing bytes end them."""

    head: Head
    body: Body
    first: int
    last: int
    source: Callable[[bool], Iterator[bytes]] | None = None

    @property
    def flags(self) -> tuple[str, ...]:
        return () if self.head.whole and self.body.whole else ("truncated",)


def _body(window: Window, head: Head, empty: bool, to_end: bool) -> Body:
    """The body after `head` (RFC 9112 section 6.3)."""
    begin, size = head.body, head.fields.length
    if empty or not head.whole:
        return _made(Body, (begin, begin, 0, 0, True, False))
    if head.fields.chunked:
        return _chunked(window, begin)
    if size is not None:
        seen = window.stream.held(begin, begin + size) if size else 0
        return _made(Body, (begin, begin + size, seen, size, seen == size, False))
    if to_end:
        stop = max(window.stream.end, begin)
        seen = window.stream.held(begin, stop)
        return Body(begin, stop, seen, None, seen == stop - begin)
    return _made(Body, (begin, begin, 0, 0, True, False))


def _chunked(window: Window, begin: int) -> Body:
    """RFC 9112 section 7.1: sizes are hopped along, data is not touched."""
    seen, whole, after = 0, True, None
    for at, size in chunks(window, begin):
        if size == 0:
            after = _after_trailers(window, at)
            break
        held = window.stream.held(at, at + size)
        seen, whole = seen + held, whole and held == size
    return Body(begin, after, seen, seen if whole and after is not None else None, whole and after is not None, True)


def chunks(window: Window, at: int) -> Iterator[tuple[int, int]]:
    """Where the data of each chunk lies, and its size; the last is 0. It ends early where no chunk begins."""
    for _ in range(CHUNKS):
        line, newline, _ = window.peek(at, 256).partition(b"\n")
        size = _size(line) if newline else None
        if size is None:
            return
        at += len(line) + 1
        yield at, size
        if size == 0:
            return
        at += size + (2 if window.peek(at + size, 1) == b"\r" else 1)


def _size(line: bytes) -> int | None:
    digits = line.split(b";")[0].strip()
    return int(digits, 16) if _SIZE.fullmatch(digits) else None


def _after_trailers(window: Window, at: int) -> int:
    """Behind the trailer fields, which may be none."""
    raw = window.peek(at, 4_096)
    if raw[:2] == b"\r\n":
        return at + 2
    if raw[:1] == b"\n":
        return at + 1
    found = re.search(rb"\n\r?\n", raw)
    return at + (found.end() if found else len(raw))


class Side:
    """One side of a connection, read message by message. `stopped` once nothing more can be read; `troubles` tell why."""

    __slots__ = (
        "_begin",
        "_count",
        "_first_line",
        "_name",
        "_searched",
        "_weird",
        "_window",
        "at",
        "stopped",
        "troubles",
    )

    def __init__(self, window: Window, request: bool) -> None:
        self._window, self.at, self._count = window, 0, 0
        self._first_line = REQUEST_LINE if request else ANSWER_LINE
        self._begin = _REQUEST if request else _RESPONSE
        self._name, self._weird = ("request", "bad_http_request") if request else ("response", "bad_http_reply")
        self._searched = 0
        self.stopped = False
        self.troubles: list[Trouble] = []

    def head(self) -> Head | None:
        """The next head; None at the end, or where no message begins."""
        if self.stopped:
            return None
        if self.at >= self._window.stream.end:
            self.stopped = True
            return None
        head = plain_head(self._window, self.at, self._first_line)
        if head is None:
            if self._window.peek(self.at, 1) in (b"", b"\r", b"\n") and not self._seek():
                self.stopped = True
                return None
            head = head_at(self._window, self.at, self._first_line)
        if head is None:
            self._trouble("bytes where a {} should begin are none", self._weird)
            if self._search():
                head = head_at(self._window, self.at, self._first_line)
        elif self._count >= MESSAGES:
            self._trouble(f"more than {MESSAGES} {{}}s, the rest is not read", "http_excessive_pipelining")
            return None
        self._count += 1
        return head

    def message(self, head: Head, empty: bool = False, to_end: bool = False, last: bool = False) -> Message:
        """The message of a head, which is the `last` to be read where what follows is not HTTP. `to_end`: without a length the body
        ends with the stream."""
        stream = self._window.stream
        body = _body(self._window, head, empty, to_end)
        begin, after = head.begin, body.after
        reach = stream.end if after is None else after
        end = stream.end - 1 if reach > stream.end else reach - 1
        first = stream.packet(begin)
        message = _made(Message, (head, body, first, stream.packet(end if end > begin else begin), None))
        if after is None and body.chunked and (at := self._broken(body)) is not None:
            self._trouble("a chunk has no size where one should stand", "http_bad_chunk_size", at)
        if last or after is None or not head.whole or after <= self.at:
            self.stopped = True
        self.at = reach
        return message

    def _broken(self, body: Body) -> int | None:
        """Where the chunks of a body break off, though the stream goes on."""
        at = body.begin
        for at, size in chunks(self._window, body.begin):
            at += size
        return at if len(self._window.peek(at, 24)) == 24 else None

    def _seek(self) -> bool:
        """Go to the next message: over empty lines (RFC 9112 section 2.2), and over a gap if a message begins behind it."""
        lead = self._window.peek(self.at, 64)
        if not lead:
            self.at = self._beyond_gap() or self.at
            lead = self._window.peek(self.at, 64)
        if lead[:1] in (b"\r", b"\n"):
            self.at += len(lead) - len(lead.lstrip(b"\r\n"))
            lead = self._window.peek(self.at, 1)
        return bool(lead)

    def _beyond_gap(self) -> int | None:
        following = self._window.stream.next_start(self.at)
        if following is None:
            return None
        return following if head_at(self._window, following, self._first_line) else None

    def _search(self) -> bool:
        """Go to the next packet that begins with a message, as captures need that begin amid one."""
        stream, at, step = self._window.stream, self.at, _FIRST_STEP
        while self._searched < SEARCHED and (raw := stream.read(at, step)):
            step = min(2 * step, _STEP)  # what comes soon costs little, even where each byte is a segment
            for found in self._begin.finditer(raw):
                begin = at + found.start()
                if begin > self.at and stream.packet(begin) != stream.packet(begin - 1):
                    self.at, self.stopped = begin, False
                    return True
            at += max(len(raw) - _OVERLAP, 1)
            self._searched += len(raw)
        return False

    def _trouble(self, reason: str, name: str, at: int | None = None) -> None:
        packet = self._window.stream.packet(self.at if at is None else at)
        self.troubles.append(Trouble(packet, "HTTP connection: " + reason.format(self._name), name))
        self.stopped = True
