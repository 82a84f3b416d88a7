"""Batches of the network families: records and flows become typed Arrow columns with their packet's provenance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.base import Batch
from parsers.network.connections import Connections
from parsers.network.identities import Identities
from parsers.network.packets import ICMP, ICMPV6, TCP, UDP, Headers
from parsers.network.protocols import Record
from parsers.network.records import Bools, Int64s, Packets
from timelines.families.network import FAMILIES
from timelines.schema import TIME, Column, named_field

BATCH_ROWS = 65_536
_FAMILIES = {family.name: family for family in FAMILIES}
_OWN_NAMES = {"host_": "host"}
_TRANSPORTS = {TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMPV6: "icmp"}
# Whether a TCP connection came about, where its state tells.
_OUTCOMES = dict.fromkeys(("S1", "SF", "S2", "S3", "RSTO", "RSTR"), "success")
_OUTCOMES |= dict.fromkeys(("S0", "REJ", "RSTOS0", "SH"), "failure")


@dataclass(frozen=True, slots=True)
class Sources:
    """What all rows of a file draw on."""

    packets: Packets
    headers: Headers
    identities: Identities


@dataclass(frozen=True, slots=True)
class ConnRows:
    """The flows as rows, (f,) each: first row of `Headers`, first and last packet (0-based), service, remarks, hardware addresses of
    originator and responder, and the flows that carried each."""

    row: Int64s
    first: Int64s
    last: Int64s
    service: list[str | None]
    flags: npt.NDArray[np.str_]
    hardware: tuple[pa.StringArray, pa.StringArray]
    parents: pa.StringArray


def _field(column: Column) -> pa.Field:
    own = _OWN_NAMES.get(column.name)
    return named_field(column.name, own, column.type) if own else column.field()


def _core(sources: Sources, flow: Int64s, first: Int64s, event: list[str]) -> dict[str, pa.Array]:
    """Core columns and the connection's, for rows that begin at packet `first` of flow `flow`."""
    packets, ids = sources.packets, sources.identities
    timed = packets.timed[first]
    proto = ids.proto[flow]
    at = pa.array(flow)
    orig, resp = ids.orig.take(at), ids.resp.take(at)
    orig_port, resp_port = ids.orig_port[flow], ids.resp_port[flow]
    ported: Bools = np.isin(proto, (TCP, UDP))
    return {
        "time": pa.array(packets.time[first], pa.int64(), mask=~timed).cast(TIME),
        "time_desc": pa.repeat("First packet", len(first)),
        "time_quality": pa.array(np.where(timed, "utc", "unknown").tolist(), pa.string()),
        "event": pa.array(event, pa.string()),
        "src_ip": orig,
        "src_port": pa.array(orig_port, pa.int32(), mask=~ported),
        "dst_ip": resp,
        "dst_port": pa.array(resp_port, pa.int32(), mask=~ported),
        "record": pa.array(first + 1, pa.uint64()),
        "offset": pa.array(packets.record[first]),
        "length": pa.array(packets.size[first]),
        "uid": ids.uid.take(at),
        "id_orig_h": orig,
        "id_orig_p": pa.array(orig_port, pa.int32()),
        "id_resp_h": resp,
        "id_resp_p": pa.array(resp_port, pa.int32()),
    }


def _batch(family: str, columns: dict[str, pa.Array]) -> Batch:
    declared = {column.name: _field(column) for column in _FAMILIES[family].columns}
    fields = [declared.get(name, pa.field(name, array.type)) for name, array in columns.items()]
    return Batch(family, pa.RecordBatch.from_arrays(list(columns.values()), schema=pa.schema(fields)))


def conn_batches(sources: Sources, connections: Connections, rows: ConnRows) -> Iterator[Batch]:
    """All flows as net/conn, in file order of their first packets."""
    order = np.lexsort((rows.row, rows.first))  # of flows that begin in one packet the outer one comes first
    index = _repeats(rows.first[order])
    for start in range(0, len(order), BATCH_ROWS):
        piece = slice(start, start + BATCH_ROWS)
        columns = _conn_columns(sources, connections, rows, order[piece])
        yield _batch("net/conn", columns | {"index": pa.array(index[piece])})


def _conn_columns(sources: Sources, connections: Connections, rows: ConnRows, flow: Int64s) -> dict[str, pa.Array]:
    proto = sources.identities.proto[flow]
    at = pa.array(flow)
    tcp = proto == TCP
    vlan, inner_vlan = sources.headers.vlan[rows.row[flow]], sources.headers.inner_vlan[rows.row[flow]]
    state = connections.state.take(at)
    columns = _core(sources, flow, rows.first[flow], ["conn"] * len(flow))
    columns |= {
        "outcome": pa.array([_OUTCOMES.get(name) for name in state.to_pylist()], pa.string(), mask=~tcp),
        "flags": pa.array(rows.flags[flow].tolist(), pa.string()),
        "proto": pa.array([_TRANSPORTS.get(number, "unknown_transport") for number in proto.tolist()], pa.string()),
        "ip_proto": pa.array(proto, pa.int32()),
        "service": pa.array([rows.service[number] for number in flow.tolist()], pa.string()),
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
        "packet_first": pa.array(rows.first[flow] + 1),
        "packet_last": pa.array(rows.last[flow] + 1),
    }
    for side, name in enumerate(("orig", "resp")):
        columns[f"{name}_bytes"] = pa.array(connections.bytes[side, flow])
        columns[f"{name}_pkts"] = pa.array(connections.packets[side, flow])
        columns[f"{name}_ip_bytes"] = pa.array(connections.ip_bytes[side, flow])
    return columns


def record_batches(sources: Sources, family: str, records: list[Record]) -> Iterator[Batch]:
    """Protocol records as rows of their family, in file order of their first packets."""
    records.sort(key=lambda record: record.first)
    first = np.fromiter((record.first for record in records), np.int64, len(records))
    index = _repeats(first)
    for start in range(0, len(records), BATCH_ROWS):
        piece = records[start : start + BATCH_ROWS]
        span = slice(start, start + len(piece))
        flow = np.fromiter((record.flow for record in piece), np.int64, len(piece))
        columns = _core(sources, flow, first[span], [record.event for record in piece])
        columns["index"] = pa.array(index[span])
        columns["flags"] = pa.array([",".join(record.flags) for record in piece], pa.string())
        columns["packet_first"] = pa.array(first[span] + 1)
        columns["packet_last"] = pa.array([record.last + 1 for record in piece], pa.int64())
        for name in ("object", "outcome", "user"):  # core columns that a protocol may know better than a mapping
            if any(name in record.values for record in piece):
                columns[name] = pa.array([record.values.get(name) for record in piece], pa.string())
        for column in _FAMILIES[family].columns:
            if column.name not in columns:
                values = [record.values.get(column.name) for record in piece]
                columns[column.name] = pa.array(values, column.type)
        yield _batch(family, columns)


def _repeats(first: Int64s) -> Int64s:
    """How many rows before each one begin at the same packet. `first` is sorted."""
    begins = np.ones(len(first), np.bool_)
    begins[1:] = first[1:] != first[:-1]
    places = np.arange(len(first))
    return places - np.maximum.accumulate(np.where(begins, places, 0)) if len(first) else places
