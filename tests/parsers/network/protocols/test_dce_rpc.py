"""DCE/RPC over TCP and named pipes by hand and by scapy; names of operations against the Open Specifications."""

from __future__ import annotations

import random
import struct
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parsers.network.protocols.dce_rpc.interfaces import interface_name, operation_name
from tests.parsers.network.protocols.smb_messages import (
    conversation,
    create_answer,
    create_request,
    header,
    read_pair,
    tree_connect,
    write_pair,
)

SVCCTL, SAMR = "367abb81-9844-35f1-ad32-98f038001003", "12345778-1234-abcd-ef00-0123456789ac"
NDR = "8a885d04-1ceb-11c9-9fe8-08002b104860"


def unit(kind: int, call: int, body: bytes, verifier: bytes = b"", flags: int = 3, order: str = "<") -> bytes:
    # verifier: kind 10 (NTLM), level 6, no padding, reserved, context; then its bytes
    tail = struct.pack("<BBBBI", 10, 6, 0, 0, 0) + verifier if verifier else b""
    drep = b"\x10\0\0\0" if order == "<" else b"\0\0\0\0"
    size = 16 + len(body) + len(tail)
    # version 5.0, kind, flags (3: only fragment), data representation, length, length of verifier, call
    return bytes((5, 0, kind, flags)) + drep + struct.pack(f"{order}HHI", size, len(verifier), call) + body + tail


def bind(call: int, *uuids: str, kind: int = 11, verifier: bytes = b"", order: str = "<") -> bytes:
    body = struct.pack(
        f"{order}HHIBBH", 4280, 4280, 0, len(uuids), 0, 0
    )  # largest fragments, group, contexts, reserved
    for number, uuid in enumerate(uuids):
        names = [UUID(name).bytes_le if order == "<" else UUID(name).bytes for name in (uuid, NDR)]
        # context, one transfer syntax, reserved, interface and version, transfer syntax and version
        body += (
            struct.pack(f"{order}HBB", number, 1, 0) + names[0] + struct.pack(f"{order}HH", 2, 0) + names[1] + bytes(4)
        )
    return unit(kind, call, body, verifier, order=order)


def bind_ack(call: int, address: bytes, verifier: bytes = b"", order: str = "<") -> bytes:
    place = struct.pack(f"{order}H", len(address) + 1) + address + b"\0"
    place += bytes(-(26 + len(place) - 2) % 4)
    result = struct.pack(f"{order}BBHHH", 1, 0, 0, 0, 0) + UUID(NDR).bytes_le + bytes(4)
    return unit(12, call, struct.pack(f"{order}HHI", 4280, 4280, 1) + place + result, verifier, order=order)


def request(call: int, opnum: int, context: int = 0, stub: bytes = b"", order: str = "<") -> bytes:
    return unit(0, call, struct.pack(f"{order}IHH", len(stub), context, opnum) + stub, order=order)


def response(call: int, stub: bytes = b"", order: str = "<") -> bytes:
    return unit(2, call, struct.pack(f"{order}IHBB", len(stub), 0, 0, 0) + stub, order=order)


def fault(call: int, status: int) -> bytes:
    return unit(3, call, struct.pack("<IHBBII", 0, 0, 0, 0, status, 0))


def told(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row.get(name) for name in names) for row in rows]


def speech() -> list[tuple[str, bytes]]:
    return [
        ("c", bind(1, SVCCTL, SAMR)),
        ("s", bind_ack(1, b"49683")),
        ("c", request(2, 15)),
        ("s", response(2, bytes(24))),
        ("c", request(3, 12)),
        ("s", fault(3, 5)),
        ("c", request(4, 64, context=1)),
    ]


def test_calls_over_tcp(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session(speech(), 49683), step=1000))
    assert told(result.dce_rpc, "endpoint", "operation", "named_pipe", "rtt", "outcome", "status", "packet_first") == [
        ("svcctl", "OpenSCManagerW", "49683", 1_000_000, "success", None, 6),
        ("svcctl", "CreateServiceW", "49683", 1_000_000, "failure", "ACCESS_DENIED", 8),
        ("samr", "SamrConnect5", "49683", None, None, None, 10),
    ]
    assert (result.dce_rpc[0]["object"], result.conn[0]["service"]) == ("svcctl::OpenSCManagerW", "dce_rpc")
    assert result.problems == []


def test_big_endian(read: Any, wire: Any) -> None:
    sent = [("c", bind(1, SAMR, order=">")), ("s", bind_ack(1, b"1", order=">")), ("c", request(2, 0, order=">"))]
    (row,) = read(wire.pcap(wire.session([*sent, ("s", response(2, order=">"))], 5000))).dce_rpc
    assert (row["endpoint"], row["operation"], row["outcome"]) == ("samr", "SamrConnect", "success")


def test_calls_in_fragments_are_one(read: Any, wire: Any) -> None:
    first = request(2, 12, stub=bytes(40))
    parts = [first[:3] + b"\1" + first[4:], first[:3] + b"\0" + first[4:], first[:3] + b"\2" + first[4:]]
    sent = [("c", bind(1, SVCCTL)), ("s", bind_ack(1, b"1")), *(("c", part) for part in parts)]
    assert told(read(wire.pcap(wire.session(sent, 135))).dce_rpc, "operation") == [("CreateServiceW",)]


def pipe_pairs() -> list[tuple[bytes, bytes]]:
    # size 57, reserved, control, file id, input at 120, its size, input answer, output, its size, output answer, flags, reserved
    def transceive(number: int, asked: bytes, answer: bytes) -> tuple[bytes, bytes]:
        name = bytes(range(16))
        ask = struct.pack("<HHI16s8I", 57, 0, 0x0011C017, name, 120, len(asked), 0, 0, 0, 1024, 1, 0) + asked
        tell = struct.pack("<HHI16s6I", 49, 0, 0x0011C017, name, 112, 0, 112, len(answer), 0, 0) + answer
        return header(11, number) + ask, header(11, number, 1) + tell

    share, answer = tree_connect(1, "\\\\srv.example\\IPC$")
    return [
        (share, answer[:66] + b"\2" + answer[67:]),  # a share of pipes
        (create_request(2, "svcctl"), create_answer(2, 0)),
        write_pair(3, 0, bind(1, SVCCTL)[:50]),  # a unit in two writes
        write_pair(4, 0, bind(1, SVCCTL)[50:]),
        read_pair(5, 0, bind_ack(1, b"\\PIPE\\ntsvcs")),
        transceive(6, request(2, 15), response(2, bytes(24))),
        transceive(7, request(3, 12), fault(3, 5)),
    ]


def test_calls_through_a_pipe(read: Any, wire: Any) -> None:
    result = read(wire.pcap(conversation(wire, pipe_pairs())))
    assert told(result.dce_rpc, "endpoint", "operation", "named_pipe", "outcome", "packet_first", "packet_last") == [
        ("svcctl", "OpenSCManagerW", "\\PIPE\\ntsvcs", "success", 14, 15),
        ("svcctl", "CreateServiceW", "\\PIPE\\ntsvcs", "failure", 16, 17),
    ]
    assert result.files == []
    # without the bind the pipe's name tells, and the row says so
    unbound = read(wire.pcap(conversation(wire, [*pipe_pairs()[:2], *pipe_pairs()[5:]])))
    assert told(unbound.dce_rpc, "endpoint", "operation", "flags")[0] == (
        "svcctl",
        "OpenSCManagerW",
        "assumed-endpoint",
    )


def test_a_pipe_may_carry_anything(read: Any, wire: Any) -> None:
    pairs = [*pipe_pairs()[:2], write_pair(3, 0, b"GET / HTTP/1.1\r\n\r\n")]
    result = read(wire.pcap(conversation(wire, pairs)))
    assert (result.dce_rpc, result.weird) == ([], [])


def test_logon_of_an_association(read: Any, wire: Any) -> None:
    from parsers.network.protocols import ntlm

    challenge = struct.pack("<8sIHHII8s", ntlm.SIGNATURE, 2, 0, 0, 48, 1, b"12345678") + bytes(16)
    nt, user = bytes(range(48)), "amina".encode("utf-16-le")
    fields = b"".join(
        struct.pack("<HHI", size, size, at) for size, at in ((0, 64), (48, 64), (0, 112), (10, 112), (0, 122), (0, 122))
    )
    answer = struct.pack("<8sI", ntlm.SIGNATURE, 3) + fields + struct.pack("<I", 1) + nt + user
    sent = [
        ("c", bind(1, SVCCTL, verifier=struct.pack("<8sII", ntlm.SIGNATURE, 1, 0))),
        ("s", bind_ack(1, b"49683", challenge)),
        ("c", unit(16, 1, bytes(4), answer)),
        ("c", request(2, 15)),
        ("s", response(2)),
    ]
    result = read(wire.pcap(wire.session(sent, 49683)))
    assert told(result.ntlm, "username", "success", "service") == [("amina", True, "dce_rpc")]
    assert told(result.credentials, "scheme", "challenge", "secret") == [("ntlmv2", b"12345678".hex(), nt.hex())]
    assert told(result.dce_rpc, "user", "operation") == [("amina", "OpenSCManagerW")]


def test_scapy_units(read: Any, wire: Any) -> None:
    from scapy.layers.dcerpc import (
        DceRpc5,
        DceRpc5AbstractSyntax,
        DceRpc5Bind,
        DceRpc5BindAck,
        DceRpc5Context,
        DceRpc5PortAny,
        DceRpc5Request,
        DceRpc5Response,
        DceRpc5TransferSyntax,
    )  # fmt: skip

    context = DceRpc5Context(
        abstract_syntax=DceRpc5AbstractSyntax(if_uuid=UUID(SAMR), if_version=1),
        transfer_syntaxes=[DceRpc5TransferSyntax(if_uuid=UUID(NDR), if_version=2)],
    )
    sent = [
        ("c", bytes(DceRpc5(call_id=1) / DceRpc5Bind(context_elem=[context]))),
        ("s", bytes(DceRpc5(call_id=1) / DceRpc5BindAck(sec_addr=DceRpc5PortAny(port_spec=b"49700\0")))),
        ("c", bytes(DceRpc5(call_id=2) / DceRpc5Request(opnum=5) / b"\0\0\0\0")),
        ("s", bytes(DceRpc5(call_id=2) / DceRpc5Response() / b"\0\0\0\0")),
    ]
    rows = read(wire.pcap(wire.session(sent, 49700))).dce_rpc
    assert told(rows, "endpoint", "operation", "outcome") == [("samr", "SamrLookupDomainInSamServer", "success")]


def test_lost_cut_damaged_and_mixed(read: Any, wire: Any) -> None:
    packets = wire.session(speech(), 49683)
    whole = read(wire.pcap(packets)).dce_rpc
    for lost in range(3, len(packets) - 3):
        rows = read(wire.pcap(packets[:lost] + packets[lost + 1 :])).dce_rpc
        assert len(rows) >= len(whole) - 1
    cut = read(wire.pcap(packets)[:-300])
    assert told(cut.dce_rpc, "operation") == told(whole, "operation")[: len(cut.dce_rpc)] != []
    records = [wire.pcap_record(packet, wire.start, at) for at, packet in enumerate(packets)]
    mixed = read(wire.pcap_head() + b"".join(random.Random(1).sample(records, len(records)))).dce_rpc
    names = ("time", "operation", "rtt", "outcome")
    assert sorted(told(mixed, *names)) == sorted(told(read(wire.pcap_head() + b"".join(records)).dce_rpc, *names))
    broken = wire.session([*speech()[:4], ("c", b"\xff" * 40), *speech()[4:]], 49683)
    result = read(wire.pcap(broken))
    assert told(result.dce_rpc, "operation")[0] == ("OpenSCManagerW",)
    assert "dce_rpc_malformed" in [row["name"] for row in result.weird]


@pytest.mark.parametrize(
    ("uuid", "number", "name"),
    [
        (SVCCTL, 12, "CreateServiceW"),  # MS-SCMR section 3.1.4
        (SAMR, 64, "SamrConnect5"),  # MS-SAMR section 3.1.5.1.1
        ("e3514235-4b06-11d1-ab04-00c04fc2dcd2", 3, "DRSGetNCChanges"),  # MS-DRSR section 4.1.10
        (
            "76f03f96-cdfd-44fc-a22c-64950a001209",
            62,
            "RpcAsyncInstallPrinterDriverFromPackage",
        ),  # MS-PAR section 3.1.4.4.6
        ("12345678-1234-abcd-ef00-0123456789ab", 89, "RpcAddPrinterDriverEx"),  # MS-RPRN section 3.1.4.4.8
        ("86d35949-83c9-4044-b424-db363231fd0c", 12, "SchRpcRun"),  # MS-TSCH section 3.2.5.4.13
        ("9556dc99-828c-11cf-a37e-00aa003240c7", 24, "ExecMethod"),  # MS-WMI section 3.1.4.3.22
        ("12345678-1234-abcd-ef00-01234567cffb", 30, "NetrServerPasswordSet2"),  # MS-NRPC section 3.5.4.4.5
        ("c681d488-d850-11d0-8c52-00c04fd90f7e", 0, "EfsRpcOpenFileRaw"),  # MS-EFSR section 3.1.4.2.1
        ("00000000-1111-2222-3333-444444444444", 1, "unknown-1"),
    ],
)
def test_names_of_operations(uuid: str, number: int, name: str) -> None:
    assert operation_name(uuid, number) == name
    assert interface_name(uuid).startswith("unknown-") == name.startswith("unknown-")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300), kind=st.sampled_from([0, 2, 3, 11, 12, 14, 16]))
def test_any_bytes(read: Any, wire: Any, data: bytes, kind: int) -> None:
    read(wire.pcap(wire.session([("c", unit(kind, 1, data)), ("s", unit(kind, 1, data, b"x"))], 135)))
