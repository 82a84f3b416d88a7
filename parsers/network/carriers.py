"""Flows inside flows: which tunnel each flow was seen in, and the tunnels themselves as rows of net/tunnel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from parsers.network.flows import Flows
from parsers.network.ip_packets import IpPackets
from parsers.network.protocols import Record
from parsers.network.records import Int64s
from parsers.network.tunnels import NAMES

PARENTS = 16  # carrying flows named of one flow; ordinary ones have one or two


@dataclass(frozen=True, slots=True)
class Inside:
    """Packets that lie in a tunnel of a known flow: places in `flows.order`, the flow of each, and the flow that carries it."""

    place: Int64s
    flow: Int64s
    carrier: Int64s


def inside(packets: IpPackets, flows: Flows) -> Inside:
    """Which packets lie in which flows."""
    parent = packets.parent[flows.order]
    places = np.flatnonzero(parent >= 0)
    if not len(places):
        return Inside(places, places, places)
    by_row = np.argsort(packets.row, kind="stable")
    at = np.searchsorted(packets.row, parent[places], sorter=by_row)
    at = by_row[np.minimum(at, len(by_row) - 1)]
    flow_of = np.empty(len(packets), np.int64)
    flow_of[flows.order] = flows.flow
    known = packets.row[at] == parent[places]
    return Inside(places[known], flows.flow[places[known]].astype(np.int64), flow_of[at[known]])


def unknown(packets: IpPackets, flows: Flows, held: Inside) -> Int64s:
    """Flows in tunnels none of whose carrying flows is among these: they were set aside for another part of a large capture."""
    tunnelled = np.unique(flows.flow[packets.parent[flows.order] >= 0]).astype(np.int64)
    return np.setdiff1d(tunnelled, held.flow)


def parents(packets: IpPackets, flows: Flows, held: Inside, uid: pa.StringArray) -> pa.StringArray:
    """The uids of all flows that carried each flow, joined by commas, outermost last; null outside tunnels (Zeek's tunnel_parents)."""
    if not len(held.flow):
        return pa.nulls(len(flows), pa.string())
    around: dict[int, list[int]] = {}
    pairs = np.unique(np.stack([held.flow, held.carrier], axis=1), axis=0)
    begin = flows.order[flows.first][
        pairs[:, 1]
    ]  # those that begin first come first, in whatever pieces the file was walked
    for flow, outer in pairs[np.lexsort((packets.row[begin], packets.packet[begin], pairs[:, 0]))].tolist():
        around.setdefault(flow, []).append(outer)
    out: list[str | None] = [None] * len(flows)
    for flow in around:
        found: list[int] = []
        waiting = around[flow][::-1]
        while waiting and len(found) < PARENTS:
            outer = waiting.pop()
            if outer != flow and outer not in found:
                found.append(outer)
                waiting[:0] = around.get(outer, [])[::-1]
        out[flow] = ",".join(uid.take(pa.array(found)).to_pylist())
    return pa.array(out, pa.string())


def tunnels(packets: IpPackets, flows: Flows, held: Inside) -> Iterator[Record]:
    """One row for each flow and kind of tunnel in it, from the first packet with something inside to the last."""
    places, carrier = held.place, held.carrier
    if not len(places):
        return
    rows = flows.order[places]
    keys = carrier * 256 + packets.tunnel[rows]
    packet = packets.packet[rows]
    by_key = np.lexsort((packet, keys))
    _, first, count = np.unique(keys[by_key], return_index=True, return_counts=True)
    for begin, number in zip(first.tolist(), count.tolist(), strict=True):
        one, other = by_key[begin], by_key[begin + number - 1]
        values: dict[str, object] = {
            "tunnel_type": f"Tunnel::{NAMES[int(packets.tunnel[rows[one]])]}",
            "action": "Tunnel::DISCOVER",
            "inner_packets": number,
        }
        yield Record(int(carrier[one]), int(rows[one]), int(rows[other]), "tunnel", values, (), "net/tunnel")
