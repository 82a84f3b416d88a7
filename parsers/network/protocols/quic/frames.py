"""Frames of Initial packets (RFC 9000 section 19): the handshake's bytes in order, and whether the connection is closed."""

from __future__ import annotations

from dataclasses import dataclass, field

from parsers.network.protocols.quic.headers import varint

CRYPTO_LIMIT = 65_536  # bytes of a side's handshake that are kept
_PADDING, _PING, _ACK, _ACK_ECN, _CRYPTO, _CLOSE = 0x00, 0x01, 0x02, 0x03, 0x06, 0x1C


@dataclass(slots=True)
class Handshake:
    """A side's CRYPTO bytes as they come in; ready: how many of them are there from the begin on; first, last: packets."""

    data: bytearray = field(default_factory=bytearray)
    there: bytearray = field(default_factory=bytearray)
    ready: int = 0
    first: int = -1
    last: int = -1
    closed: bool = False

    def put(self, at: int, piece: bytes, packet: int) -> None:
        stop = at + len(piece)
        if stop > CRYPTO_LIMIT:
            return
        if at == len(self.data):
            self.data += piece
            self.there += b"\1" * len(piece)
            self.ready = stop if self.ready == at else self.ready
        else:
            self._put_among(at, stop, piece)
        self.first = packet if self.first < 0 else self.first
        self.last = packet

    def _put_among(self, at: int, stop: int, piece: bytes) -> None:
        """The same where bytes before or behind the piece are there already, or lack."""
        more = stop - len(self.data)
        if more > 0:
            self.data += bytes(more)
            self.there += bytes(more)
        self.data[at:stop], self.there[at:stop] = piece, b"\1" * len(piece)
        gap = self.there.find(0, self.ready)
        self.ready = len(self.data) if gap < 0 else gap


def read_frames(frames: bytes, out: Handshake, packet: int) -> str | None:
    """Take the frames of one packet. Returns what is wrong with them, None where nothing is."""
    at, end = 0, len(frames)
    while at < end:
        kind = frames[at]
        at += 1
        if kind == _CRYPTO:
            offset, at = _number(frames, at)
            size, at = _number(frames, at)
            if at + size > end:
                return "a CRYPTO frame is longer than its packet"
            out.put(offset, frames[at : at + size], packet)
            at += size
        elif kind == _PADDING:
            at = end - len(frames[at:].lstrip(b"\0"))
        elif kind in (_ACK, _ACK_ECN):
            at = _after_ack(frames, at, kind)
        elif kind == _CLOSE:
            out.closed = True
            return None
        elif kind != _PING:
            return f"frame type {kind:#04x} in an Initial packet"
    return None if at == end else "a frame is longer than its packet"


def _number(frames: bytes, at: int) -> tuple[int, int]:
    """As `varint`, which takes all lengths: nearly all numbers here have two bytes."""
    first = frames[at : at + 2]
    if len(first) == 2 and first[0] & 0xC0 == 0x40:
        return (first[0] & 0x3F) << 8 | first[1], at + 2
    return varint(frames, at)


def _after_ack(frames: bytes, at: int, kind: int) -> int:
    """Largest, delay, number of ranges, first range, and a gap and a length for each; three counts more with ECN."""
    values = []
    for _ in range(4):
        value, at = varint(frames, at)
        values.append(value)
    for _ in range(min(2 * values[2] + (3 if kind == _ACK_ECN else 0), len(frames))):
        _, at = varint(frames, at)
    return at
