"""Ranges of a stream that several segments bring: the bytes that arrived first stand, as in Zeek, whichever segment begins earlier."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import pairwise

import numpy as np

from parsers.network.records import Bools, Int64s

Piece = tuple[int, int, int]  # a segment, and the part [begin, stop) of its stream


def contested(stream: Int64s, start: Int64s, reach: Int64s, arrival: Int64s) -> Bools:
    """Which segments belong to a stream in which one that lies behind others in sequence may have arrived before what they overlap.

    Segments in sequence order; `reach`: how far those before each one reach; `arrival`: their order in time over all streams.
    """
    overlapping = np.flatnonzero(start < reach)
    if not len(overlapping):
        return np.zeros(len(stream), np.bool_)
    begins = np.searchsorted(stream, stream[overlapping])
    latest = _latest(stream, arrival)
    late = overlapping[(overlapping > begins) & (arrival[overlapping] < latest[overlapping - 1])]
    return np.isin(stream, stream[late])


def _latest(stream: Int64s, arrival: Int64s) -> Int64s:
    """The latest arrival up to each segment within its stream. Streams ascend, so they are lifted apart."""
    lift = np.cumsum(np.diff(stream, prepend=stream[0]) != 0) * (int(arrival.max()) + 1)
    return np.asarray(np.maximum.accumulate(arrival + lift) - lift)


def shares(stream: Int64s, start: Int64s, end: Int64s, arrival: Int64s) -> tuple[Int64s, Int64s, Int64s, Bools]:
    """Who brings what: parts (segment, begin, stop) of streams, and which are the segment's to give; the others are repeated in it.

    Segments in sequence order, as above. What lies before position 0 is repeated too. Parts of a stream that are given are disjoint.
    """
    given: list[Piece] = []
    bounds = [*np.flatnonzero(np.diff(stream, prepend=-1)).tolist(), len(stream)]
    starts, ends, arrivals = start.tolist(), end.tolist(), arrival.tolist()
    for first, stop in pairwise(bounds):
        _sweep(given, starts, ends, arrivals, (first, stop))
    segment, begin, until = (np.array(column, np.int64) for column in zip(*given, strict=True)) if given else _nothing()
    order = np.lexsort((begin, segment))
    again = _between(start, end, segment[order], begin[order], until[order])
    parts = [np.concatenate(pair) for pair in zip((segment, begin, until), again, strict=True)]
    return parts[0], parts[1], parts[2], np.arange(len(parts[0])) < len(segment)


def _nothing() -> tuple[Int64s, Int64s, Int64s]:
    return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64)


def _sweep(given: list[Piece], starts: list[int], ends: list[int], arrivals: list[int], rows: tuple[int, int]) -> None:
    """Go along one stream; of the segments that reach a position the one that arrived first gives it."""
    at, stop = rows
    position = 0
    waiting: list[tuple[int, int]] = []  # by arrival
    while at < stop or waiting:
        if not waiting:
            position = max(position, starts[at])
        while at < stop and starts[at] <= position:
            heappush(waiting, (arrivals[at], at))
            at += 1
        while waiting and ends[waiting[0][1]] <= position:
            heappop(waiting)
        if not waiting:
            continue
        segment = waiting[0][1]
        until = min(ends[segment], starts[at]) if at < stop else ends[segment]
        if given and given[-1][0] == segment and given[-1][2] == position:
            given[-1] = segment, given[-1][1], until
        else:
            given.append((segment, position, until))
        position = until


def _between(
    start: Int64s, end: Int64s, segment: Int64s, begin: Int64s, until: Int64s
) -> tuple[Int64s, Int64s, Int64s]:
    """What is left of each segment between the parts given, which are in order: (segment, begin, stop)."""
    rows = np.arange(len(start))
    owner = np.concatenate([segment, rows])
    left = np.concatenate(
        [until, start]
    )  # where a part that is left may begin: behind each given one, and at the segment's start
    order = np.lexsort((left, owner))
    owner, left = owner[order], left[order]
    last = np.ones(len(owner), np.bool_)
    last[:-1] = owner[1:] != owner[:-1]
    stop = end[owner].copy()
    # Each given part ends the one left before it: within a segment they alternate, since given parts are in order and disjoint.
    stop[~last] = begin
    kept = stop > left
    return owner[kept], left[kept], stop[kept]
