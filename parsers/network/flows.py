"""Packets to flows: both directions of a 5-tuple merged, split by time-outs and new connections, sorted by time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.gather import spread
from parsers.network.flow_keys import side_by_side
from parsers.network.ip_packets import IpPackets
from parsers.network.packets import ACK, FIN, RST, SYN, TCP, UDP
from parsers.network.plain_packets import FEW
from parsers.network.records import Bools, Int32s, Int64s
from parsers.network.spill import mixed
from timelines.compiled import at_hand
from timelines.flow_timeouts import FlowTimeouts

UInt64s = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Flows:
    """Flows over sorted packets.

    order: (m,) packet indices, flow after flow as they begin in the file, in time order inside each; flow: (m,) the flow of each;
    forward: (m,) whether the originator sent it; first, count: (f,) where each flow begins in `order`, and its packets.
    """

    order: Int64s
    flow: Int32s
    forward: Bools
    first: Int64s
    count: Int64s

    def __len__(self) -> int:
        return len(self.first)


@dataclass(frozen=True, slots=True)
class _Keys:
    """Both endpoints of each packet in one order whoever sent it; `swapped` where the sender is the second of them."""

    columns: tuple[npt.NDArray[np.uint64], ...]
    swapped: Bools


def _keys(packets: IpPackets) -> _Keys:
    src, dst = packets.src, packets.dst
    sport, dport = packets.sport.astype(np.uint64), packets.dport.astype(np.uint64)
    swapped = (src[:, 0] > dst[:, 0]) | ((src[:, 0] == dst[:, 0]) & (src[:, 1] > dst[:, 1]))
    same = (src[:, 0] == dst[:, 0]) & (src[:, 1] == dst[:, 1])
    swapped |= same & (sport > dport)
    kind = (packets.version.astype(np.uint64) << np.uint64(48)) | (packets.proto.astype(np.uint64) << np.uint64(32))
    ports = np.where(swapped, (dport << np.uint64(16)) | sport, (sport << np.uint64(16)) | dport)
    columns: tuple[UInt64s, ...] = (
        np.asarray(kind | ports, np.uint64),
        np.where(swapped, dst[:, 0], src[:, 0]),
        np.where(swapped, dst[:, 1], src[:, 1]),
        np.where(swapped, src[:, 0], dst[:, 0]),
        np.where(swapped, src[:, 1], dst[:, 1]),
    )
    return _Keys(columns, swapped)


def _side_by_side(packets: IpPackets) -> tuple[Int64s, Bools, Bools]:
    """Order by key (in no order that means anything), time and place in the file, where a new key begins in that order, and by packet
    whether its sender is the second of the ends."""
    time = packets.time
    by_time = np.arange(len(time)) if not (np.diff(time) < 0).any() else np.argsort(time, kind="stable")
    if len(packets) >= FEW and at_hand() and (found := side_by_side(packets, by_time)) is not None:
        return found
    keys = _keys(packets)
    return *_sorted(keys, by_time), keys.swapped


def _sorted(keys: _Keys, by_time: Int64s) -> tuple[Int64s, Bools]:
    """Order by key and `by_time`, and where a new key begins in that order.

    Keys are sorted by a 64-bit hash. Should two keys share one (chance, or malice), they are sorted in full instead.
    """
    count = len(by_time)
    with np.errstate(over="ignore"):
        digest = np.zeros(count, np.uint64)
        for column in keys.columns:
            digest = mixed(digest + column + np.uint64(0x9E3779B97F4A7C15))
    order = by_time[np.argsort(digest[by_time], kind="stable")]
    begins = _changes(keys.columns, order)
    digests = digest[order]
    if (begins[1:] & (digests[1:] == digests[:-1])).any():
        order = by_time[np.lexsort([column[by_time] for column in keys.columns])]
        begins = _changes(keys.columns, order)
    return order, begins


def _changes(columns: tuple[UInt64s, ...], order: Int64s) -> Bools:
    begins = np.zeros(len(order), np.bool_)
    begins[:1] = True
    for column in columns:
        placed = column[order]
        begins[1:] |= placed[1:] != placed[:-1]
    return begins


USUAL = FlowTimeouts()


def build(packets: IpPackets, timeouts: FlowTimeouts = USUAL) -> Flows:
    """The flows of all packets. Packets without a time sort as if at the epoch."""
    order, begins, turned = _side_by_side(packets)
    swapped = turned[order]
    begins |= _idle(packets.proto[order], packets.time[order], timeouts)
    begins |= _reopened(packets, order, swapped, begins)
    first = np.flatnonzero(begins)
    count = np.diff(np.append(first, len(order)))
    # Flows are numbered as they begin in the file: what is gathered by them lies side by side, however many they are.
    by_place = np.argsort(order[first], kind="stable")
    placed = spread(first[by_place], count[by_place])
    order, swapped, count = order[placed], swapped[placed], count[by_place]
    first = np.cumsum(count) - count
    flow = np.repeat(np.arange(len(count), dtype=np.int32), count)
    origin = _originators(packets, order, swapped, first, flow)
    return Flows(order, flow, swapped == origin[flow], first, count)


def _idle(proto: npt.NDArray[np.int16], time: Int64s, timeouts: FlowTimeouts) -> Bools:
    """Where a packet comes so long after the one before it that it begins another flow."""
    limit = np.where(proto == TCP, timeouts.tcp, np.where(proto == UDP, timeouts.udp, timeouts.icmp))
    late = np.zeros(len(time), np.bool_)
    late[1:] = np.diff(time) > limit[1:]
    return late


def _reopened(packets: IpPackets, placed: Int64s, swapped: Bools, begins: Bools) -> Bools:
    """Where a SYN opens a new connection on the same 5-tuple: its sequence number is not that of the same sender's SYN before it,
    or it is the first SYN there and follows a FIN or RST."""
    flags, group = packets.flags[placed], np.cumsum(begins)
    tcp = packets.proto[placed] == TCP
    opens = tcp & (flags & (SYN | ACK | RST | FIN) == SYN)
    opening = np.flatnonzero(opens)
    side = group[opening] * 2 + swapped[opening]
    by_side = np.argsort(side, kind="stable")
    sides, sequence = side[by_side], packets.seq[placed[opening[by_side]]]
    other = np.zeros(len(opening), np.bool_)
    other[1:] = (sides[1:] == sides[:-1]) & (sequence[1:] != sequence[:-1])
    new = np.zeros(len(placed), np.bool_)
    new[opening[by_side[other]]] = True
    starts = np.flatnonzero(begins)
    first = starts[np.searchsorted(starts, opening, side="right") - 1]  # of each opening, where its 5-tuple begins
    closes = tcp & (flags & (FIN | RST) != 0)
    new[opening] |= (_since(opens, first, opening) == 1) & (_since(closes, first, opening) > 0)
    return new


def _since(happens: Bools, start: Int64s, rows: Int64s) -> Int64s:
    """How often something happened from the start of each row's group up to the row."""
    total: Int64s = np.cumsum(happens)
    return np.asarray(total[rows] - total[start] + happens[start], np.int64)


def _originators(packets: IpPackets, placed: Int64s, swapped: Bools, first: Int64s, flow: Int32s) -> Bools:
    """For each flow the `swapped` value of the originator's packets: who sent the first SYN, else who was answered by a
    SYN with ACK, else who sent the first packet."""
    origin = swapped[first].copy()
    tcp = packets.proto[placed] == TCP
    flags = packets.flags[placed]
    for wanted, answer in ((SYN | ACK, True), (SYN, False)):
        rows = np.flatnonzero(tcp & (flags & (SYN | ACK) == wanted))[
            ::-1
        ]  # reversed: the first of each flow is written last
        origin[flow[rows]] = swapped[rows] ^ answer
    return origin
