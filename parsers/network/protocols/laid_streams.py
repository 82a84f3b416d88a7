"""Streams of many conversations laid one after another in memory, for kernels that walk them: those without gaps, which lie in the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from parsers.gather import forget, spread
from parsers.network.protocols.tabular import Streams
from parsers.network.records import Bools, Bytes, Int64s
from timelines.compiled import compiled

LARGEST = 1 << 20  # bytes of one stream that is laid out
TOGETHER = 4 << 20  # bytes of streams laid out at once


@dataclass(frozen=True, slots=True)
class Laid:
    """The two streams of each of some flows. data: their bytes; bounds: where each begins in it, the originator's and then the responder's
    of flow after flow, (2 f + 1,); start: the position of its first byte in its stream, (2 f,)."""

    flows: Int64s
    data: Bytes
    bounds: Int64s
    start: Int64s
    _pieces: Int64s
    _packets: Int64s

    def packet(self, at: Int64s) -> Int64s:
        """The packet (0-based) that brought the byte at each place of `data`."""
        found: Int64s = self._packets[np.searchsorted(self._pieces, at, side="right") - 1]
        return found


def laid(streams: Streams) -> Iterator[Laid]:
    """Those flows whose streams both have bytes, no gaps and no more than LARGEST, some flows at a time."""
    flows = streams.flows[_plain(streams)]
    numbers = np.stack([2 * flows, 2 * flows + 1], axis=1)
    first, stop = streams.held.bounds[numbers], streams.held.bounds[numbers + 1]
    size = (streams.held.start[stop - 1] + streams.held.length[stop - 1] - streams.held.start[first]).sum(axis=1)
    counted, done = np.cumsum(size), 0
    while done < len(flows):
        before = counted[done - 1] if done else 0
        last = max(int(np.searchsorted(counted, before + TOGETHER, side="right")), done + 1)
        yield _laid(streams, flows[done:last], first[done:last].ravel(), stop[done:last].ravel())
        done = last


def _plain(streams: Streams) -> Bools:
    held = streams.held
    start, length, at = held.start, held.length, held.at
    odd = at + length > streams.space.size
    odd[1:] |= start[1:] != start[:-1] + length[:-1]
    odds = np.concatenate([[0], np.cumsum(odd)])
    out = np.ones(len(streams.flows), np.bool_)
    for number in (2 * streams.flows, 2 * streams.flows + 1):
        first, stop = held.bounds[number], held.bounds[number + 1]
        some = np.flatnonzero(stop > first)
        begin, end = first[some], stop[some]
        gaps = odds[end] - odds[begin + 1] + (at[begin] + length[begin] > streams.space.size)
        size = start[end - 1] + length[end - 1] - start[begin]
        plain = np.zeros(len(out), np.bool_)
        plain[some] = (gaps == 0) & (size <= LARGEST)
        out &= plain
    return out


def _laid(streams: Streams, flows: Int64s, first: Int64s, stop: Int64s) -> Laid:
    held, buffer = streams.held, streams.space.buffer
    rows = spread(first, stop - first)
    _, length, at, packet = held.columns[:, rows]
    ends = np.cumsum(length)
    data = np.empty(int(ends[-1]), np.uint8)
    _copy(buffer, at, length, data)
    forget(streams.space.view)
    bounds = np.concatenate([[0], ends[np.cumsum(stop - first) - 1]])
    return Laid(flows, data, bounds, held.start[first], ends - length, packet)


@compiled
def _copy(buffer: Any, at: Any, length: Any, data: Any) -> None:
    """Lay out the pieces one after the other."""
    used = 0
    for piece in range(len(at)):
        begin = at[piece]
        for place in range(length[piece]):
            data[used] = buffer[begin + place]
            used += 1
