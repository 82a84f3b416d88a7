"""Flows of DHCP, many at a time, whose messages are all plain; and their exchanges, which span flows. `options.py` reads all others."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from parsers.network.protocols.dhcp.kernels import (
    ADDRESS,
    CLIENT,
    DOMAIN,
    HOST,
    LEASE,
    MESSAGE,
    NAME,
    OPTIONS,
    PLAIN,
    REQUEST,
    SERVER,
    TYPE,
    VENDOR,
    WANTED,
    walked,
)  # fmt: skip
from parsers.network.protocols.dhcp.options import domain_name, kind_name
from parsers.network.protocols.exchanges import exchanges, held
from parsers.network.protocols.spans import texts
from parsers.network.protocols.tabular import Datagrams, Rows, Tabulated
from parsers.network.records import Bools, Bytes, Int64s

NOWHERE, EVERYBODY = "0.0.0.0", "255.255.255.255"
SERVER_PORT = 67
_TEXT, _NUMBER = pa.string(), pa.int32()
_TEXTS = (
    "event", "flags", "trans_id", "msg_types", "chaddr", "relay_addr", "assigned_addr", "domain", "server_message", "server_id",
    "client_addr", "mac", "host_name", "client_fqdn", "requested_addr", "client_message", "vendor_class", "param_list", "options",
    "server_addr", "uids",
)  # fmt: skip
MESSAGES = pa.schema(  # a message, while it waits for the others of its exchange
    [(name, _TEXT) for name in _TEXTS]
    + [("lease_time", pa.int64()), ("server_port", _NUMBER), ("client_port", _NUMBER)]
)
_OUTCOMES = {"ACK": "success", "NAK": "failure", "DECLINE": "failure"}


def tabulate(grams: Datagrams) -> Tabulated:
    """The messages of those flows that are plain, as rows that wait."""
    plain, count = held(grams), np.diff(grams.bounds)
    rows = np.flatnonzero(np.repeat(plain, count))
    if not len(rows):
        return Tabulated((), [], grams.flows[plain])
    flow = np.repeat(np.arange(len(count)), count)[rows]
    by_place = np.argsort(grams.at[rows], kind="stable")
    rows, flow = rows[by_place], flow[by_place]
    data, bounds = grams.payloads(rows)
    heads, spans, codes = walked(data, bounds)
    plain[flow[heads[:, PLAIN] == 0]] = False
    kept = np.flatnonzero(plain[flow])
    if not len(kept):
        return Tabulated((), [], grams.flows[plain])
    said = _said(data, bounds[kept], heads[kept], spans[kept], codes)
    request = heads[kept, REQUEST] > 0
    said |= {"uids": grams.uid.take(pa.array(flow[kept]))}
    said |= _places(grams, flow[kept], request, said)
    packet = grams.packet[rows[kept]]
    return Tabulated((), [], grams.flows[plain], (Rows(grams.flows[flow[kept]], packet, packet, said),))


def _said(data: Bytes, begin: Int64s, heads: Int64s, spans: Int64s, codes: Bytes) -> dict[str, pa.Array]:
    """What messages say. `begin`: where each begins in `data`."""
    request = heads[:, REQUEST] > 0

    def fixed(at: int, size: int, decode: Callable[[bytes], str | None], which: Bools | None = None) -> pa.StringArray:
        places = begin + at if which is None else np.where(which, begin + at, -1)
        return texts(data, np.stack([places, np.full(len(begin), size)], 1), decode)

    def option(number: int, decode: Callable[[bytes], str | None], which: Bools) -> pa.StringArray:
        return texts(data, np.where(which[:, None], spans[:, number], -1), decode)

    hardware = np.stack([begin + 28, np.minimum(data[begin + 2], 16).astype(np.int64)], 1)
    sent = np.where(request[:, None], np.stack([begin, heads[:, OPTIONS]], 1), -1)
    lease = option(LEASE, lambda raw: str(int.from_bytes(raw, "big")) if len(raw) == 4 else None, ~request)
    return {
        "flags": pa.repeat("", len(begin)),
        "trans_id": fixed(4, 4, bytes.hex),
        "msg_types": texts(data, spans[:, TYPE], kind_name).fill_null(kind_name(b"")),
        "chaddr": texts(data, hardware, lambda raw: raw.hex(":")),
        "relay_addr": fixed(24, 4, _somewhere),
        "assigned_addr": fixed(16, 4, _somewhere, ~request),
        "domain": option(DOMAIN, _text, ~request),
        "lease_time": lease.cast(pa.int64()),
        "server_message": option(MESSAGE, _text, ~request),
        "server_id": option(SERVER, _address, ~request),
        "client_addr": fixed(12, 4, _somewhere, request),
        "mac": option(CLIENT, lambda raw: raw[1:].hex(":") if len(raw) == 7 and raw[0] == 1 else None, request),
        "host_name": option(HOST, _text, request),
        "client_fqdn": option(NAME, domain_name, request),
        "requested_addr": option(ADDRESS, _address, request),
        "client_message": option(MESSAGE, _text, request),
        "vendor_class": option(VENDOR, _text, request),
        "param_list": option(WANTED, lambda raw: ",".join(map(str, raw)) or None, request),
        "options": texts(codes, sent, lambda raw: ",".join(map(str, raw))),
    }


def _address(raw: bytes) -> str | None:
    return str(IPv4Address(raw)) if len(raw) == 4 else None


def _somewhere(raw: bytes) -> str | None:
    return str(IPv4Address(raw)) if any(raw) else None


def _text(raw: bytes) -> str | None:
    return raw.rstrip(b"\0").decode("utf-8", "backslashreplace") or None


def _places(grams: Datagrams, flow: Int64s, request: Bools, said: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """Addresses that the flow tells: of a client that has one, and of the server that hands one out."""
    at = pa.array(flow)
    orig, resp = grams.orig.take(at), grams.resp.take(at)
    ports = grams.orig_port[flow], grams.resp_port[flow]
    by_server = (ports[0] == SERVER_PORT) & (ports[1] != SERVER_PORT)
    given = ~request & np.asarray(said["assigned_addr"].is_valid())
    client = pc.if_else(pa.array(by_server), resp, orig)
    own = pc.and_(pa.array(request), pc.invert(pc.is_in(client, pa.array([NOWHERE, EVERYBODY]))))
    return {
        "server_addr": pc.if_else(pa.array(given), pc.if_else(pa.array(by_server), orig, resp), None),
        "server_port": pa.array(np.where(by_server, *ports), pa.int32(), mask=~given),
        "client_port": pa.array(np.where(by_server, *ports[::-1]), pa.int32(), mask=~given),
        "client_addr": pc.if_else(own, client, said["client_addr"]),
    }


def joined(rows: Rows, packet_time: npt.NDArray[np.int64], limits: tuple[int, int]) -> Rows:
    """One row an exchange: messages of one identifier and client that follow one another. Later messages overrule what earlier ones say,
    as in Zeek."""
    kinds = rows.columns["msg_types"].dictionary_encode()
    outcomes = pa.array([_OUTCOMES.get(kind) for kind in kinds.dictionary.to_pylist()], pa.string())
    rows = Rows(rows.flow, rows.first, rows.last, {**rows.columns, "outcome": outcomes.take(kinds.indices)})
    found = exchanges(rows, ("trans_id",), ("chaddr",), packet_time, limits)
    columns = {name: found.latest(name) for name in rows.columns if name not in ("event", "flags", "msg_types", "uids")}
    columns["mac"] = pc.coalesce(columns["mac"], columns["chaddr"])
    columns["client_addr"] = pc.coalesce(columns["client_addr"], columns["assigned_addr"])
    return found.row("dhcp", columns)
