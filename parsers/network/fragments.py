"""Fragments put together to datagrams, over all windows of a capture, with bounds that a flood of them cannot move."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from parsers.network import together
from parsers.network.frames import TYPED, Pieces, Work
from parsers.network.headers import OVERLAP, REASSEMBLED, Headers
from parsers.network.notes import IPV4, IPV6, PART, REST_MISSING
from parsers.network.records import Bools, Int64s
from parsers.network.space import Space

DATAGRAMS = 16_384  # waiting for the rest of them at one time; beyond it the oldest is given up
PIECES = 65_536  # fragments that wait at one time, of all datagrams
PIECES_EACH = 8_192  # fragments of one datagram: 65,535 bytes in the smallest pieces there are
DATAGRAM_LIMIT = 65_535  # bytes (RFC 791 section 3.2; RFC 8200 section 4.5)
PLAIN_HEAD = (
    60  # bytes of the header of a datagram that is put together at once: with the longest it is within the limit
)
PATIENCE_NS = 60 * 1_000_000_000  # RFC 8200 section 4.5: a datagram not complete within 60 seconds is given up

_Key = tuple[int, int, int, int, int, int, int, int]


@dataclass(slots=True)
class _Piece:
    """One fragment: its row and packet, where its IP header and its data lie in the space, and where they belong."""

    row: int
    packet: int
    head: int
    at: int
    size: int
    offset: int


@dataclass(slots=True)
class _Datagram:
    """What is there of one datagram. `carrier` is depth, parent and tunnel of its first fragment to arrive."""

    time: int
    version: int
    carrier: tuple[int, int, int]
    pieces: list[_Piece] = field(default_factory=list)
    total: int = -1
    proto: int = -1
    overlap: bool = False
    starts: list[int] = field(default_factory=list)
    stops: list[int] = field(default_factory=list)

    def cover(self, start: int, stop: int) -> None:
        """Note that [start, stop) is there. What is covered is kept as spans in order that do not touch."""
        if self.stops and self.stops[-1] == start:  # most come in order
            self.stops[-1] = stop
            return
        first, last = bisect_left(self.stops, start), bisect_right(self.starts, stop)
        if first < last:
            spans = zip(self.starts[first:last], self.stops[first:last], strict=True)
            self.overlap |= any(
                begin < stop and end > start for begin, end in spans
            )  # one that ends where this begins only touches it
            start, stop = min(start, self.starts[first]), max(stop, self.stops[last - 1])
        self.starts[first:last], self.stops[first:last] = [start], [stop]

    @property
    def complete(self) -> bool:
        return self.proto >= 0 and self.total >= 0 and self.starts == [0] and self.stops[0] >= self.total


@dataclass(frozen=True, slots=True)
class _Ready:
    """A packet that became known, at row `known`: a datagram in the arena, or a lone first fragment (`alone`) where it is."""

    packet: int
    at: int
    size: int
    whole: _Datagram
    alone: bool
    span: int
    marks: int
    known: int


@dataclass(slots=True)
class Tally:
    """What became of datagrams in pieces; `first` of each kind is the packet (0-based) it was first seen in."""

    counts: dict[str, int] = field(default_factory=dict)
    first: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, packet: int) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + 1
        self.first.setdefault(kind, packet)


class Fragments:
    """Datagrams of which the rest is awaited.

    `settled` collects row, packet, depth and note of fragments whose fate became known; `tally` counts what a reader should know.
    """

    __slots__ = ("_count", "_known", "_pending", "_ready", "_space", "settled", "tally")

    def __init__(self, space: Space) -> None:
        self._space = space
        self._pending: dict[_Key, _Datagram] = {}
        self._count = self._known = 0
        self._ready: list[_Ready] = []
        self.settled: list[tuple[int, int, int, int]] = []
        self.tally = Tally()

    def add(self, pieces: Pieces, work: Work, out: Headers, first_row: int, time: Int64s) -> None:
        """Take the fragments of a chunk whose rows begin at `first_row`; `time`: UTC ns of each fragment."""
        earlier = len(self._ready)
        if len(self._pending) + len(time) < DATAGRAMS and self._count + len(time) < PIECES:  # none is crowded out
            done = self._put_together(pieces, work, out, first_row, time)
            left = np.flatnonzero(~done)
            pieces, time = pieces.take(left), time[left]
        self._add_singly(pieces, work, out, first_row, time)
        self._ready[earlier:] = sorted(self._ready[earlier:], key=lambda item: item.known)

    def _put_together(self, pieces: Pieces, work: Work, out: Headers, first_row: int, time: Int64s) -> Bools:
        """Put those datagrams together of which the chunk has each byte once. Returns which fragments these were made of."""
        columns = _columns(pieces, work, out)
        begin = work.at[pieces.rows] + pieces.begin
        view, done = self._space.view, np.zeros(len(time), np.bool_)
        for places in together.find(columns, pieces, time, begin + pieces.size <= self._space.size):
            first, rows = places[0], pieces.rows[places]
            head = bytes(view[int(work.at[rows[0]] + pieces.head[first]) : int(begin[first])])
            known = tuple(int(column[first]) for column in columns) in self._pending
            if known or len(head) > PLAIN_HEAD:
                continue
            done[places] = True
            arrived = pieces.rows[places.min()]
            carrier = int(work.depth[arrived]), int(work.parent[arrived]), int(work.tunnel[arrived])
            whole = _Datagram(int(time[places.min()]), int(columns[0][first]), carrier, proto=int(pieces.proto[first]))
            ends = zip(begin[places].tolist(), (begin + pieces.size)[places].tolist(), strict=True)
            packet = work.packet[rows]
            self._known = first_row + int(rows.max())
            data = b"".join([view[at:stop] for at, stop in ends])
            self._made(head, data, whole, int(packet.min()), int(packet.max()))
        out.note[pieces.rows[done]] = PART
        return done

    def _add_singly(self, pieces: Pieces, work: Work, out: Headers, first_row: int, time: Int64s) -> None:
        rows = pieces.rows
        keys = zip(*(column.tolist() for column in _columns(pieces, work, out)), strict=True)
        base = work.at[rows]
        where = zip(
            (first_row + rows).tolist(), work.packet[rows].tolist(), (base + pieces.head).tolist(), (base + pieces.begin).tolist(),
            pieces.size.tolist(), pieces.offset.tolist(), strict=True,
        )  # fmt: skip
        carriers = zip(work.depth[rows].tolist(), work.parent[rows].tolist(), work.tunnel[rows].tolist(), strict=True)
        rest = zip(keys, carriers, pieces.more.tolist(), pieces.proto.tolist(), time.tolist(), strict=True)
        for place, (key, carrier, more, proto, when) in zip(where, rest, strict=True):
            self._take(key, _Piece(*place), carrier, more, proto, when)

    def waiting(self) -> Int64s:
        """The captured packets, ascending, of the fragments that wait."""
        if not self._pending:
            return np.zeros(0, np.int64)
        return np.unique([piece.packet for whole in self._pending.values() for piece in whole.pieces])

    def carriers(self) -> Int64s:
        """The rows that carry datagrams which wait, ascending."""
        found = np.array([whole.carrier[1] for whole in self._pending.values()], np.int64)
        return np.unique(found[found >= 0])

    def _take(self, key: _Key, piece: _Piece, carrier: tuple[int, int, int], more: bool, proto: int, when: int) -> None:
        self._known = piece.row
        if piece.offset + piece.size > DATAGRAM_LIMIT:
            self.tally.add("oversized", piece.packet)
            return
        whole = self._pending.get(key)
        if whole is not None and abs(when - whole.time) > PATIENCE_NS:
            self._give_up(key, "late")
            whole = None
        if whole is None:
            if len(self._pending) >= DATAGRAMS:
                self._give_up(next(iter(self._pending)), "crowded out")
            whole = self._pending[key] = _Datagram(when, key[0], carrier)
        if len(whole.pieces) >= PIECES_EACH:
            self.tally.add("in too many pieces", piece.packet)
            return
        while self._count >= PIECES and len(self._pending) > 1:
            self._give_up(next(other for other in self._pending if other != key), "crowded out")
        whole.pieces.append(piece)
        self._count += 1
        whole.cover(piece.offset, piece.offset + piece.size)
        if not more:
            whole.total = piece.offset + piece.size
        if piece.offset == 0:
            whole.proto = proto
        if whole.complete:
            self._finish(key, whole)

    def _laid(self, whole: _Datagram) -> bytes:
        """The bytes of a complete datagram. Where fragments overlap, those that came first stay."""
        space = self._space
        if not whole.overlap:
            pieces = sorted(whole.pieces, key=lambda piece: piece.offset)
            return b"".join(bytes(space[piece.at : piece.at + piece.size]) for piece in pieces)[: whole.total]
        data = bytearray(whole.stops[0])
        for piece in reversed(whole.pieces):
            data[piece.offset : piece.offset + piece.size] = space[piece.at : piece.at + piece.size]
        whole.overlap = any(
            data[piece.offset : piece.offset + piece.size] != space[piece.at : piece.at + piece.size]
            for piece in whole.pieces
        )
        if whole.overlap:
            self.tally.add("overlap with other bytes", whole.pieces[0].packet)
        return bytes(data[: whole.total])

    def _finish(self, key: _Key, whole: _Datagram) -> None:
        data = self._laid(whole)
        if whole.stops[0] > whole.total:
            self.tally.add("reach beyond their last one", whole.pieces[0].packet)
        first = next(piece for piece in whole.pieces if piece.offset == 0)
        if first.at - first.head + len(data) > DATAGRAM_LIMIT + 40:
            self.tally.add("oversized", first.packet)
            self._drop(key)
            return
        numbers = [piece.packet for piece in whole.pieces]
        self._made(bytes(self._space[first.head : first.at]), data, whole, min(numbers), max(numbers))
        self.settled += [(piece.row, piece.packet, key[-1], PART) for piece in whole.pieces]
        self._drop(key)

    def _made(self, head: bytes, data: bytes, whole: _Datagram, begin: int, end: int) -> None:
        """Keep a datagram from packets `begin` to `end`: `head` is the IP header of its first fragment."""
        head = _head(head, whole, len(data))
        marks = REASSEMBLED | (OVERLAP if whole.overlap else 0)
        at, size = self._space.add(head + data), len(head) + len(data)
        self._ready.append(_Ready(begin, at, size, whole, False, end - begin, marks, self._known))

    def _drop(self, key: _Key) -> None:
        self._count -= len(self._pending.pop(key).pieces)

    def _give_up(self, key: _Key, why: str) -> None:
        """The rest will not come: the first fragment, where there is one, is read as it is."""
        whole = self._pending[key]
        if why:  # at the end of the capture the notes of its fragments say enough
            self.tally.add(why, whole.pieces[0].packet)
        first = next((piece for piece in whole.pieces if piece.offset == 0), None)
        if first is not None:
            size = first.at + first.size - first.head
            self._ready.append(_Ready(first.packet, first.head, size, whole, True, 0, 0, self._known))
            self.settled.append((first.row, first.packet, key[-1], REST_MISSING))
        self._drop(key)

    def ready(self) -> Work | None:
        """Datagrams and lone first fragments that became known since the last call, as packets to peel."""
        if not self._ready:
            return None
        items, self._ready = self._ready, []
        size = np.array([item.size for item in items], np.int32)
        carriers = np.array([item.whole.carrier for item in items], np.int64)
        link = np.where(np.array([item.whole.version for item in items]) == 4, TYPED + IPV4, TYPED + IPV6)
        return Work(
            np.array([item.packet for item in items], np.int64), np.array([item.at for item in items], np.int64), size, size,
            link.astype(np.int32), carriers[:, 0].astype(np.uint8), carriers[:, 1], carriers[:, 2].astype(np.uint8),
            np.array([item.alone for item in items], np.bool_), np.array([item.span for item in items], np.int32),
            np.array([item.marks for item in items], np.uint8),
        )  # fmt: skip

    def close(self) -> None:
        """The capture has ended."""
        for key in list(self._pending):
            self._give_up(key, "")


def _columns(pieces: Pieces, work: Work, out: Headers) -> tuple[npt.NDArray[Any], ...]:
    """Which datagram each fragment belongs to: version, both addresses, identification, for IPv4 the protocol (RFC 791), and depth."""
    rows = pieces.rows
    version = out.version[rows]
    proto = np.where(version == 4, pieces.proto, 0)
    return version, *out.src[rows].T, *out.dst[rows].T, pieces.ident, proto, work.depth[rows]


def _head(head: bytes, whole: _Datagram, size: int) -> bytes:
    """The IP header of a whole datagram: that of its first fragment, with its own length, no fragment, and no checksum."""
    if whole.version == 4:
        total = min(len(head) + size, DATAGRAM_LIMIT)
        return head[:2] + total.to_bytes(2, "big") + head[4:6] + b"\0\0" + head[8:10] + b"\0\0" + head[12:]
    return head[:4] + min(size, DATAGRAM_LIMIT).to_bytes(2, "big") + bytes((whole.proto,)) + head[7:40]
