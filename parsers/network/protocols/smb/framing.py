"""SMB messages of one side of a connection: session frames over TCP (MS-SMB2 section 2.1, RFC 1002 section 4.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from parsers.network.streams import Stream

SMB1, SMB2, ENCRYPTED, COMPRESSED = b"\xffSMB", b"\xfeSMB", b"\xfdSMB", b"\xfcSMB"
RAW = b"raw"  # in place of an identifier: bytes of a file without a header, which two commands of SMB 1 send
RAW_LIMIT = 65_535  # bytes of them in one frame
RAW_HOPS = 200_000  # such frames looked at in one stream; more would be 13 GB of a file
FRAMES = 400_000  # frames read of one side
HEAD = 120  # bytes of a message that come with it: the header, and all of what the commonest requests say
WINDOW = 131_072  # bytes looked through at a time for the next message after a gap
LEAPS = 4_096  # windows and pieces looked through in one stream
_SESSION = frozenset(
    (0x81, 0x82, 0x83, 0x84, 0x85)
)  # session request, its answers, keep alive (RFC 1002 section 4.3.1)
_MESSAGE = re.compile(rb"\x00[\x00-\xff]{3}[\xfc-\xff]SMB")


@dataclass(slots=True)  # made for every message: a tuple costs twice as much
class Frame:
    """One message: where it lies in its stream, its size as announced, its protocol identifier (empty: none that is known), and how the
    bytes there begin: HEAD of them, or those that came in one packet."""

    at: int
    size: int
    magic: bytes
    head: bytes = b""


def frames(stream: Stream) -> Iterator[Frame]:
    """All messages of a side. After a gap, or bytes that are no message (they come without magic), the next one is looked for."""
    at, leaps, raw = stream.begin, [0], _Raw(stream)
    for _ in range(FRAMES):
        head = stream.piece(at, 4 + HEAD)
        if len(head) < 8:
            head = stream.read(at, 8)
        size = int.from_bytes(head[1:4], "big")
        if head[5:8] == b"SMB" and head[0] == 0 and head[4] >= 0xFC:
            yield Frame(at + 4, size, head[4:8], head[4:])
            at += 4 + size
        elif len(head) >= 4 and head[0] in _SESSION and size < 1_024:
            at += 4 + size
        elif len(head) >= 4 and head[0] == 0 and raw.holds(at):
            yield Frame(at + 4, size, RAW)
            at += 4 + size
        elif at >= stream.end or (following := _next(stream, at, leaps)) is None:
            if head and at < stream.end:
                yield Frame(at, 0, b"")
            return
        else:
            if head:
                yield Frame(at, 0, b"")
            at = following


class _Raw:
    """Knows up to where a stream holds frames without a message, one after another, that end where a message begins or the stream ends."""

    def __init__(self, stream: Stream) -> None:
        self._stream, self._sure, self._hops = stream, 0, RAW_HOPS

    def holds(self, at: int) -> bool:
        """Whether such a frame begins here."""
        if at < self._sure:
            return True
        empty, start = False, at
        while self._hops > 0:
            self._hops -= 1
            head = self._stream.read(at, 8)
            size = int.from_bytes(head[1:4], "big")
            if at > start and (at == self._stream.end or _MESSAGE.match(head)):
                self._sure = at
                return True
            # two empty ones in a row are no answers but a run of zeros
            if (
                len(head) < 4
                or head[0] != 0
                or size > RAW_LIMIT
                or (empty and not size)
                or at + 4 + size > self._stream.end
            ):
                return False
            empty, at = not size, at + 4 + size
        return False


def _next(stream: Stream, at: int, leaps: list[int]) -> int | None:
    """Where the next frame with an SMB message begins."""
    while leaps[0] < LEAPS:
        leaps[0] += 1
        window = stream.read(at, WINDOW)
        if found := _MESSAGE.search(window):
            return at + found.start()
        if len(window) == WINDOW:
            at += WINDOW - 7
        elif (following := stream.next_start(max(at + len(window) - 1, at))) is None:
            return None
        else:
            at = following
    return None
