"""Segments that repeat a range of a stream with other bytes: retransmissions gone wrong, or an attempt to show two readers two texts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from parsers.gather import forget
from parsers.network.records import Bools, Int64s
from parsers.network.segments import Segments
from parsers.network.space import Space
from parsers.network.streams import Pieces

COMPARED = 32 << 20  # bytes that lie in memory while segments are compared
EACH = 2 * (
    64 << 10
)  # bytes that a segment and what it is compared with count beside their own: the system maps as many around each
STEPS = 64  # pieces of a stream that one segment is compared with, at most


def conflicts(space: Space, segments: Segments, held: Pieces) -> Int64s:
    """Places of segments that bring other bytes for what the stream has from those that stand there.

    Only bytes that the capture holds in the file itself are compared, not those of datagrams put together from fragments.
    """
    place = np.flatnonzero((segments.repeated > 0) & (segments.whole > 0))
    at = segments.at[place] - segments.repeated[place]
    begin = segments.start[place] - segments.repeated[place]
    left = np.minimum(segments.repeated[place], segments.whole[place])
    differs = np.zeros(len(place), np.bool_)
    for _ in range(STEPS):
        going = np.flatnonzero((left > 0) & ~differs)
        if not len(going) or not len(held.start):
            break
        piece, known = _covering(held, segments.stream[place[going]], begin[going])
        skip = begin[going] - held.start[piece]
        known &= (skip >= 0) & (skip < held.length[piece])
        size = np.where(known, np.minimum(left[going], held.length[piece] - skip), 0)
        there = held.at[piece] + skip
        known &= (at[going] + size <= space.size) & (there + size <= space.size) & (there != at[going])
        rows = np.flatnonzero(known)
        differs[going[rows]] = _differ(space, at[going[rows]], there[rows], size[rows])
        step = np.where(size > 0, size, left[going])  # a gap there, or the segment's own bytes: nothing to compare with
        at[going], begin[going], left[going] = at[going] + step, begin[going] + step, left[going] - step
    return place[differs]


def _covering(held: Pieces, stream: Int64s, position: Int64s) -> tuple[Int64s, Bools]:
    """The piece of each stream that begins at or before each position, and whether there is one."""
    low, high = held.bounds[stream], held.bounds[stream + 1]
    first = low.copy()
    while (low < high).any():  # a binary search for all at once
        middle = (low + high) // 2
        below = (low < high) & (held.start[np.minimum(middle, len(held.start) - 1)] <= position)
        above = (low < high) & ~below
        low, high = np.where(below, middle + 1, low), np.where(above, middle, high)
    return np.maximum(low - 1, 0), low > first


def _differ(space: Space, one: Int64s, two: Int64s, size: Int64s) -> Bools:
    """Where the `size` bytes at two places of the file are not the same."""
    out, view = np.zeros(len(size), np.bool_), space.view
    for rows in _portions(size):
        places = zip(rows.tolist(), one[rows].tolist(), two[rows].tolist(), size[rows].tolist(), strict=True)
        for row, first, second, length in places:
            out[row] = view[first : first + length].tobytes() != view[second : second + length].tobytes()
        forget(view)
    return out


def _portions(size: Int64s) -> Iterator[Int64s]:
    """Rows whose sizes, and EACH for every one, come to about COMPARED bytes at a time."""
    if not len(size):
        return
    number = np.cumsum(2 * size + EACH) // COMPARED
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    for begin, stop in zip(starts.tolist(), [*starts[1:].tolist(), len(size)], strict=True):
        yield np.arange(begin, stop)
