"""Packets of one 5-tuple put side by side by a compiled loop, which visits each packet once to tell its tuple and once to place it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from parsers.network.ip_packets import IpPackets
from parsers.network.records import Bools, Int32s, Int64s
from timelines.compiled import compiled, inlined

PROBES = 8  # looks for a free place that packets may take on average; beyond it somebody chose tuples that fall into the same places
_ONE, _TWO = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_A, _B, _C = np.uint64(30), np.uint64(27), np.uint64(31)
Columns = tuple[npt.NDArray[Any], ...]


def side_by_side(packets: IpPackets, by_time: Int64s) -> tuple[Int64s, Bools, Bools] | None:
    """The packets tuple by tuple, those of each in the order of `by_time`, where another tuple begins among these, and by packet whether
    its sender is the second of the two ends. None where too many tuples fall into the same places of a table."""
    count = len(by_time)
    table = np.full(1 << (2 * count).bit_length(), -1, np.int32)
    first, number, swapped = np.empty(count, np.int32), np.empty(count, np.int32), np.empty(count, np.bool_)
    ends = packets.src, packets.dst, packets.sport, packets.dport, packets.version, packets.proto
    tuples = _numbered(ends, table, first, number, swapped, PROBES * count)
    if tuples < 0:
        return None
    sizes = np.bincount(number, minlength=tuples)
    begin = np.cumsum(sizes) - sizes
    begins = np.zeros(count, np.bool_)
    begins[begin] = True
    order = np.empty(count, np.int64)
    _place(by_time, number, begin, order)
    return order, begins, swapped


@inlined
def _mixed(value: Any) -> Any:
    """The finalizer of SplitMix64, as in `spill.py`."""
    value = (value ^ (value >> _A)) * _ONE
    value = (value ^ (value >> _B)) * _TWO
    return value ^ (value >> _C)


@compiled
def _numbered(ends: Columns, table: Int32s, first: Int32s, number: Int32s, swapped: Bools, most: int) -> int:
    """Number the tuples as they come; `first`: a packet of each. Returns how many there are, or -1 after `most` looks in vain."""
    src, dst, sport, dport, version, proto = ends
    mask, tuples = np.uint64(len(table) - 1), 0
    for row in range(len(number)):
        one, two = src[row, 0], src[row, 1]
        three, four = dst[row, 0], dst[row, 1]
        port, peer = sport[row], dport[row]
        turned = one > three or (one == three and (two > four or (two == four and port > peer)))
        swapped[row] = turned
        if turned:
            one, two, three, four, port, peer = three, four, one, two, peer, port
        digest = _mixed(_mixed(_mixed(_mixed(one) + two) + three) + four)
        kind = np.uint64(version[row]) << np.uint64(48) | np.uint64(np.uint16(proto[row])) << np.uint64(32)
        digest = _mixed(digest + (kind | np.uint64(port) << np.uint64(16) | np.uint64(peer)))
        place = digest & mask
        while True:
            known = table[np.int64(place)]
            if known < 0:
                table[np.int64(place)] = tuples
                first[tuples], number[row] = row, tuples
                tuples += 1
                break
            other = first[known]
            same = version[other] == version[row] and proto[other] == proto[row]
            if swapped[other]:
                same = same and dst[other, 0] == one and dst[other, 1] == two and dport[other] == port
                same = same and src[other, 0] == three and src[other, 1] == four and sport[other] == peer
            else:
                same = same and src[other, 0] == one and src[other, 1] == two and sport[other] == port
                same = same and dst[other, 0] == three and dst[other, 1] == four and dport[other] == peer
            if same:
                number[row] = known
                break
            place = (place + np.uint64(1)) & mask
            most -= 1
            if most < 0:
                return -1
    return tuples


@compiled
def _place(by_time: Int64s, number: Int32s, begin: Int64s, order: Int64s) -> None:
    """Place packets in their tuples' turn. `begin`, where each tuple begins, is used up."""
    for row in by_time:
        which = number[row]
        order[begin[which]] = row
        begin[which] += 1
