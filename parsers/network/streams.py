"""TCP payload as streams of bytes, which are left in the mapped file until they are read."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from parsers.network.near import MANY, TINY, Near, laid
from parsers.network.records import Bytes, Int64s
from parsers.network.segments import Segments
from parsers.network.space import FEW, Space

Span = tuple[int, int, int]
_NOTHING: Span = (0, 0, 0)  # most streams of a scan


@dataclass(frozen=True, slots=True)
class Pieces:
    """What the capture holds of all streams, stream after stream and in sequence order: (p,) arrays as in `Segments`, which are the rows of
    `columns`, (4, p). `bounds`: where each stream begins, (2 f + 1,); `filed`: all is known to lie in the file itself; `spans`: first and
    last position of each stream that lies in one piece, and the place of its position 0, None for others; empty where that is not known."""

    space: Space
    columns: Int64s
    bounds: Int64s
    filed: bool = False
    spans: Sequence[Span | None] = ()

    @property
    def start(self) -> Int64s:
        return np.asarray(self.columns[0])

    @property
    def length(self) -> Int64s:
        return np.asarray(self.columns[1])

    @property
    def at(self) -> Int64s:
        return np.asarray(self.columns[2])


def pieces(space: Space, segments: Segments, flows: int) -> Pieces:
    """The bytes that are there."""
    rows = np.flatnonzero(segments.held > 0)
    bounds = np.searchsorted(segments.stream[rows], np.arange(2 * flows + 1))
    columns = np.stack([column[rows] for column in (segments.start, segments.held, segments.at, segments.packet)])
    filed = not len(rows) or int(columns[2].max()) < space.size
    return Pieces(space, columns, bounds, filed, _spans(space, columns, bounds))


def _spans(space: Space, columns: Int64s, bounds: Int64s) -> list[Span | None]:
    """Streams all of whose bytes lie side by side in the file, or in what was taken from it."""
    start, end, at, behind = columns[0], columns[0] + columns[1], columns[2], columns[2] + columns[1]
    low, high = bounds[:-1], bounds[1:]
    there = np.flatnonzero(low < high)
    apart = np.zeros(len(start), np.bool_)
    apart[1:] = (start[1:] != end[:-1]) | (at[1:] != behind[:-1])
    apart[low[there]] = False
    counted = np.append(0, np.cumsum(apart | (behind > space.size)))
    first, last, breaks = low[there], high[there] - 1, counted[high[there]] - counted[low[there]]
    spans = zip(start[first].tolist(), end[last].tolist(), (at - start)[first].tolist(), strict=True)
    out: list[Span | None] = [_NOTHING] * len(low)
    for stream, span, broken in zip(there.tolist(), spans, breaks.tolist(), strict=True):
        out[stream] = None if broken else span
    return out


class Held(NamedTuple):
    """Bytes of a stream that came in one packet (0-based)."""

    start: int
    size: int
    packet: int


class Stream:
    """The bytes one side sent, read from the mapped file when asked for. Positions are relative sequence numbers.

    A stream in one piece (`_base`: the place of its position 0) is read from there, and told of its packets when somebody asks.
    """

    __slots__ = (
        "_at", "_base", "_length", "_near", "_packet", "_solid", "_space", "_start", "_view", "_whence", "begin", "end",
    )  # fmt: skip

    _start: list[int]
    _length: list[int]
    _at: list[int]
    _packet: list[int]
    _base: int | None
    _near: Near | None
    _view: memoryview | Space
    _solid: bool | None  # whether there are no gaps; not asked of most streams

    def __init__(self, held: Pieces, number: int) -> None:
        self._whence = held, number
        span = held.spans[number] if held.spans else None
        if span is not None:
            self.begin, self.end, self._base = span
            self._space, self._view = held.space, held.space.view
            self._near, self._solid = None, True
            return
        self._base = None
        piece = slice(held.bounds[number], held.bounds[number + 1])
        self._start, self._length, self._at, self._packet = held.columns[:, piece].tolist()
        self._space = held.space
        self._view = held.space.view if held.filed and len(self._at) <= FEW else held.space.holding(self._at)
        self._settle()

    def __getattr__(self, name: str) -> list[int]:
        """The pieces of a stream that is in one, made when first asked for: of most only some are."""
        if name not in ("_start", "_packet", "_length", "_at"):
            raise AttributeError(name)
        held, number = self._whence
        columns, begin, stop = held.columns, held.bounds.item(number), held.bounds.item(number + 1)
        if name in ("_start", "_packet"):
            if stop - begin == 1:  # arrays of one cost five times as much
                self._start, self._packet = [columns.item(0, begin)], [columns.item(3, begin)]
            else:
                self._start, self._packet = columns[::3, begin:stop].tolist()
        else:
            self._length, self._at = columns[1:3, begin:stop].tolist()
        found: list[int] = getattr(self, name)
        return found

    def _settle(self) -> None:
        self._near = self._solid = None
        if self._start:
            self.begin = self._start[0]
            self.end = self._start[-1] + self._length[-1]
        else:
            self.begin = self.end = 0

    def read(self, position: int, count: int) -> bytes:
        """Up to `count` bytes from `position` on, fewer at a gap or the end."""
        base = self._base
        if base is not None:
            if not self.begin <= position < self.end or count <= 0:
                return b""
            stop = position + count
            return self._view[base + position : base + (stop if stop < self.end else self.end)].tobytes()
        starts, view, near = self._start, self._view, self._near
        if near is not None and (taken := near.taken(position, count)) is not None:
            return taken
        index = bisect_right(starts, position) - 1
        if index < 0:
            return b""
        skip = position - starts[index]
        room = self._length[index] - skip
        begin = self._at[index] + skip
        if room >= count or room <= 0:
            return view[begin : begin + count].tobytes() if room > 0 and count > 0 else b""
        if index + MANY < len(starts) and starts[index + MANY] < min(position + count, starts[index] + TINY):
            self._near = laid(self._space, (starts, self._length, self._at), index, position, count)
            return self._near.data[:count]
        parts = [view[begin : begin + room]]
        position, count = position + room, count - room
        for place in range(index + 1, len(starts)):
            if starts[place] != position:
                break
            begin, room = self._at[place], self._length[place]
            if room >= count:
                parts.append(view[begin : begin + count])
                break
            parts.append(view[begin : begin + room])
            position, count = position + room, count - room
        return b"".join(parts)

    def piece(self, position: int, count: int) -> bytes:
        """Up to `count` bytes from `position` on that came in one packet: as `read`, but never joined with those of the next."""
        index = bisect_right(self._start, position) - 1
        if index < 0:
            return b""
        skip = position - self._start[index]
        begin, room = self._at[index] + skip, self._length[index] - skip
        return bytes(self._view[begin : begin + min(room, count)]) if room > 0 else b""

    def there(self, place: int, count: int) -> bytes:
        """`count` bytes at a place in the capture that is known to hold them in one packet of this stream."""
        return self._view[place : place + count].tobytes()

    def laid_out(self) -> tuple[Bytes, Int64s]:
        """The capture's bytes, and what it holds of this stream as in `Pieces.columns`."""
        return self._space.buffer, np.array([self._start, self._length, self._at, self._packet], np.int64)

    def held(self, begin: int, stop: int) -> int:
        """How many bytes of [begin, stop) the capture holds."""
        if self._solid is None:
            self._solid = sum(self._length) == self.end - self.begin
        if self._solid:
            return max(min(stop, self.end) - max(begin, self.begin), 0)
        total = 0
        index = max(bisect_right(self._start, begin) - 1, 0)
        while index < len(self._start) and self._start[index] < stop:
            last = min(self._start[index] + self._length[index], stop)
            total += max(last - max(self._start[index], begin), 0)
            index += 1
        return total

    def packet(self, position: int) -> int:
        """The packet (0-based) that brought the byte at `position`, or the one before a gap there."""
        index = bisect_right(self._start, position) - 1
        return self._packet[index if index > 0 else 0]

    def segments(self, position: int) -> Iterator[Held]:
        """What the capture holds from `position` on, as it came: a segment that begins before counts from there."""
        first = max(bisect_right(self._start, position) - 1, 0)
        for at in range(first, len(self._start)):
            skip = max(position - self._start[at], 0)
            if skip < self._length[at]:
                yield Held(self._start[at] + skip, self._length[at] - skip, self._packet[at])

    def next_start(self, position: int) -> int | None:
        """Where the first piece after a gap at `position` begins."""
        index = bisect_right(self._start, position)
        return self._start[index] if index < len(self._start) else None

    def after(self, position: int) -> Stream:
        """The stream from `position` on, which becomes its position 0."""
        rest = object.__new__(Stream)
        first = max(bisect_right(self._start, position) - 1, 0)
        skip = [max(position - start, 0) for start in self._start[first : first + 1]]
        rest._space, rest._view, rest._whence = self._space, self._view, self._whence
        rest._base = None if self._base is None else self._base + position
        rest._start = [start - position for start in self._start[first:]]
        rest._length, rest._at, rest._packet = self._length[first:], self._at[first:], self._packet[first:]
        if skip and skip[0] >= rest._length[0]:
            rest._start, rest._length, rest._at, rest._packet = (
                rest._start[1:], rest._length[1:], rest._at[1:], rest._packet[1:],
            )  # fmt: skip
        elif skip:
            rest._start[0], rest._length[0], rest._at[0] = (
                rest._start[0] + skip[0], rest._length[0] - skip[0], rest._at[0] + skip[0],
            )  # fmt: skip
        rest._settle()
        return rest
