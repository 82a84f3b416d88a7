"""Frames of Initial packets (RFC 9000 section 19): the handshake's bytes in order, and whether the connection is closed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from parsers.network.protocols.quic.headers import varint

CRYPTO_LIMIT = 65_536  # bytes of a side's handshake that are kept
_ZEROS = re.compile(rb"\0*")
_ONES = b"\1" * CRYPTO_LIMIT
_PADDING, _PING, _ACK, _ACK_ECN, _CRYPTO, _CLOSE = 0x00, 0x01, 0x02, 0x03, 0x06, 0x1C


@dataclass(slots=True)
class Handshake:
    """A side's CRYPTO bytes as they come in; there: which of them came, of the first ones, where some were lacking, and all behind these;
    ready: how many are there from the begin on; first, last: packets."""

    data: bytearray = field(default_factory=bytearray)
    there: bytearray = field(default_factory=bytearray)
    ready: int = 0
    first: int = -1
    last: int = -1
    closed: bool = False

    def put(self, pieces: list[tuple[int, bytes]], packet: int) -> None:
        """Take the pieces of one packet, each with its place."""
        if not self._went_on(pieces):
            data, there = self.data, self.there
            there += _ONES[: len(data) - len(there)]
            more = max([at + len(piece) for at, piece in pieces]) - len(data)
            if more > 0:
                data += bytes(more)
                there += bytes(more)
            for at, piece in pieces:
                stop = at + len(piece)
                data[at:stop], there[at:stop] = piece, _ONES[: len(piece)]
            gap = there.find(0, self.ready)
            self.ready = len(data) if gap < 0 else gap
        self.first = packet if self.first < 0 else self.first
        self.last = packet

    def _went_on(self, pieces: list[tuple[int, bytes]]) -> bool:
        """Whether the pieces, put in order, are what comes next, as nearly all are: then they are taken."""
        end = len(self.data)
        if self.ready != end:
            return False
        ordered = sorted(pieces) if len(pieces) > 1 else pieces
        for at, piece in ordered:
            if at != end:
                return False
            end += len(piece)
        self.data += b"".join([piece for _, piece in ordered])
        self.ready = end
        return True


def read_frames(frames: bytes, out: Handshake, packet: int) -> str | None:
    """Take the frames of one packet. Returns what is wrong with them, None where nothing is."""
    pieces: list[tuple[int, bytes]] = []
    wrong = _read(frames, out, pieces)
    if pieces:
        out.put(pieces, packet)
    return wrong


def _read(frames: bytes, out: Handshake, pieces: list[tuple[int, bytes]]) -> str | None:
    """The same; CRYPTO bytes are added to `pieces`, but those beyond the limit."""
    at, end = 0, len(frames)
    while at < end:
        kind = frames[at]
        at += 1
        if kind == _CRYPTO:
            offset, at = varint(frames, at)
            size, at = varint(frames, at)
            stop = at + size
            if stop > end:
                return "a CRYPTO frame is longer than its packet"
            if offset + size <= CRYPTO_LIMIT:
                pieces.append((offset, frames[at:stop]))
            at = stop
        elif kind == _PADDING:
            if at < end and not frames[at]:
                at = _ZEROS.match(frames, at).end()  # type: ignore[union-attr]
        elif kind in (_ACK, _ACK_ECN):
            at = _after_ack(frames, at, kind)
        elif kind == _CLOSE:
            out.closed = True
            return None
        elif kind != _PING:
            return f"frame type {kind:#04x} in an Initial packet"
    return None if at == end else "a frame is longer than its packet"


def _after_ack(frames: bytes, at: int, kind: int) -> int:
    """Largest, delay, number of ranges, first range, and a gap and a length for each; three counts more with ECN."""
    values = []
    for _ in range(4):
        value, at = varint(frames, at)
        values.append(value)
    for _ in range(min(2 * values[2] + (3 if kind == _ACK_ECN else 0), len(frames))):
        _, at = varint(frames, at)
    return at
