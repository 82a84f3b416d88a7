"""Files that were read or written over SMB, put together from the ranges that messages carried."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from parsers.network.protocols import Carried
from parsers.network.streams import Stream

PIECE = 1 << 20  # bytes read of a stream at a time


class Range(NamedTuple):
    """Where bytes of a file lie: its offset in the file, its position in a stream, how many."""

    offset: int
    at: int
    size: int


@dataclass(slots=True)
class Transfer:
    """All ranges of one open file that went one way, from packet `first` to packet `last`."""

    stream: Stream
    first: int
    last: int
    ranges: list[Range] = field(default_factory=list)

    @property
    def moved(self) -> int:
        return sum([piece.size for piece in self.ranges])

    def pieces(self) -> list[Range]:
        """Ranges in file order that do not overlap: of bytes carried twice the first in file order are kept."""
        if len(self.ranges) == 1 and self.ranges[0].size > 0:
            return self.ranges[:]
        out: list[Range] = []
        reach = 0
        for offset, at, size in sorted(self.ranges):
            skip = max(reach - offset, 0)
            if skip < size:
                out.append(Range(offset + skip, at + skip, size - skip))
                reach = offset + size
        return out

    def content(self) -> Iterator[bytes]:
        for _, at, size in self.pieces():
            for begin in range(at, at + size, PIECE):
                yield self.stream.read(begin, min(PIECE, at + size - begin))

    def carried(self, flow: int, name: str | None, forward: bool, size: int | None) -> Carried:
        """As a file. `size`: how long it is by what the server said; what no range covers is missing."""
        pieces = self.pieces()
        end = pieces[-1].offset + pieces[-1].size
        whole = max(size or 0, end)
        held = sum(self.stream.held(at, at + count) for _, at, count in pieces)
        return Carried(flow, self.first, self.last, forward, self.content, name, None, whole, whole - held)
