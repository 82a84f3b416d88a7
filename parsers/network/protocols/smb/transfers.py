"""Files that were read or written over SMB, put together from the ranges that messages carried."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
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
        reach = 0
        for offset, _, size in self.ranges:
            if offset < reach or size <= 0:
                return self._sorted()
            reach = offset + size
        return self.ranges

    def _sorted(self) -> list[Range]:
        out: list[Range] = []
        reach = 0
        for offset, at, size in sorted(self.ranges):
            skip = max(reach - offset, 0)
            if skip < size:
                out.append(Range(offset + skip, at + skip, size - skip))
                reach = offset + size
        return out

    def carried(self, flow: int, name: str | None, forward: bool, size: int | None) -> Carried:
        """As a file. `size`: how long it is by what the server said; what no range covers is missing."""
        pieces, stream = self.pieces(), self.stream
        end = pieces[-1].offset + pieces[-1].size
        whole = max(size or 0, end)
        held = sum([stream.held(at, at + count) for _, at, count in pieces])
        content = partial(_content, stream, pieces)
        return Carried(flow, self.first, self.last, forward, content, name, None, whole, whole - held)


def _content(stream: Stream, pieces: list[Range]) -> Iterator[bytes]:
    for _, at, size in pieces:
        if size <= PIECE:
            yield stream.read(at, size)
            continue
        for begin in range(at, at + size, PIECE):
            yield stream.read(begin, min(PIECE, at + size - begin))
