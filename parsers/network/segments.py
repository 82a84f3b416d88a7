"""TCP data segments in sequence order: what each brings anew, what it repeats, and what is missing before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parsers.network import first_come
from parsers.network.flows import Flows
from parsers.network.ip_packets import IpPackets
from parsers.network.packets import SYN, TCP
from parsers.network.records import Bools, Int64s

MAX_WINDOW = (
    1 << 30
)  # bytes; no TCP window is larger (RFC 7323 section 2.3), so a wider jump is no gap but another numbering


@dataclass(frozen=True, slots=True)
class Segments:
    """Data segments, stream after stream (stream = 2 * flow, + 1 for the responder), in sequence order: (s,) arrays.

    packet: index of the packet; start: relative sequence of its first fresh byte, 0 being the stream's first; at: where that byte
    lies in the capture's `Space`; held, fresh: its fresh bytes there, and as announced; gap: bytes missing before it; repeated: how
    many bytes of what other segments brought stand before its first fresh one; whole: all its bytes that are there from the first
    repeated one on, none where it is one byte, which a keep-alive repeats (RFC 9293 section 3.8.4). Of what several bring the first
    to arrive is fresh; a packet whose bytes are fresh only in parts has a row for each part.
    """

    stream: Int64s
    packet: Int64s
    start: Int64s
    at: Int64s
    held: Int64s
    fresh: Int64s
    gap: Int64s
    repeated: Int64s
    whole: Int64s

    @property
    def again(self) -> Bools:
        """Where a segment repeats bytes that were there before."""
        return np.asarray(self.repeated > 0)


def in_sequence(packets: IpPackets, flows: Flows) -> Segments:
    """All TCP data segments of all flows in sequence order."""
    place = np.flatnonzero((packets.proto[flows.order] == TCP) & (packets.declared[flows.order] > 0))
    stream = flows.flow[place].astype(np.int64) * 2 + ~flows.forward[place]
    by_stream = np.argsort(stream, kind="stable")
    place, stream = place[by_stream], stream[by_stream]
    packet = flows.order[place]
    begins = _begins(stream)
    start = _relative(packets, flows, packet, stream, begins)
    order = _sequence_order(stream, start, begins)
    packet, start = packet[order], start[order]
    declared, held = packets.declared[packet].astype(np.int64), packets.captured[packet].astype(np.int64)
    reach = _reach_before(start + declared, stream, begins)
    late = np.flatnonzero(first_come.contested(stream, start, reach, order))
    trim = np.clip(reach - start, 0, declared)
    gap = _gaps(start, reach)
    at, whole = packets.at[packet], np.where(held > 1, held, 0)
    sound = Segments(
        stream, packet, start + trim, at + trim, np.maximum(held - trim, 0), declared - trim, gap, trim, whole
    )
    if not len(late):
        return sound
    parts = _Parts(*first_come.shares(stream[late], start[late], (start + declared)[late], order[late]))
    divided = _divided(parts, stream[late], packet[late], start[late], at[late], held[late])
    kept = np.setdiff1d(np.arange(len(stream)), late, assume_unique=True)
    together = [np.concatenate([getattr(sound, name)[kept], getattr(divided, name)]) for name in Segments.__slots__]
    by_place = np.argsort(together[0], kind="stable")  # two runs, of which the first is in order
    stream, start = together[0][by_place], together[2][by_place]
    by_place = by_place[_sequence_order(stream, start, _begins(stream))]
    return Segments(*(column[by_place] for column in together))


def _gaps(start: Int64s, reach: Int64s) -> Int64s:
    gap = np.maximum(start - reach, 0)
    gap[gap >= MAX_WINDOW] = 0
    return np.asarray(gap)


@dataclass(frozen=True, slots=True)
class _Parts:
    """Parts of segments, as `first_come.shares` tells them: (p,) arrays."""

    segment: Int64s
    begin: Int64s
    stop: Int64s
    fresh: Bools


def _divided(parts: _Parts, stream: Int64s, packet: Int64s, start: Int64s, at: Int64s, held: Int64s) -> Segments:
    """A row for each part of segments that lie one over another: fresh, or all repeated."""
    of, size = parts.segment, parts.stop - parts.begin
    left = np.maximum(held[of] - (parts.begin - start[of]), 0)  # bytes that are there from where the part begins
    fresh = np.where(parts.fresh, size, 0)
    first = np.where(parts.fresh, parts.begin, parts.stop)
    gap = np.zeros(len(of), np.int64)
    mine = np.flatnonzero(parts.fresh)
    mine = mine[np.lexsort((parts.begin[mine], stream[of[mine]]))]
    begins = _begins(stream[of[mine]])
    reach = np.zeros(len(mine), np.int64)
    reach[1:] = np.where(begins[1:], 0, parts.stop[mine][:-1])
    gap[mine] = _gaps(parts.begin[mine], reach)
    return Segments(
        stream[of],
        packet[of],
        first,
        at[of] + first - start[of],
        np.minimum(left, fresh),
        fresh,
        gap,
        size - fresh,
        np.where(held[of] > 1, left, 0),
    )


def _begins(stream: Int64s) -> Bools:
    out = np.ones(len(stream), np.bool_)
    out[1:] = stream[1:] != stream[:-1]
    return out


def _relative(packets: IpPackets, flows: Flows, packet: Int64s, stream: Int64s, begins: Bools) -> Int64s:
    """Sequence numbers relative to the stream's first byte, free of the wrap at 2^32.

    The first byte follows the SYN where one was seen; else it is the lowest that was seen.
    """
    sequence = packets.seq[packet] + (packets.flags[packet] & SYN != 0).astype(np.uint32)
    step = np.zeros(len(sequence), np.int64)
    step[1:] = (sequence[1:] - sequence[:-1]).view(np.int32)
    total = np.cumsum(step)
    first = np.flatnonzero(begins)
    if not len(first):
        return total
    number = np.cumsum(begins) - 1
    relative = total - total[first][number]
    lowest = np.minimum.reduceat(relative, first)
    syn = np.flatnonzero((packets.proto[flows.order] == TCP) & (packets.flags[flows.order] & SYN != 0))[::-1]
    opened = np.full(2 * len(flows), -1, np.int64)
    opened[flows.flow[syn].astype(np.int64) * 2 + ~flows.forward[syn]] = packets.seq[flows.order[syn]]
    isn = opened[stream[first]]
    lead = (sequence[first] - (isn + 1).astype(np.uint32)).view(np.int32).astype(np.int64)
    known = (isn >= 0) & (np.abs(lead) < MAX_WINDOW)
    return np.asarray(relative + np.where(known, lead, -lowest)[number])


def _sequence_order(stream: Int64s, start: Int64s, begins: Bools) -> Int64s:
    """Most streams are in order already; only the rows of the others are sorted."""
    order = np.arange(len(stream))
    back = np.zeros(len(stream), np.bool_)
    back[1:] = ~begins[1:] & (start[1:] < start[:-1])
    rows = np.flatnonzero(np.isin(stream, stream[back]))
    order[rows] = rows[np.lexsort((start[rows], stream[rows]))]
    return order


def _reach_before(end: Int64s, stream: Int64s, begins: Bools) -> Int64s:
    """How far the bytes before each segment reach; 0 before the first of a stream."""
    reach = np.zeros(len(end), np.int64)
    if len(end):
        most = _running_max(np.maximum(end, 0), np.cumsum(begins) - 1)
        reach[1:] = np.where(begins[1:], 0, most[:-1])
    return reach


def _running_max(values: Int64s, group: Int64s) -> Int64s:
    """Running maximum that restarts with each group. Groups are lifted apart; where 64 bits do not suffice, in halves."""
    low, span = int(values.min()), int(values.max()) - int(values.min()) + 1
    if span * int(group[-1] - group[0] + 1) < 1 << 62 or group[0] == group[-1]:
        lift = (group - group[0]) * span
        return np.asarray(np.maximum.accumulate(values - low + lift) - lift + low)
    middle = int(np.searchsorted(group, (group[0] + group[-1]) // 2, side="right"))
    return np.concatenate(
        [_running_max(values[:middle], group[:middle]), _running_max(values[middle:], group[middle:])]
    )
