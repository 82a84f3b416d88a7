"""A datagram that comes in fragments: which of its bytes are there, and whether these are all."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple


class Piece(NamedTuple):
    """One fragment: its row and packet, where its IP header and its data lie in the space, and where they belong."""

    row: int
    packet: int
    head: int
    at: int
    size: int
    offset: int


Key = tuple[int, int, int, int, int, int, int, int]


class Fragment(NamedTuple):
    """A piece as it arrives: which datagram it is of, depth, parent and tunnel of its row, whether others follow it, what it says the
    datagram carries, and its time in UTC ns."""

    piece: Piece
    key: Key
    carrier: tuple[int, int, int]
    more: bool
    proto: int
    when: int


@dataclass(slots=True)
class Datagram:
    """What is there of one datagram. `carrier` is depth, parent and tunnel of its first fragment to arrive; `head`: bytes of the
    IP header of the one that begins it."""

    time: int
    version: int
    carrier: tuple[int, int, int]
    pieces: list[Piece] = field(default_factory=list)
    total: int = -1
    proto: int = -1
    head: int = 0
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

    def settle(self, one: Fragment) -> None:
        """Learn what only the first and the last fragment tell."""
        if not one.more:
            self.total = one.piece.offset + one.piece.size
        if one.piece.offset == 0:
            self.proto, self.head = one.proto, one.piece.at - one.piece.head

    @property
    def awaited(self) -> int:
        """The last byte that is lacking, before which nothing completes the datagram; -1 where its end is not known."""
        if self.total < 0:
            return -1
        reached = len(self.stops) > 0 and self.stops[-1] >= self.total
        return max((self.starts[-1] if reached else self.total) - 1, 0)

    @property
    def complete(self) -> bool:
        return self.proto >= 0 and self.total >= 0 and self.starts == [0] and self.stops[0] >= self.total
