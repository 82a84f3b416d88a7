"""Fragments put together to datagrams, over all windows of a capture, with bounds that a flood of them cannot move."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter

import numpy as np

from parsers.network import together
from parsers.network.arrivals import Chunk
from parsers.network.datagrams import Datagram, Fragment, Key
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


@dataclass(frozen=True, slots=True)
class _Ready:
    """A packet that became known, at row `known`: a datagram in the arena, or a lone first fragment (`alone`) where it is."""

    packet: int
    at: int
    size: int
    whole: Datagram
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
        self._pending: dict[Key, Datagram] = {}
        self._count = self._known = 0
        self._ready: list[_Ready] = []
        self.settled: list[tuple[int, int, int, int]] = []
        self.tally = Tally()

    def add(self, pieces: Pieces, work: Work, out: Headers, first_row: int, time: Int64s) -> None:
        """Take the fragments of a chunk whose rows begin at `first_row`; `time`: UTC ns of each fragment."""
        earlier = len(self._ready)
        chunk = Chunk(pieces, work, out, first_row, time)
        if len(self._pending) + len(time) < DATAGRAMS and self._count + len(time) < PIECES:  # none is crowded out
            chunk = chunk.take(np.flatnonzero(~self._put_together(chunk)))
            runs = together.straight(chunk.columns, chunk.pieces, chunk.time, chunk.held(self._space.size))
            self._add_singly(chunk, {int(run.places[0]): run for run in runs})
        else:
            self._add_singly(chunk, {})
        self._ready[earlier:] = sorted(self._ready[earlier:], key=lambda item: item.known)

    def _put_together(self, chunk: Chunk) -> Bools:
        """Put those datagrams together of which the chunk has each byte once. Returns which fragments these were made of."""
        done = np.zeros(len(chunk.time), np.bool_)
        held = chunk.held(self._space.size)
        for places in together.find(chunk.columns, chunk.pieces, chunk.time, held):
            if self._at_once(chunk, places):
                done[places] = True
        return done

    def _at_once(self, chunk: Chunk, places: Int64s) -> bool:
        """Put one datagram together from all its fragments, in order of offset, unless others were there before or its header is long."""
        pieces, work, begin = chunk.pieces, chunk.work, chunk.begin
        first, rows = places[0], pieces.rows[places]
        head = bytes(self._space.view[int(work.at[rows[0]] + pieces.head[first]) : int(begin[first])])
        if len(head) > PLAIN_HEAD or tuple(int(column[first]) for column in chunk.columns) in self._pending:
            return False
        arrived = pieces.rows[places.min()]
        carrier = int(work.depth[arrived]), int(work.parent[arrived]), int(work.tunnel[arrived])
        version, proto = int(chunk.columns[0][first]), int(pieces.proto[first])
        whole = Datagram(int(chunk.time[places.min()]), version, carrier, proto=proto)
        ends = zip(begin[places].tolist(), (begin + pieces.size)[places].tolist(), strict=True)
        packet = work.packet[rows]
        self._known = chunk.first_row + int(rows.max())
        data = b"".join([self._space.view[at:stop] for at, stop in ends])
        self._made(head, data, whole, int(packet.min()), int(packet.max()))
        chunk.out.note[rows] = PART
        return True

    def _add_singly(self, chunk: Chunk, runs: dict[int, together.Run]) -> None:
        """Take one fragment after the other, but for `runs`, by the place of their first, that can be taken at once."""
        done: set[int] = set()
        arrived = chunk.one_by_one()
        for at, fragment in enumerate(arrived):
            if at in runs:
                places = runs[at].places
                among = places.tolist()
                if not (runs[at].whole and self._at_once(chunk, places)):
                    rest = [arrived[one] for one in among]
                    while rest and (count := self._appended(rest)):
                        rest = rest[count:]
                    among = among[: len(among) - len(rest)]
                done.update(among)
            if at not in done:
                self._take(fragment)

    def _appended(self, fragments: list[Fragment]) -> int:
        """Take a run at once, or as much of it as may complete its datagram, where nothing about that is to be told. Returns how many were
        taken, the first ones."""
        first = fragments[0]
        whole = self._pending.get(first.key)
        new = whole is None
        if whole is None:
            whole = Datagram(first.when, first.key[0], first.carrier)
        awaited = whole.awaited
        taken = (
            [one for one in fragments if one.piece.offset <= awaited] if awaited >= first.piece.offset else fragments
        )
        if (
            len(whole.pieces) + len(taken) > PIECES_EACH
            or max(first.piece.at - first.piece.head, whole.head) > PLAIN_HEAD
            or any(abs(one.when - whole.time) > PATIENCE_NS for one in taken)
        ):
            return 0
        if new:
            self._pending[first.key] = whole
        last = taken[-1]
        whole.pieces += [one.piece for one in taken]
        self._count += len(taken)
        self._known = last.piece.row
        whole.cover(first.piece.offset, last.piece.offset + last.piece.size)
        whole.settle(first)
        whole.settle(last)
        if whole.complete:
            self._finish(first.key, whole)
        return len(taken)

    def waiting(self) -> Int64s:
        """The captured packets, ascending, of the fragments that wait."""
        if not self._pending:
            return np.zeros(0, np.int64)
        return np.unique([piece.packet for whole in self._pending.values() for piece in whole.pieces])

    def carriers(self) -> Int64s:
        """The rows that carry datagrams which wait, ascending."""
        found = np.array([whole.carrier[1] for whole in self._pending.values()], np.int64)
        return np.unique(found[found >= 0])

    def _take(self, one: Fragment) -> None:
        key, piece = one.key, one.piece
        self._known = piece.row
        if piece.offset + piece.size > DATAGRAM_LIMIT:
            self.tally.add("oversized", piece.packet)
            return
        whole = self._pending.get(key)
        if whole is not None and abs(one.when - whole.time) > PATIENCE_NS:
            self._give_up(key, "late")
            whole = None
        if whole is None:
            if len(self._pending) >= DATAGRAMS:
                self._give_up(next(iter(self._pending)), "crowded out")
            whole = self._pending[key] = Datagram(one.when, key[0], one.carrier)
        if len(whole.pieces) >= PIECES_EACH:
            self.tally.add("in too many pieces", piece.packet)
            return
        while self._count >= PIECES and len(self._pending) > 1:
            self._give_up(next(other for other in self._pending if other != key), "crowded out")
        whole.pieces.append(piece)
        self._count += 1
        whole.cover(piece.offset, piece.offset + piece.size)
        whole.settle(one)
        if whole.complete:
            self._finish(key, whole)

    def _laid(self, whole: Datagram) -> bytes:
        """The bytes of a complete datagram. Where fragments overlap, those that came first stay."""
        space = self._space
        if not whole.overlap:
            pieces = sorted(whole.pieces, key=attrgetter("offset"))
            ends = [(piece.at, piece.at + piece.size) for piece in pieces]
            held = space.holding([stop for _, stop in ends])
            return b"".join([held[at:stop] for at, stop in ends])[: whole.total]
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

    def _finish(self, key: Key, whole: Datagram) -> None:
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
        depth = key[-1]
        self.settled += [(piece.row, piece.packet, depth, PART) for piece in whole.pieces]
        self._drop(key)

    def _made(self, head: bytes, data: bytes, whole: Datagram, begin: int, end: int) -> None:
        """Keep a datagram from packets `begin` to `end`: `head` is the IP header of its first fragment."""
        head = _head(head, whole, len(data))
        marks = REASSEMBLED | (OVERLAP if whole.overlap else 0)
        at, size = self._space.add(head + data), len(head) + len(data)
        self._ready.append(_Ready(begin, at, size, whole, False, end - begin, marks, self._known))

    def _drop(self, key: Key) -> None:
        self._count -= len(self._pending.pop(key).pieces)

    def _give_up(self, key: Key, why: str) -> None:
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


def _head(head: bytes, whole: Datagram, size: int) -> bytes:
    """The IP header of a whole datagram: that of its first fragment, with its own length, no fragment, and no checksum."""
    if whole.version == 4:
        total = min(len(head) + size, DATAGRAM_LIMIT)
        return head[:2] + total.to_bytes(2, "big") + head[4:6] + b"\0\0" + head[8:10] + b"\0\0" + head[12:]
    return head[:4] + min(size, DATAGRAM_LIMIT).to_bytes(2, "big") + bytes((whole.proto,)) + head[7:40]
