"""Streams in tiny segments: a stretch of one, laid together once, serves all reads that fall into it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parsers.gather import forget, spread
from parsers.network.space import Space

MANY, TINY = (
    64,
    64 * 128,
)  # pieces of which one read is made up, and bytes: where more pieces have less they are laid together
SHORTEST, AHEAD = 64 << 10, 1 << 20  # bytes of a stretch at least, and beyond what was asked for at most


@dataclass(frozen=True, slots=True)
class Near:
    """The bytes of a stream from `begin` on; `final`: a gap or the stream's end comes after them."""

    begin: int
    data: bytes
    final: bool

    def taken(self, position: int, count: int) -> bytes | None:
        """`count` bytes from `position` on, or what is left before a gap; None where others are needed for it."""
        skip = position - self.begin
        if skip < 0 or count < 0 or skip >= len(self.data) or (skip + count > len(self.data) and not self.final):
            return None
        return self.data[skip : skip + count]


def laid(space: Space, pieces: tuple[list[int], list[int], list[int]], index: int, position: int, count: int) -> Near:
    """A stretch from `position` on, which lies in piece `index`, twice as long as asked for: readers go on from within it.

    pieces: start, length and place of each, in sequence order.
    """
    starts, lengths, places = pieces
    wanted = position + min(max(2 * count, SHORTEST), count + AHEAD)
    stop, reach = index, starts[index]
    while stop < len(starts) and starts[stop] == reach and reach < wanted:
        reach += lengths[stop]
        stop += 1
    final = stop == len(starts) or starts[stop] != reach
    at, size = np.array(places[index:stop]), np.array(lengths[index:stop])
    if int((at + size).max()) <= space.size:
        data = space.buffer[spread(at, size)].tobytes()
        forget(space.view)
    else:  # some lie in datagrams that were put together from fragments
        data = b"".join([space[a : a + n] for a, n in zip(at.tolist(), size.tolist(), strict=True)])
    return Near(position, data[position - starts[index] :], final)
