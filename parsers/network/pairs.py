"""Packets as they are set aside: each as one record, in the group of its two hosts.

Where numba is loaded, and they are many, each is visited once. Column by column, as `ip_packets.py` and `spill.py` do it else, a record of
123 bytes is written and read thirty times.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from parsers.network import ip_packets
from parsers.network.headers import Headers
from parsers.network.ip_packets import (
    COUNTED,
    FRAME,
    FRAMED,
    RECORD,
    REMARKS,
    Captured,
    IpPackets,
    Records,
    empty_columns,
)
from parsers.network.plain_packets import FEW
from parsers.network.records import Int64s
from parsers.network.spill import DHCP, GROUP_NAMES, flow_digest, pair_digest
from timelines.compiled import at_hand, compiled, inlined

_CAPTURED = ("time", "timed", "record", "size", "data", "caplen", "origlen", "link", "cut")
_FROM_IP = ("version", "proto", "src", "dst", "sport", "dport", "seq", "flags")
_FROM_PAYLOAD = ("at", "captured", "declared", "ip_length", "vlan", "inner_vlan")
_FROM_WALK = ("parent", "packet", "span", "depth", "tunnel", "marks")
_PORTS = np.zeros(65_536, np.uint8)
_PORTS[list(DHCP)], _PORTS[list(GROUP_NAMES)] = 1, 2
_ONE, _TWO = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_A, _B, _C = np.uint64(30), np.uint64(27), np.uint64(31)
Several = tuple[npt.NDArray[Any], ...]


def grouped(headers: Headers, captured: Captured, place: Int64s, first_row: int, groups: int) -> tuple[Records, Int64s]:
    """Those rows that have a transport, as records, and the group of each. `place`: where each row's captured packet lies in `captured`."""
    if len(headers) < FEW or not at_hand():
        records = ip_packets.gathered(headers, captured, place, first_row)
        return records, (pair_digest(records) % np.uint64(groups)).astype(np.int64)
    rows = np.flatnonzero(headers.proto >= 0)
    out, group = np.empty(len(rows), RECORD), np.empty(len(rows), np.int64)
    packets = (*(getattr(captured.packets, name) for name in _CAPTURED), captured.backwards)
    ip, payload, walk = (
        tuple(getattr(headers, name) for name in names) for names in (_FROM_IP, _FROM_PAYLOAD, _FROM_WALK)
    )
    _fill(out, group, (rows, place, _PORTS, REMARKS), packets, ip, payload, walk, first_row, groups)
    return out, group


@inlined
def _mixed(value: Any) -> Any:
    """The finalizer of SplitMix64, as in `spill.py`."""
    value = (value ^ (value >> _A)) * _ONE
    value = (value ^ (value >> _B)) * _TWO
    return value ^ (value >> _C)


@compiled
def _fill(
    out: Records,
    group: Int64s,
    which: Several,
    packets: Several,
    ip: Several,
    payload: Several,
    walk: Several,
    first_row: int,
    groups: int,
) -> None:
    rows, place, ports, remarks = which
    for number in range(len(rows)):
        row = rows[number]
        at = place[row]
        one = out[number]
        one.row = row + first_row
        one.time, one.timed, one.record, one.size = packets[0][at], packets[1][at], packets[2][at], packets[3][at]
        caplen, link = packets[5][at], packets[7][at]
        one.frame = packets[4][at] - packets[2][at]
        framed = (link == FRAMED[0] or link == FRAMED[1]) and caplen >= FRAME and walk[3][row] == 0
        one.link = link if framed else 0
        proto, sport, dport = ip[1][row], ip[4][row], ip[5][row]
        one.version, one.proto, one.sport, one.dport = ip[0][row], proto, sport, dport
        for half in range(2):
            one.src[half], one.dst[half] = ip[2][row, half], ip[3][row, half]
        one.seq, one.flags = ip[6][row], ip[7][row]
        held, declared = payload[1][row], payload[2][row]
        one.at, one.captured, one.declared, one.ip_length = payload[0][row], held, declared, payload[3][row]
        one.vlan, one.inner_vlan = payload[4][row], payload[5][row]
        one.parent, one.packet, one.span = walk[0][row], walk[1][row], walk[2][row]
        one.depth, one.tunnel = walk[3][row], walk[4][row]
        seen = np.int64(remarks[walk[5][row]])
        seen |= np.int64(packets[8][at]) * COUNTED[0] | np.int64(held < declared) * COUNTED[1]
        seen |= np.int64(caplen > packets[6][at]) * COUNTED[2] | np.int64(packets[9][at]) * COUNTED[3]
        one.remarks = seen
        digest = _mixed(_mixed(ip[2][row, 0]) + ip[2][row, 1]) + _mixed(_mixed(ip[3][row, 0]) + ip[3][row, 1])
        if proto == 17:
            if ports[sport] == 1 and ports[dport] == 1:
                digest = np.uint64(0)
            if ports[sport] == 2 or ports[dport] == 2:
                digest = np.uint64(1)
        group[number] = np.int64(digest % np.uint64(groups))


def flow_digests(records: Records) -> npt.NDArray[np.uint64]:
    """The same as `spill.flow_digest`."""
    if len(records) < FEW or not at_hand():
        return flow_digest(records)
    out = np.empty(len(records), np.uint64)
    _digest(records, out)
    return out


@compiled
def _digest(records: Records, out: npt.NDArray[np.uint64]) -> None:
    for at in range(len(records)):
        one = records[at]
        sent = _mixed(_mixed(_mixed(one.src[0]) + one.src[1]) + np.uint64(one.sport))
        taken = _mixed(_mixed(_mixed(one.dst[0]) + one.dst[1]) + np.uint64(one.dport))
        out[at] = _mixed(sent + taken + np.uint64(one.proto))


def columns(records: Records) -> IpPackets:
    """Records as columns, each a contiguous array of its own."""
    if len(records) < FEW or not at_hand():
        return ip_packets.columns(records)
    out = empty_columns(len(records))
    ends = tuple(
        getattr(out, name)
        for name in ("row", "parent", "packet", "span", "frame", "link", "time", "timed", "record", "size")
    )
    ip = tuple(getattr(out, name) for name in _FROM_IP)
    payload = tuple(getattr(out, name) for name in (*_FROM_PAYLOAD, "depth", "tunnel", "remarks"))
    _spread(records, ends, ip, payload)
    return out


@compiled
def _spread(records: Records, walk: Several, ip: Several, payload: Several) -> None:
    for at in range(len(records)):
        one = records[at]
        walk[0][at], walk[1][at], walk[2][at], walk[3][at] = one.row, one.parent, one.packet, one.span
        walk[4][at], walk[5][at], walk[6][at], walk[7][at] = one.frame, one.link, one.time, one.timed
        walk[8][at], walk[9][at] = one.record, one.size
        for half in range(2):
            ip[2][at, half], ip[3][at, half] = one.src[half], one.dst[half]
        ip[0][at], ip[1][at], ip[4][at], ip[5][at] = one.version, one.proto, one.sport, one.dport
        ip[6][at], ip[7][at] = one.seq, one.flags
        payload[0][at], payload[1][at], payload[2][at], payload[3][at] = (
            one.at,
            one.captured,
            one.declared,
            one.ip_length,
        )
        payload[4][at], payload[5][at], payload[6][at] = one.vlan, one.inner_vlan, one.depth
        payload[7][at], payload[8][at] = one.tunnel, one.remarks
