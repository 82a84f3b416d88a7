"""Where HTTP/1 messages begin and end in a stream: heads parsed, bodies skipped without joining them (RFC 9112).

Parsed by our own code and not by dpkt, which wants whole bodies in memory and drops a message for one odd header line
(docs/decisions/0009-captures.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from parsers.network.protocols import Trouble, text
from parsers.network.streams import Stream

HEAD_LIMIT = 65_536  # bytes of one message's head; servers refuse more than 8 to 64 KiB
MESSAGES = 100_000  # messages read of one connection and side
CHUNKS = 1_000_000  # chunks of one body
_METHOD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_VERSION = re.compile(rb"HTTP/(\d{1,3}\.\d{1,3})")
STATUS_LINE = re.compile(rb"HTTP/(\d+\.\d+)[ \t]+(\d{3})(?:[ \t]+(.*))?\s*", re.DOTALL)
FirstLine = Callable[[bytes], tuple[bytes, ...] | None]


@dataclass(frozen=True, slots=True)
class Head:
    """The head of one message: where it and its body begin in the stream, its first line's parts, its headers by lower-case name."""

    begin: int
    body: int
    parts: tuple[bytes, ...]
    headers: dict[str, str]
    whole: bool


@dataclass(frozen=True, slots=True)
class Body:
    """A body: bytes seen, where the next message begins (None: unknown), its first bytes, and whether it is complete."""

    seen: int
    after: int | None
    start: bytes
    whole: bool


@dataclass(frozen=True, slots=True)
class Message:
    """A request or a response."""

    head: Head
    body: Body
    first: int
    last: int

    @property
    def flags(self) -> tuple[str, ...]:
        return () if self.head.whole and self.body.whole else ("truncated",)


def _request_line(line: bytes) -> tuple[bytes, ...] | None:
    """Method, target and version (RFC 9112 section 3), or None. The target may hold spaces, as scanners and broken clients send them."""
    words = line.split()
    version = _VERSION.fullmatch(words[-1]) if len(words) > 1 else None
    if version is None or not _METHOD.fullmatch(words[0]):
        return None
    begin = line.index(words[0]) + len(words[0])
    return words[0], line[begin : line.rindex(words[-1])].strip(), version[1]


def _status_line(line: bytes) -> tuple[bytes, ...] | None:
    """Version, status and reason (RFC 9112 section 4), or None."""
    found = STATUS_LINE.fullmatch(line)
    return tuple(part or b"" for part in found.groups()) if found else None


def _head(stream: Stream, at: int, first_line: FirstLine) -> Head | None:
    """The head at `at`, or None when the bytes there are none. A head that the capture cuts keeps what there is."""
    raw = stream.read(at, 1_024)
    end = _end(raw)
    if end is None and len(raw) == 1_024:
        raw = stream.read(at, HEAD_LIMIT)
        end = _end(raw)
    size = len(raw) if end is None else end
    line, _, rest = raw[:size].partition(b"\n")
    parts = first_line(line)
    return None if parts is None else Head(at, at + size, parts, _headers(rest), end is not None)


def _headers(raw: bytes) -> dict[str, str]:
    """Header fields by lower-case name, repeated ones joined by commas. Lines that are none are passed over."""
    found: dict[str, list[str]] = {}
    last: list[str] = []
    for line in raw.split(b"\n"):
        if line[:1] in (b" ", b"\t"):  # obsolete line folding, RFC 9112 section 5.2
            last.append(" " + text(line.strip()))
            continue
        key, colon, value = line.partition(b":")
        if colon:
            last = found.setdefault(text(key.strip().lower()), [])
            last.append((", " if last else "") + text(value.strip()))
    return {name: "".join(parts) for name, parts in found.items()}


def _end(raw: bytes) -> int | None:
    ends = [at + len(mark) for mark in (b"\r\n\r\n", b"\n\n") if (at := raw.find(mark)) >= 0]
    return min(ends) if ends else None


def _body(stream: Stream, head: Head, empty: bool, to_end: bool) -> Body:
    """The body after `head` (RFC 9112 section 6.3)."""
    if empty or not head.whole:
        return Body(0, head.body, b"", True)
    if "chunked" in head.headers.get("transfer-encoding", "").lower():
        return _chunked(stream, head.body)
    declared = head.headers.get("content-length", "").split(",")[0].strip()
    if declared.isascii() and declared.isdigit() and len(declared) < 19:
        stop = head.body + int(declared)
    elif to_end:
        stop = max(stream.end, head.body)
    else:
        return Body(0, head.body, b"", True)
    seen = stream.held(head.body, stop)
    return Body(seen, stop, stream.read(head.body, min(16, stop - head.body)), seen == stop - head.body)


def _chunked(stream: Stream, at: int) -> Body:
    """RFC 9112 section 7.1: sizes are hopped along, data is not touched."""
    seen, start, whole = 0, b"", True
    for _ in range(CHUNKS):
        line, newline, _ = stream.read(at, 256).partition(b"\n")
        size = _size(line) if newline else None
        if size is None:
            return Body(seen, None, start, False)
        at += len(line) + 1
        if size == 0:
            return Body(seen, _after_trailers(stream, at), start, whole)
        start = start or stream.read(at, min(16, size))
        held = stream.held(at, at + size)
        seen, whole = seen + held, whole and held == size
        at += size + (2 if stream.read(at + size, 1) == b"\r" else 1)
    return Body(seen, None, start, False)


def _size(line: bytes) -> int | None:
    digits = line.split(b";")[0].strip()
    return int(digits, 16) if re.fullmatch(rb"[0-9A-Fa-f]{1,15}", digits) else None


def _after_trailers(stream: Stream, at: int) -> int:
    raw = stream.read(at, 4_096)
    if raw[:2] == b"\r\n":
        return at + 2
    if raw[:1] == b"\n":
        return at + 1
    end = _end(raw)
    return at + (end if end is not None else len(raw))


def messages(stream: Stream, requests: list[Message] | None) -> Iterator[Message | Trouble]:
    """The messages of one side. For responses `requests` are the other side's, in order: a response to HEAD has no body."""
    at, answered = 0, 0
    side = "request" if requests is None else "response"
    for _ in range(MESSAGES):
        if not (lead := stream.read(at, 64)):
            at = _beyond_gap(stream, at) or at
            lead = stream.read(at, 64)
        if lead[:1] in (b"\r", b"\n"):  # empty lines before a message, RFC 9112 section 2.2
            at += len(lead) - len(lead.lstrip(b"\r\n"))
            lead = stream.read(at, 1)
        if not lead:
            return
        head = _head(stream, at, _request_line if requests is None else _status_line)
        if head is None:
            yield Trouble(stream.packet(at), f"HTTP connection: bytes where a {side} should begin are none")
            return
        if requests is None and head.parts[0] == b"PRI":
            yield Trouble(stream.packet(at), "HTTP/2 connection: known but not read in this version")
            return
        upgrade = empty = False
        if requests is not None:
            status = int(head.parts[1])
            asked = requests[answered].head.parts[0] if answered < len(requests) else b""
            empty = status < 200 or status in (204, 304) or asked == b"HEAD" or (asked == b"CONNECT" and status < 300)
            upgrade = status == 101 or (asked == b"CONNECT" and status < 300)
            answered += status >= 200 or upgrade
        body = _body(stream, head, empty, requests is not None)
        last = max((body.after or stream.end) - 1, head.begin)
        yield Message(head, body, stream.packet(at), stream.packet(min(last, max(stream.end - 1, at))))
        if upgrade or body.after is None or not head.whole or body.after <= at:
            return
        if requests is None and head.parts[0] == b"CONNECT":
            return
        at = body.after
    yield Trouble(stream.packet(at), f"HTTP connection with more than {MESSAGES} {side}s: the rest is not read")


def _beyond_gap(stream: Stream, at: int) -> int | None:
    """After a gap between messages the next piece may begin one; it is taken only if it does."""
    following = stream.next_start(at)
    if following is None:
        return None
    return following if _head(stream, following, _request_line) or _head(stream, following, _status_line) else None
