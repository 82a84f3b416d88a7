"""Flows inside flows: which tunnel each flow was seen in, and the tunnels themselves as rows of net/tunnel."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from parsers.network.flows import Flows
from parsers.network.headers import Headers
from parsers.network.protocols import Record
from parsers.network.records import Int64s
from parsers.network.tunnels import NAMES

PARENTS = 16  # carrying flows named of one flow; ordinary ones have one or two


def _carried(headers: Headers, flows: Flows) -> tuple[Int64s, Int64s, Int64s]:
    """Places in `flows.order` of rows that lie in a tunnel of a known flow: the place, its flow, and the flow that carries it."""
    places = np.flatnonzero(headers.parent[flows.order] >= 0)
    if not len(places):
        return places, places, places
    flow_of = np.full(len(headers), -1, np.int64)
    flow_of[flows.order] = flows.flow
    carrier = flow_of[headers.parent[flows.order[places]]]
    known = carrier >= 0
    return places[known], flows.flow[places[known]].astype(np.int64), carrier[known]


def parents(headers: Headers, flows: Flows, uid: pa.StringArray) -> pa.StringArray:
    """The uids of all flows that carried each flow, joined by commas, outermost last; null outside tunnels (Zeek's tunnel_parents)."""
    _, inner, carrier = _carried(headers, flows)
    if not len(inner):
        return pa.nulls(len(flows), pa.string())
    around: dict[int, list[int]] = {}
    for flow, outer in np.unique(np.stack([inner, carrier], axis=1), axis=0).tolist():
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


def tunnels(headers: Headers, flows: Flows) -> Iterator[Record]:
    """One row for each flow and kind of tunnel in it, from the first packet with something inside to the last."""
    places, _, carrier = _carried(headers, flows)
    if not len(places):
        return
    rows = flows.order[places]
    keys = carrier * 256 + headers.tunnel[rows]
    packet = headers.packet[rows]
    by_key = np.lexsort((packet, keys))
    _, first, count = np.unique(keys[by_key], return_index=True, return_counts=True)
    for begin, number in zip(first.tolist(), count.tolist(), strict=True):
        one, other = by_key[begin], by_key[begin + number - 1]
        values: dict[str, object] = {
            "tunnel_type": f"Tunnel::{NAMES[int(headers.tunnel[rows[one]])]}",
            "action": "Tunnel::DISCOVER",
            "inner_packets": number,
        }
        yield Record(int(carrier[one]), int(packet[one]), int(packet[other]), "tunnel", values, (), "net/tunnel")
