"""Session frames of SMB over TCP (MS-SMB2 section 2.1, RFC 1002 section 4.3) where they are not plain: one that is followed by a gap, has
no message in it, holds more messages than are found at once, or lies in what was put together from fragments."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from parsers.network.protocols.smb.message_kernels import ASIDE, BAD_COMPOUND, BAD_ONE, BAD_TWO, ONE, TWO
from parsers.network.streams import Stream

RAW, NOTHING = (
    7,
    8,
)  # further kinds: bytes of a file without a header, which two commands of SMB 1 send; bytes that are nothing
RAW_LIMIT = 65_535  # bytes of the first in one frame
RAW_HOPS = 200_000  # such frames looked at in one stream; more would be 13 GB of a file
FRAMES = 400_000  # frames read of one side
WINDOW = 131_072  # bytes looked through at a time for the next message after a gap
LEAPS = 4_096  # windows and pieces looked through in one stream
_SESSION = frozenset(
    (0x81, 0x82, 0x83, 0x84, 0x85)
)  # session request, its answers, keep alive (RFC 1002 section 4.3.1)
_SMB1, _SMB2 = b"\xffSMB", b"\xfeSMB"
_HEADER = struct.Struct("<4sHHIHHIIqIIq")  # MS-SMB2 section 2.2.1.2, without its signature
_HEADER1 = struct.Struct("<4sBIBHH8sHHHHH")  # MS-CIFS section 2.2.3.1
Row = tuple[int, int, int, int, int, int, int, int, int, int, int, int, int, int, int]  # the first columns of a message


def frame_at(head: bytes) -> bool:
    """Whether these eight bytes are those of a frame with a message of either version, or one that is not read."""
    return head[5:8] == b"SMB" and head[0] == 0 and head[4] >= 0xFC


def _message_in(window: bytes) -> int | None:
    """Where the first frame with a message begins."""
    at = window.find(b"SMB", 5)
    while at >= 0:
        if frame_at(window[at - 5 : at + 3]):
            return at - 5
        at = window.find(b"SMB", at + 1)
    return None


class Odd:
    """Reads the frames of one stream that are not plain."""

    def __init__(self, stream: Stream) -> None:
        self._stream, self._leaps = stream, 0
        self._raw: _Raw | None = None

    def frame(self, at: int) -> tuple[list[Row], int | None]:
        """What is at `at`, and where the next frame begins: after a gap, or bytes that are no message, it is looked for."""
        stream = self._stream
        head = stream.read(at, 8)
        size = int.from_bytes(head[1:4], "big")
        if frame_at(head):
            return _read(stream, at + 4, size, head[4:]), at + 4 + size
        if len(head) >= 4 and head[0] in _SESSION and size < 1_024:
            return [], at + 4 + size
        if len(head) >= 4 and head[0] == 0:
            self._raw = self._raw or _Raw(stream)
            if self._raw.holds(at):
                return [_row(stream, RAW, at + 4, size, (at + 4, size))], at + 4 + size
        found = [_row(stream, NOTHING, at, 0, (at, 0))] if head and at < stream.end else []
        return found, None if at >= stream.end else self._next(at)

    def _next(self, at: int) -> int | None:
        """Where the next frame with an SMB message begins."""
        while self._leaps < LEAPS:
            self._leaps += 1
            window = self._stream.read(at, WINDOW)
            if (found := _message_in(window)) is not None:
                return at + found
            if len(window) == WINDOW:
                at += WINDOW - 7
            elif (following := self._stream.next_start(max(at + len(window) - 1, at))) is None:
                return None
            else:
                at = following
        return None


def _row(
    stream: Stream, kind: int, at: int, size: int, frame: tuple[int, int], head: tuple[int, ...] = (0,) * 6
) -> Row:
    """`head`: command, status, flags, number, tree, session."""
    command, status, flags, number, tree, session = head
    last = stream.packet(max(min(at + size, stream.end) - 1, at))
    packet = stream.packet(at)
    return kind, at, size, 0, 0, packet, last, command, status, flags, number, tree, session, frame[0], frame[1]


def _read(stream: Stream, at: int, size: int, magic: bytes) -> list[Row]:
    """The messages of a frame that could not be found with the others."""
    if magic == _SMB2:
        return list(_compound(stream, at, size))
    if magic != _SMB1:
        return [_row(stream, ASIDE, at, size, (at, size), (magic[0], 0, 0, 0, 0, 0))]
    raw = stream.read(at, 32)
    if len(raw) < 32:
        return [_row(stream, BAD_ONE, at, size, (at, size))]
    _, command, status, flags, flags2, high, _, _, tree, process, user, number = _HEADER1.unpack(raw)
    numbers = command << 48 | high << 32 | process << 16 | number
    return [_row(stream, ONE, at, size, (at, size), (command, status, flags | flags2 << 16, numbers, tree, user))]


def _compound(stream: Stream, at: int, size: int) -> Iterator[Row]:
    frame, stop = (at, size), at + size
    while True:
        raw = stream.read(at, 48)
        if len(raw) < 48 or raw[:4] != _SMB2 or raw[4] != 64:
            yield _row(stream, BAD_TWO, at, 0, frame)
            return
        _, _, _, status, command, _, flags, offset, number, _, tree, session = _HEADER.unpack(raw)
        yield _row(stream, TWO, at, offset or stop - at, frame, (command, status, flags, number, tree, session))
        at += offset or stop - at
        if not offset or at >= stop:
            return
        if offset < 64:
            yield _row(stream, BAD_COMPOUND, at, 0, frame)
            return


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
            if at > start and (at == self._stream.end or frame_at(head)):
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
