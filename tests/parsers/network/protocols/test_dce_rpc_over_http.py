"""DCE/RPC over HTTP (MS-RPCH): a server's greeting on its own port, and the channels in HTTP, by hand and by scapy."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from tests.parsers.network.protocols.hardships import bear, by_scapy
from tests.parsers.network.protocols.test_dce_rpc import (
    NDR,
    SAMR,
    bind,
    bind_ack,
    request,
    response,
    speech,
    told,
    unit,
)

GREETING = b"ncacn_http/1.0"
RTS = unit(20, 0, struct.pack("<HH", 0, 1) + struct.pack("<II", 6, 1))  # flags, one command: version 1
SIZE = 1 << 30  # channels announce a gigabyte


def ask(method: bytes) -> bytes:
    return (
        method
        + b" /rpc/rpcproxy.dll?exch.example:593 HTTP/1.1\r\nHost: www.example.com\r\nContent-Length: %d\r\n\r\n" % SIZE
    )


def into() -> list[tuple[str, bytes]]:
    return [("c", ask(b"RPC_IN_DATA")), ("c", RTS), ("c", bind(1, SAMR) + request(2, 64)), ("c", request(3, 5))]


def out_of() -> list[tuple[str, bytes]]:
    given = b"HTTP/1.1 200 Success\r\nContent-Type: application/rpc\r\nContent-Length: %d\r\n\r\n" % SIZE
    first = ask(b"RPC_OUT_DATA").replace(b"%d" % SIZE, b"%d" % len(RTS)) + RTS
    return [("c", first), ("s", given + RTS), ("s", bind_ack(1, b"593") + response(2))]


def test_the_greeting_of_a_server(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session([("s", GREETING), *speech()], 593)))
    assert told(result.dce_rpc, "operation", "outcome") == [
        ("OpenSCManagerW", "success"), ("CreateServiceW", "failure"), ("SamrConnect5", None),
    ]  # fmt: skip
    assert (result.conn[0]["service"], result.problems, result.weird) == ("dce_rpc", [], [])


def test_the_greeting_alone_tells_the_service(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session([("s", GREETING)], 6001)))
    assert (result.conn[0]["service"], result.dce_rpc, result.weird) == ("dce_rpc", [], [])


def test_the_channel_of_calls(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session(into(), 80)))
    assert told(result.dce_rpc, "endpoint", "operation", "packet_first") == [
        ("samr", "SamrConnect5", 6), ("samr", "SamrLookupDomainInSamServer", 7),
    ]  # fmt: skip
    assert (result.conn[0]["service"], result.http[0]["method"]) == ("http,dce_rpc", "RPC_IN_DATA")


def test_the_channel_of_answers(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session(out_of(), 80)))
    assert (result.dce_rpc, result.conn[0]["service"], result.http[0]["method"]) == ([], "http,dce_rpc", "RPC_OUT_DATA")


def test_a_body_that_holds_something_else(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session([("c", ask(b"RPC_IN_DATA") + b"hello, this is no unit")], 80)))
    assert (result.dce_rpc, result.conn[0]["service"], len(result.http)) == ([], "http", 1)


def test_shuffled_damaged_and_cut(read: Any, wire: Any) -> None:
    bear(read, wire, wire.session(into(), 80), "dce_rpc", "http")
    bear(read, wire, wire.session([("s", GREETING), *speech()], 593), "dce_rpc")


def test_by_scapy(read: Any, tmp_path: Path) -> None:
    from uuid import UUID

    from scapy.layers.dcerpc import (
        DceRpc5,
        DceRpc5AbstractSyntax,
        DceRpc5Bind,
        DceRpc5Context,
        DceRpc5Request,
        DceRpc5TransferSyntax,
    )  # fmt: skip

    context = DceRpc5Context(
        abstract_syntax=DceRpc5AbstractSyntax(if_uuid=UUID(SAMR), if_version=1),
        transfer_syntaxes=[DceRpc5TransferSyntax(if_uuid=UUID(NDR), if_version=2)],
    )
    units = [
        bytes(DceRpc5(call_id=1) / DceRpc5Bind(context_elem=[context])),
        bytes(DceRpc5(call_id=2) / DceRpc5Request(opnum=5) / b"\0\0\0\0"),
    ]
    data = by_scapy(tmp_path, [("c", ask(b"RPC_IN_DATA")), *(("c", raw) for raw in units)], 80)
    assert told(read(data).dce_rpc, "endpoint", "operation") == [("samr", "SamrLookupDomainInSamServer")]
