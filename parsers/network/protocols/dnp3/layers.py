"""DNP3 below the application (IEEE 1815): link frames with their checksums, and fragments put together from transport segments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

START = b"\x05\x64"
HEADER = 10  # start, length, control, destination, source, checksum
FRAGMENT_LIMIT = 65_536  # bytes of one fragment; devices agree on 2,048 or less
_FIN, _FIR = 0x80, 0x40
_USER_DATA = (3, 4)  # link functions that carry data: confirmed and unconfirmed


def _table() -> tuple[int, ...]:
    """CRC-16/DNP, bit-reversed polynomial 0xA6BC."""
    out = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (0xA6BC if value & 1 else 0)
        out.append(value)
    return tuple(out)


CHECKSUMS = _table()


@lru_cache(maxsize=1 << 12)
def _known_checksum(block: bytes) -> int:
    """That of a header or a block of 16 bytes: stations ask and answer the same from one second to the next."""
    return checksum(block)


def checksum(data: bytes) -> int:
    """CRC-16/DNP of some bytes."""
    value = 0
    for byte in data:
        value = value >> 8 ^ CHECKSUMS[(value ^ byte) & 0xFF]
    return value ^ 0xFFFF


class Frame(NamedTuple):
    """One link frame: where it stands in its stream, its ends, its data without checksums (None: it carries none), whether they fit."""

    at: int
    size: int
    source: int
    target: int
    data: bytes | None
    sound: bool


class Fragment(NamedTuple):
    """One application message: where its first and last frame stand, its ends, its bytes, whether all checksums fit and none is missing."""

    begin: int
    end: int
    source: int
    target: int
    data: bytes
    sound: bool
    whole: bool


def frame_size(length: int) -> int:
    """Bytes of a frame on the wire by its length field: each 16 bytes of data bear a checksum of two."""
    carried = length - 5
    return HEADER + carried + 2 * -(-carried // 16)


def fits(head: bytes) -> bool:
    """Whether the checksum of a frame's header is right."""
    return _known_checksum(head[:8]) == head[8] | head[9] << 8


def frame(raw: bytes, at: int) -> Frame:
    """A whole frame. The caller saw to the start bytes, the length and that all bytes are there."""
    sound = fits(raw)
    parts = []
    for begin in range(HEADER, len(raw), 18):
        block = raw[begin : begin + 18]
        parts.append(block[:-2])
        sound &= _known_checksum(block[:-2]) == block[-2] | block[-1] << 8
    target, source = raw[4] | raw[5] << 8, raw[6] | raw[7] << 8
    carries = raw[3] & 0x0F in _USER_DATA and raw[3] & 0x40 and len(raw) > HEADER
    return Frame(at, len(raw), source, target, b"".join(parts) if carries else None, sound)


def fragments(frames: Iterator[Frame], lost: Callable[[Frame, str], None]) -> Iterator[Fragment]:
    """Fragments in order. `lost` is told of segments that fit nothing; what begins and does not end is given as far as it goes."""
    open_: Fragment | None = None
    expected = 0
    for item in frames:
        if not item.data:
            continue
        head, data, end = item.data[0], item.data[1:], item.at + item.size - 1
        if head & _FIR:
            if open_ is not None:
                yield open_
            open_ = Fragment(item.at, end, item.source, item.target, data, item.sound, False)
        elif open_ is None or head & 0x3F != expected or open_.source != item.source:
            lost(item, "transport segment continues nothing")
            continue
        elif len(open_.data) + len(data) <= FRAGMENT_LIMIT:
            open_ = open_._replace(end=end, data=open_.data + data, sound=open_.sound and item.sound)
        expected = (head & 0x3F) + 1 & 0x3F
        if head & _FIN:
            yield open_._replace(whole=True)
            open_ = None
    if open_ is not None:
        yield open_
