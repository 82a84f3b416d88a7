"""SIP messages: first line, headers in long form, size of the body (RFC 3261 section 7)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from parsers.network.protocols import text
from parsers.network.streams import Stream

HEAD_LIMIT = 65_536  # bytes of one head
MESSAGES = 100_000  # messages of one side of a connection
LINES = 1_000  # header lines of one message
REQUEST = re.compile(rb"([A-Z]{3,16}) (\S{1,4096}) SIP/(\d\.\d)\r?\n")
RESPONSE = re.compile(rb"SIP/(\d\.\d) (\d{3})(?: ([^\r\n]*))?\r?\n")
# RFC 3261 section 7.3.3: compact forms
_LONG = {
    "i": "call-id", "m": "contact", "e": "content-encoding", "l": "content-length", "c": "content-type", "f": "from", "s": "subject",
    "k": "supported", "t": "to", "v": "via", "r": "refer-to", "o": "event", "u": "allow-events",
}  # fmt: skip


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Message:
    """A message: method and URI of a request or status and reason of a response, headers, body bytes seen, first and last packet."""

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
    asked, told = REQUEST.match(raw), RESPONSE.match(raw)
    found = asked or told
    if found is None:
        return None
    end = next(
        (at + len(mark) for mark in (b"\r\n\r\n", b"\n\n") if (at := raw.find(mark, 0, HEAD_LIMIT)) >= 0), len(raw)
    )
    headers: dict[str, list[str]] = {}
    current: list[str] = []
    for line in raw[found.end() : end].split(b"\n", LINES)[:LINES]:
        if line[:1] in (b" ", b"\t") and current:
            current[-1] += " " + text(line.strip())
            continue
        name, colon, value = line.partition(b":")
        if colon:
            short = text(name.strip().lower())
            current = headers.setdefault(_LONG.get(short, short), [])
            current.append(text(value.strip()))
    declared = headers.get("content-length", [""])[0]
    body = int(declared) if declared.isascii() and declared.isdigit() and len(declared) < 10 else None
    seen = len(raw) - end if body is None else min(body, len(raw) - end)
    parts = (text(asked[1]), text(asked[2])) if asked else (text(found[2]), text(found[3] or b""))
    return Message(parts, asked is None, headers, seen, end + (body or 0), first, last)


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
