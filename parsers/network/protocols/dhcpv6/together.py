"""Flows of DHCPv6, many at a time, whose messages are all plain; and their exchanges, which span flows. `messages.py` reads all others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from parsers.network.protocols.dhcpv6.kernels import (
    ADDRESS,
    CLIENT,
    DOMAINS,
    NAME,
    OWN,
    PLAIN,
    PREFIX,
    RESOLVERS,
    SERVER,
    STATUS,
    VENDOR,
    WANTED,
    walked,
)  # fmt: skip
from parsers.network.protocols.dhcpv6.messages import (
    FROM_SERVERS,
    TYPES,
    address_name,
    domain_names,
    duid_name,
    hardware_of,
    host_name,
    numbers,
    prefix_name,
    resolvers,
    status_name,
    status_text,
    vendor_name,
)  # fmt: skip
from parsers.network.protocols.exchanges import exchanges, held
from parsers.network.protocols.spans import texts
from parsers.network.protocols.tabular import Datagrams, Rows, Tabulated
from parsers.network.records import Bools, Bytes, Int64s

_TEXTS = (
    "event", "flags", "trans_id", "msg_types", "client_duid", "server_duid", "relay_addr", "mac", "client_fqdn", "requested_addr",
    "vendor_class", "param_list", "options", "assigned_addr", "assigned_prefix", "domain", "dns_servers", "status", "server_message",
    "client_addr", "server_addr", "uids",
)  # fmt: skip
MESSAGES = pa.schema(  # a message, while it waits for the others of its exchange
    [(name, pa.string()) for name in _TEXTS]
    + [("lease_time", pa.int64()), ("server_port", pa.int32()), ("client_port", pa.int32())]
)


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
    begin = bounds[kept]
    from_server = np.isin(data[begin], tuple(FROM_SERVERS))
    said = _said(data, begin, from_server, spans[kept])
    own = np.where(from_server[:, None], -1, np.stack([begin, 2 * heads[kept, OWN]], 1))
    said |= {"options": texts(codes, own, numbers), "uids": grams.uid.take(pa.array(flow[kept]))}
    said |= _places(grams, flow[kept], grams.forward[rows[kept]], from_server)
    packet = grams.packet[rows[kept]]
    return Tabulated((), [], grams.flows[plain], (Rows(grams.flows[flow[kept]], packet, packet, said),))


def _said(data: Bytes, begin: Int64s, from_server: Bools, spans: Int64s) -> dict[str, pa.Array]:
    """What messages say. `begin`: where each begins in `data`."""
    every = np.ones(len(begin), np.bool_)

    def option(number: int, decode: Callable[[bytes], str | None], which: Bools) -> pa.StringArray:
        return texts(data, np.where(which[:, None], spans[:, number], -1), decode)

    kind, ids = (np.stack([begin + at, np.full(len(begin), size)], 1) for at, size in ((0, 1), (1, 3)))
    addresses = option(ADDRESS, lambda raw: address_name(raw[:16]), every)
    lives = [
        option(number, lifetime, from_server).cast(pa.int64())
        for number, lifetime in ((ADDRESS, _address_life), (PREFIX, _prefix_life))
    ]
    return {
        "flags": pa.repeat("", len(begin)),
        "trans_id": texts(data, ids, bytes.hex),
        "msg_types": texts(data, kind, lambda raw: TYPES[raw[0]]),
        "client_duid": option(CLIENT, duid_name, every),
        "server_duid": option(SERVER, duid_name, every),
        "mac": option(CLIENT, hardware_of, every),
        "client_fqdn": option(NAME, host_name, every),
        "requested_addr": pc.if_else(pa.array(from_server), None, addresses),
        "vendor_class": option(VENDOR, vendor_name, ~from_server),
        "param_list": option(WANTED, numbers, ~from_server),
        "assigned_addr": pc.if_else(pa.array(from_server), addresses, None),
        "assigned_prefix": option(PREFIX, prefix_name, from_server),
        "lease_time": pc.min_element_wise(*lives),
        "domain": option(DOMAINS, domain_names, from_server),
        "dns_servers": option(RESOLVERS, resolvers, from_server),
        "status": option(STATUS, status_name, from_server),
        "server_message": option(STATUS, status_text, from_server),
    }


def _address_life(raw: bytes) -> str:
    return str(int.from_bytes(raw[20:24], "big"))


def _prefix_life(raw: bytes) -> str:
    return str(int.from_bytes(raw[4:8], "big"))


def _places(grams: Datagrams, flow: Int64s, forward: Bools, from_server: Bools) -> dict[str, pa.Array]:
    """Who the client and the server are, by the flow."""
    at, ahead = pa.array(flow), pa.array(forward)
    orig, resp = grams.orig.take(at), grams.resp.take(at)
    ports = grams.orig_port[flow], grams.resp_port[flow]
    sender, receiver = pc.if_else(ahead, orig, resp), pc.if_else(ahead, resp, orig)
    sent, received = np.where(forward, *ports), np.where(forward, *ports[::-1])
    known = ~from_server | ~np.asarray(pc.starts_with(receiver, "ff"))
    served = pa.array(from_server)
    return {
        "client_addr": pc.if_else(pa.array(known), pc.if_else(served, receiver, sender), None),
        "client_port": pa.array(np.where(from_server, received, sent), pa.int32(), mask=~known),
        "server_addr": pc.if_else(served, sender, None),
        "server_port": pa.array(sent, pa.int32(), mask=~from_server),
    }


def joined(rows: Rows, packet_time: npt.NDArray[np.int64], limits: tuple[int, int]) -> Rows:
    """One row an exchange: messages of one identifier and client that follow one another. Later messages overrule what earlier ones say."""
    found = exchanges(rows, ("trans_id", "client_duid"), (), packet_time, limits)
    columns = {name: found.latest(name) for name in rows.columns if name not in ("event", "flags", "msg_types", "uids")}
    declined, replied = (
        found.any(np.asarray(pc.equal(rows.columns["msg_types"], kind))) for kind in ("DECLINE", "REPLY")
    )
    given = pc.or_(columns["assigned_addr"].is_valid(), columns["assigned_prefix"].is_valid())
    fine = pc.or_(given, pc.equal(columns["status"], "Success").fill_null(True))
    outcome = pc.if_else(pa.array(replied), pc.if_else(fine, "success", "failure"), None)
    columns["outcome"] = pc.if_else(pa.array(declined), "failure", outcome)
    return found.row("dhcpv6", columns)
