"""The payload of packets that are read together, laid side by side in memory: each stream in one piece, whatever lies between in the file.

Packets of one flow lie far apart in a large capture. Read where they are, the system maps 64 KiB around each, over and over as flows
follow one another; in file order each place is mapped once, whoever needs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from parsers.gather import forget
from parsers.network.copied_bytes import copy
from parsers.network.flows import Flows
from parsers.network.ip_packets import FRAME, IpPackets
from parsers.network.packets import UDP
from parsers.network.partitions import Partition
from parsers.network.plain_packets import LEAST
from parsers.network.records import Bools, Bytes, Int64s
from parsers.network.segments import Segments
from parsers.network.space import Space
from timelines.compiled import at_hand

MOST = 96 << 20  # bytes that are laid side by side; where there is more to read together it stays in the file
BLOCK = 16  # bits of a place within the pages that are mapped together: 64 KiB
BLOCKS_AT_ONCE = 256  # of them that are copied from before the file's pages may be let go of: 16 MiB
_SPARE = 8  # bytes behind the last, so that there is a word at each


@dataclass(frozen=True, slots=True)
class Payload:
    """Where payload lies. `packets` and `segments` as before but for `at`, their places in `space`; `heads`: the bytes in which the
    hardware addresses of each flow's first frame stand, (f, FRAME), or None where all are still in the file."""

    space: Space
    packets: IpPackets
    segments: Segments
    heads: Bytes | None = None


class Room:
    """Memory that payload is laid into. The payload of one partition after the other lies there: to be given memory anew costs more than to
    copy into it."""

    def __init__(self) -> None:
        self._free: list[Bytes] = []

    @contextmanager
    def taken(self) -> Iterator[Bytes]:
        """Room for MOST bytes, and _SPARE more, that nobody else uses meanwhile. What is not used takes no memory."""
        try:
            held = self._free.pop()
        except IndexError:
            held = np.empty(MOST + _SPARE, np.uint8)
        try:
            yield held
        finally:
            self._free.append(held)


def gathered(where: Partition, flows: Flows, segments: Segments, room: Bytes) -> Payload:
    """The payload of all streams and datagrams, and the heads of frames: side by side in `room` where the file is large and it holds
    them."""
    space, packets = where.space, where.packets
    if (space.size < LEAST and where.laid is None) or not at_hand():
        return Payload(space, packets, segments)
    rows, first = _order(space, packets, flows, segments), flows.order[flows.first]
    size, frames = packets.captured[rows].astype(np.int64), where.frames(first)
    total, ends = int(size.sum()), len(first) * FRAME
    if total + ends > MOST:
        return Payload(space, packets, segments)
    held = np.clip(space.size - frames, 0, FRAME)
    data = room[: total + ends + _SPARE]
    data[total:] = 0
    begin = np.cumsum(size) - size
    to = np.concatenate([begin, np.arange(total, total + ends, FRAME)])
    _copied(space, np.concatenate([packets.at[rows], frames]), np.concatenate([size, held]), to, data)
    moved = (
        packets.at - space.size + total
    )  # what was put together from fragments lies behind what is in the file, as before
    moved[rows] = begin
    segments = replace(segments, at=segments.at + (moved - packets.at)[segments.packet])
    near = Space(data[:total].data.toreadonly(), space)
    return Payload(near, replace(packets, at=moved), segments, data[total : total + ends].reshape(-1, FRAME))


def _order(space: Space, packets: IpPackets, flows: Flows, segments: Segments) -> Int64s:
    """The packets with payload that lie in the file: those of each stream in sequence order, those that repeat bytes behind all others, and
    datagrams flow after flow."""
    fresh = (segments.held > 0) & (segments.repeated == 0)
    grams = flows.order[packets.proto[flows.order] == UDP]
    found = np.concatenate([segments.packet[fresh], segments.packet[~fresh], grams])
    place = np.empty(len(packets), np.int64)
    place[found[::-1]] = np.arange(len(found))[::-1]  # reversed: the first of each packet is written last
    kept: Bools = place[found] == np.arange(len(found))
    kept &= (packets.captured[found] > 0) & (packets.at[found] + packets.captured[found] <= space.size)
    return found[kept]


def _copied(space: Space, at: Int64s, size: Int64s, to: Int64s, out: Bytes) -> None:
    """Copy bytes at places of the file, in the order in which they lie there."""
    shift = max(int(space.size).bit_length() - 16, 0)
    order = np.argsort((at >> shift).astype(np.uint16), kind="stable")  # small numbers are sorted fast
    for begin, end in _stretches(at[order] >> BLOCK):
        copy(space.buffer, order[begin:end], at, size, to, out)
        forget(space.view)
    forget(space.view, 0)  # until the next partition the file is hardly looked at


def _stretches(block: Int64s) -> Iterator[tuple[int, int]]:
    """Runs of packets that lie in BLOCKS_AT_ONCE blocks or fewer, given the block of each: in a large file nearly each has its own."""
    entered = np.cumsum(np.diff(block, prepend=block[:1]) != 0)
    bounds = np.searchsorted(entered, np.arange(0, entered[-1] + 1, BLOCKS_AT_ONCE)) if len(block) else entered
    return pairwise([*bounds.tolist(), len(block)])
