"""Batches of the network families: records and flows become typed Arrow columns with their packet's provenance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from parsers.base import Batch
from parsers.network.begun import Begun
from parsers.network.connections import Connections
from parsers.network.identities import Identities
from parsers.network.ip_packets import IpPackets, words
from parsers.network.layers import DEPTH
from parsers.network.packets import ICMP, ICMPV6, TCP, UDP
from parsers.network.protocols import Record
from parsers.network.protocols.tabular import Rows
from parsers.network.records import Bools, Int64s
from timelines.families.network import FAMILIES
from timelines.families.network.columns import CONTACT, PACKETS
from timelines.schema import CORE_NAMES, TIME, Column, named_field

BATCH_ROWS = 65_536
# Rows of one family that may begin at one packet, and at one inside others; all indices of a record together fit 16 bits
ROWS_OUTSIDE = 1 << 15
ROWS_INSIDE = ROWS_OUTSIDE // DEPTH
_FAMILIES = {family.name: family for family in FAMILIES}
_OWN_NAMES = {"host_": "host"}
_TOLD = frozenset(column.name for column in (*CONTACT, *PACKETS))
_NAMED = {TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMPV6: "icmp"}
_TRANSPORTS = pa.array([_NAMED.get(number, "unknown_transport") for number in range(256)], pa.string())
# Whether a TCP connection came about, where its state tells.
_SUCCESSES, _FAILURES = ("S1", "SF", "S2", "S3", "RSTO", "RSTR"), ("S0", "REJ", "RSTOS0", "SH")
_STATES = pa.array([*_SUCCESSES, *_FAILURES], pa.string())
_OUTCOMES = pa.array(["success"] * len(_SUCCESSES) + ["failure"] * len(_FAILURES), pa.string())


@dataclass(frozen=True, slots=True)
class Sources:
    """What all rows draw on. `begun`: at which packets rows of each family begin so far, and how many; `left_out`: rows of which too
    many begin at one packet: the first such packet, family, and how many."""

    packets: IpPackets
    identities: Identities
    begun: dict[str, Begun] = field(default_factory=dict)
    left_out: list[tuple[int, str, int]] = field(default_factory=list)

    def index(self, family: str, first: Int64s) -> tuple[Int64s, Bools]:
        """Numbers that tell apart the rows of a family that begin at the same packet record, and which rows get one.

        `first`: the packet of each.
        """
        number = self.begun.setdefault(family, Begun()).numbers(first)
        depth = self.packets.depth[first].astype(np.int64)
        return number + _begin(depth), number < np.where(depth == 0, ROWS_OUTSIDE, ROWS_INSIDE)


def _begin(depth: Int64s) -> Int64s:
    """The first index of rows that begin at packets inside so many others: these begin at the same record as the outer ones."""
    return np.where(depth == 0, 0, ROWS_OUTSIDE + (depth - 1) * ROWS_INSIDE)


@dataclass(frozen=True, slots=True)
class ConnRows:
    """The flows as rows, (f,) each: first packet, number of the last captured one (0-based), service, remarks, hardware addresses of
    originator and responder, and the flows that carried each."""

    first: Int64s
    last: Int64s
    service: pa.StringArray
    remarks: npt.NDArray[np.uint16]
    hardware: tuple[pa.StringArray, pa.StringArray]
    parents: pa.StringArray


def _field(column: Column) -> pa.Field:
    own = _OWN_NAMES.get(column.name)
    return named_field(column.name, own, column.type) if own else column.field()


def _core(sources: Sources, flow: Int64s, first: Int64s, event: pa.StringArray) -> dict[str, pa.Array]:
    """Core columns and the connection's, for rows that begin at packet `first` of flow `flow`."""
    packets, ids = sources.packets, sources.identities
    timed = packets.timed[first]
    proto = ids.proto[flow]
    at = pa.array(flow)
    orig, resp = ids.orig.take(at), ids.resp.take(at)
    orig_port, resp_port = ids.orig_port[flow], ids.resp_port[flow]
    portless: Bools = (proto != TCP) & (proto != UDP)
    all_timed = bool(timed.all())
    return {
        "time": pa.array(packets.time[first], pa.int64(), mask=None if all_timed else ~timed).view(TIME),
        "time_desc": pa.repeat("First packet", len(first)),
        "time_quality": pa.repeat("utc", len(first)) if all_timed else pc.if_else(pa.array(timed), "utc", "unknown"),
        "event": event,
        "src_ip": orig,
        "src_port": pa.array(orig_port, pa.int32(), mask=portless),
        "dst_ip": resp,
        "dst_port": pa.array(resp_port, pa.int32(), mask=portless),
        "record": pa.array(packets.packet[first] + 1, pa.uint64()),
        "offset": pa.array(packets.record[first]),
        "length": pa.array(packets.size[first]),
        "uid": ids.uid.take(at),
        "id_orig_h": orig,
        "id_orig_p": pa.array(orig_port, pa.int32()),
        "id_resp_h": resp,
        "id_resp_p": pa.array(resp_port, pa.int32()),
    }


def _batch(family: str, columns: dict[str, pa.Array]) -> Batch:
    declared = _declared(family)
    fields = [declared.get(name) or pa.field(name, array.type) for name, array in columns.items()]
    return Batch(family, pa.RecordBatch.from_arrays(list(columns.values()), schema=pa.schema(fields)))


@cache
def _declared(family: str) -> dict[str, pa.Field]:
    return {column.name: _field(column) for column in _FAMILIES[family].columns}


def conn_batches(sources: Sources, connections: Connections, rows: ConnRows) -> Iterator[Batch]:
    """All flows as net/conn, in file order of their first packets."""
    order = np.argsort(sources.packets.packet[rows.first], kind="stable")
    for start in range(0, len(order), BATCH_ROWS):
        yield _batch("net/conn", _conn_columns(sources, connections, rows, order[start : start + BATCH_ROWS]))


def _conn_columns(sources: Sources, connections: Connections, rows: ConnRows, flow: Int64s) -> dict[str, pa.Array]:
    proto = sources.identities.proto[flow]
    at = pa.array(flow)
    tcp = proto == TCP
    vlan, inner_vlan = sources.packets.vlan[rows.first[flow]], sources.packets.inner_vlan[rows.first[flow]]
    state = connections.state.take(at)
    columns = _core(sources, flow, rows.first[flow], pa.repeat("conn", len(flow)))
    columns |= {
        "outcome": pc.if_else(pa.array(tcp), _OUTCOMES.take(pc.index_in(state, _STATES)), None),
        "flags": words(rows.remarks[flow]),
        "proto": _TRANSPORTS.take(pa.array(proto)),
        "ip_proto": pa.array(proto, pa.int32()),
        "service": rows.service.take(at),
        "duration": pa.array(connections.duration[flow]),
        "conn_state": state,
        "missed_bytes": pa.array(connections.missed[flow], mask=~tcp),
        "history": connections.history.take(at),
        "vlan": pa.array(vlan, pa.int32(), mask=vlan < 0),
        "inner_vlan": pa.array(inner_vlan, pa.int32(), mask=inner_vlan < 0),
        "orig_l2_addr": rows.hardware[0].take(at),
        "resp_l2_addr": rows.hardware[1].take(at),
        "tunnel_parents": rows.parents.take(at),
        "community_id": sources.identities.community.take(at),
        "index": pa.array(_begin(sources.packets.depth[rows.first[flow]].astype(np.int64))),
        "packet_first": pa.array(sources.packets.packet[rows.first[flow]] + 1),
        "packet_last": pa.array(rows.last[flow] + 1),
    }
    for side, name in enumerate(("orig", "resp")):
        columns[f"{name}_bytes"] = pa.array(connections.bytes[side, flow])
        columns[f"{name}_pkts"] = pa.array(connections.packets[side, flow])
        columns[f"{name}_ip_bytes"] = pa.array(connections.ip_bytes[side, flow])
    return columns


def record_batch(sources: Sources, family: str, records: list[Record]) -> Batch:
    """Protocol records as rows of their family, in file order of their first packets."""
    count = len(records)
    first = np.fromiter(map(attrgetter("first"), records), np.int64, count)
    order = np.argsort(sources.packets.packet[first], kind="stable")
    records, first = [records[at] for at in order.tolist()], first[order]
    flow = np.fromiter(map(attrgetter("flow"), records), np.int64, count)
    last = np.fromiter(map(attrgetter("last"), records), np.int64, count)
    flagged = [record.flags for record in records]
    columns = {
        "event": _repeated(list(map(attrgetter("event"), records))),
        "flags": _repeated(list(map(",".join, flagged)) if any(flagged) else [""] * count),
        **_values(family, records),
    }
    return rows_batch(sources, family, Rows(flow, first, last, columns))


def _repeated(texts: list[str]) -> pa.StringArray:
    """The texts as a column; those that are all the same are laid out once."""
    if texts and texts.count(texts[0]) == len(texts):
        return pa.repeat(pa.scalar(texts[0], pa.string()), len(texts))
    return pa.array(texts, pa.string())


def rows_batch(sources: Sources, family: str, rows: Rows) -> Batch:
    """The same for rows that are columns already, in file order of their first packets."""
    first = rows.first
    columns = _core(sources, rows.flow, first, rows.columns["event"])
    index, kept = sources.index(family, first)
    columns["index"] = pa.array(index)
    columns["flags"] = rows.columns["flags"]
    columns["packet_first"] = pa.array(sources.packets.packet[first] + 1)
    columns["packet_last"] = pa.array(sources.packets.last_of(rows.last) + 1)
    for name, kind in _kinds(family).items():
        array = rows.columns.get(name)
        if name not in CORE_NAMES or (array is not None and array.null_count < len(array)):
            columns.setdefault(name, array if array is not None else pa.nulls(len(first), kind))
    batch = _batch(family, columns)
    if kept.all():
        return batch
    sources.left_out.append((int(first[~kept][0]), family, int((~kept).sum())))
    return Batch(family, batch.rows.filter(pa.array(kept)))


@cache
def _kinds(family: str) -> dict[str, pa.DataType]:
    """The family's columns but those that flows and packets tell, and core columns that a protocol may know better than a mapping."""
    own = {column.name: column.type for column in _FAMILIES[family].columns if column.name not in _TOLD}
    return own | dict.fromkeys(("object", "outcome", "user"), pa.string())


@cache
def _fields(family: str) -> tuple[pa.Field, ...]:
    return tuple(pa.field(name, kind) for name, kind in _kinds(family).items())


def _values(family: str, records: list[Record]) -> dict[str, pa.Array]:
    fields = _fields(family)
    own, common = (list(map(attrgetter(name), records)) for name in ("values", "common"))
    if common.count(None) == len(common):
        return _taken_apart(own, fields)
    # rows of each distinct `common` are taken from one: hosts ask for the same names again and again
    places: dict[int, int] = {}
    at = pa.array([places.setdefault(id(one), len(places)) for one in common])
    shared = _taken_apart([one or {} for one in {id(one): one for one in common}.values()], fields)
    names: set[str] = set().union(*own)
    columns = _taken_apart(own, [field for field in fields if field.name in names])
    for name, array in shared.items():
        if array.null_count < len(array) or name not in columns:
            taken = array.take(at)
            columns[name] = pc.coalesce(columns[name], taken) if name in columns else taken
    return {field.name: columns[field.name] for field in fields}


def _taken_apart(values: list[dict[str, object]], fields: Sequence[pa.Field]) -> dict[str, pa.Array]:
    """The dicts as columns. Arrow takes them apart in C++."""
    rows = pa.array(values, pa.struct(fields))
    return dict(zip([field.name for field in fields], rows.flatten(), strict=True))
