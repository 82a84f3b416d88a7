"""SIP messages: first line, headers in long form, size of the body (RFC 3261 section 7)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from parsers.network.protocols import text
from parsers.network.streams import Stream

_FOLDED = (b" ", b"\t")  # what the lines begin with that go on with a field
_NAME = 64  # bytes of a name that is looked up among those that came before
HEAD_LIMIT = 65_536  # bytes of one head
MESSAGES = 100_000  # messages of one side of a connection
LINES = 1_000  # header lines of one message
REQUEST = re.compile(rb"([A-Z]{3,16}) (\S{1,4096}) SIP/(\d\.\d)\r?\n")
RESPONSE = re.compile(rb"SIP/(\d\.\d) (\d{3})(?: ([^\r\n]*))?\r?\n")
# RFC 3261 section 7.3.3: compact forms
READ = (
    "call-id", "cseq", "date", "subject", "reply-to", "user-agent", "from", "to", "via", "content-type", "content-length", "warning",
    "authorization", "proxy-authorization",
)  # fmt: skip
LONG = {
    "i": "call-id", "m": "contact", "e": "content-encoding", "l": "content-length", "c": "content-type", "f": "from", "s": "subject",
    "k": "supported", "t": "to", "v": "via", "r": "refer-to", "o": "event", "u": "allow-events",
}  # fmt: skip


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Message:
    """A message: method and URI of a request or status and reason of a response, headers that are READ, body bytes seen, first and last
    packet."""

    parts: tuple[str, str]
    response: bool
    headers: dict[str, list[str]]
    body: int
    size: int
    first: int
    last: int

    def get(self, name: str) -> str | None:
        values = self.headers.get(name)
        return values[0] if values else None

    @property
    def key(self) -> tuple[str, str]:
        return self.get("call-id") or "", " ".join((self.get("cseq") or "").split()[:2])


def message(raw: bytes, first: int, last: int) -> Message | None:
    """The message at the front of `raw`, or None where there is none. `size` is what it takes, its body included as declared."""
    asked = None if raw.startswith(b"SIP/") else REQUEST.match(raw)
    found = asked or RESPONSE.match(raw)
    if found is None:
        return None
    end = next(
        (at + len(mark) for mark in (b"\r\n\r\n", b"\n\n") if (at := raw.find(mark, 0, HEAD_LIMIT)) >= 0), len(raw)
    )
    headers = _headers(raw[found.end() : end])
    declared = headers.get("content-length", [""])[0]
    body = int(declared) if declared.isascii() and declared.isdigit() and len(declared) < 10 else None
    seen = len(raw) - end if body is None else min(body, len(raw) - end)
    parts = (text(asked[1]), text(asked[2])) if asked else (text(found[2]), text(found[3] or b""))
    return Message(parts, asked is None, headers, seen, end + (body or 0), first, last)


def _headers(raw: bytes) -> dict[str, list[str]]:
    """The header fields that are read, by name in long form; folded lines joined."""
    headers: dict[str, list[str]] = {}
    current: list[str] = []
    begun = False
    for line in raw.split(b"\n", LINES)[:LINES]:
        if begun and line[:1] in _FOLDED:
            if current:
                current[-1] += " " + text(line.strip())
            continue
        name, colon, value = line.partition(b":")
        if not colon:
            continue
        begun, known = True, _known(name) if len(name) <= _NAME else _name(name)
        if known is None:
            current = []
            continue
        current = headers.setdefault(known, [])
        current.append(text(value.strip()))
    return headers


def _name(said: bytes) -> str | None:
    """The name of a field that is read, in long form; None for another's."""
    short = text(said.strip().lower())
    name = LONG.get(short, short)
    return name if name in READ else None


_known = lru_cache(maxsize=1 << 10)(_name)


def of_stream(stream: Stream) -> Iterator[Message]:
    """The messages of one side of a connection; keep-alive line ends between them are passed over (RFC 5626)."""
    at = stream.begin
    for _ in range(MESSAGES):
        raw = stream.read(at, HEAD_LIMIT)
        blank = len(raw) - len(raw.lstrip(b"\r\n\0"))
        if blank:
            at += blank
            continue
        found = message(raw, stream.packet(at), stream.packet(at)) if raw else None
        if found is None:
            following = stream.next_start(at)
            if following is None or following <= at:
                return
            at = following
            continue
        end = min(at + found.size, max(stream.end, at + 1))
        last = max(stream.packet(max(end - 1, at)), found.first)
        yield Message(
            found.parts,
            found.response,
            found.headers,
            stream.held(end - found.body, end),
            found.size,
            found.first,
            last,
        )
        at += found.size
