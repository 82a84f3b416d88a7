"""Modbus messages by hand (examples of the MODBUS Application Protocol, section 6), by scapy, and against tshark."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def framed(number: int, pdu: str, unit: int = 1) -> bytes:
    """Transaction, protocol 0, length, unit; then function and data in hex."""
    data = bytes.fromhex(pdu)
    return struct.pack(">HHHB", number, 0, 1 + len(data), unit) + data


# Section: request, response, what they say. Values in hex as the standard prints them.
EXAMPLES = [
    ("6.1", "01 0013 0013", "01 03 cd6b05", "READ_COILS", 19, 19, None, "1,0,1,1,0,0,1,1,1,1,0,1,0,1,1,0,1,0,1"),
    ("6.3", "03 006b 0003", "03 06 022b00000064", "READ_HOLDING_REGISTERS", 107, 3, None, "555,0,100"),
    ("6.5", "05 00ac ff00", "05 00ac ff00", "WRITE_SINGLE_COIL", 172, 1, "1", "1"),
    ("6.6", "06 0001 0003", "06 0001 0003", "WRITE_SINGLE_REGISTER", 1, 1, "3", "3"),
    ("6.11", "0f 0013 000a 02 cd01", "0f 0013 000a", "WRITE_MULTIPLE_COILS", 19, 10, "1,0,1,1,0,0,1,1,1,0", None),
    ("6.12", "10 0001 0002 04 000a0102", "10 0001 0002", "WRITE_MULTIPLE_REGISTERS", 1, 2, "10,258", None),
    ("6.16", "16 0004 00f2 0025", "16 0004 00f2 0025", "MASK_WRITE_REGISTER", 4, 1, "242,37", "242,37"),
    (
        "6.17",
        "17 0003 0006 000e 0003 06 00ff00ff00ff",
        "17 0c 00fe0acd00010003000d00ff",
        "READ_WRITE_MULTIPLE_REGISTERS",
        14,
        3,
        "255,255,255",
        "254,2765,1,3,13,255",
    ),
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example[0])
def test_examples_of_the_standard(read: Any, wire: Any, example: tuple[Any, ...]) -> None:
    _, request, response, function, address, quantity, written, seen = example
    sent = [("c", framed(21, request)), ("s", framed(21, response))]
    result = read(wire.pcap(wire.session(sent, port=502)))
    assert [
        (r["func"], r["pdu_type"], r["tid"], r["unit"], r["address"], r["quantity"], r.get("values"))
        for r in result.modbus
    ] == [
        (function, "REQ", 21, 1, address, quantity, written),
        (function, "RESP", 21, 1, address, quantity, seen),
    ]
    assert [row["event"] for row in result.modbus] == ["modbus.request", "modbus.response"]
    assert result.conn[0]["service"] == "modbus"


def test_exceptions_and_unknown_functions(read: Any, wire: Any) -> None:
    sent = [
        ("c", framed(1, "01 04a1 0001")),
        ("s", framed(1, "81 02")),
        ("c", framed(2, "64")),
        ("s", framed(2, "e4 01")),
    ]
    rows = read(wire.pcap(wire.session(sent, port=502))).modbus
    assert [(r["func"], r.get("exception"), r.get("outcome")) for r in rows] == [
        ("READ_COILS", None, None),
        ("READ_COILS_EXCEPTION", "ILLEGAL_DATA_ADDRESS", "failure"),
        ("unknown-100", None, None),
        ("unknown-228", "ILLEGAL_FUNCTION", "failure"),
    ]
    assert rows[1]["address"] == 0x04A1  # of its request


def test_pipelined_in_segments_of_one_byte(read: Any, wire: Any) -> None:
    asked = b"".join(framed(n, f"03 00{n:02x} 0001") for n in (1, 2, 3))
    said = b"".join(framed(n, f"03 02 00{n:02x}") for n in (3, 1, 2))
    sent = [("c", asked[at : at + 1]) for at in range(len(asked))] + [("s", said)]
    rows = read(wire.pcap(wire.session(sent, port=502))).modbus
    assert [(r["tid"], r["address"], r["values"]) for r in rows if r["pdu_type"] == "RESP"] == [
        (3, 3, "3"),
        (1, 1, "1"),
        (2, 2, "2"),
    ]


def test_a_master_that_numbers_nothing_and_gets_no_answer_once(read: Any, wire: Any) -> None:
    sent = [("c", framed(0, "03 0001 0001")), ("c", framed(0, "03 0009 0001")), ("s", framed(0, "03 02 0005"))]
    rows = read(wire.pcap(wire.session(sent, port=502))).modbus
    assert (rows[2]["address"], rows[2]["values"]) == (9, "5")


def test_any_port_if_every_byte_fits(read: Any, wire: Any) -> None:
    sent = [("c", framed(1, "03 0001 0001")), ("s", framed(1, "03 02 0005"))]
    assert len(read(wire.pcap(wire.session(sent, port=5020))).modbus) == 2
    other = [("c", framed(1, "03 0001 0001") + b"\0"), ("s", framed(1, "03 02 0005"))]
    assert read(wire.pcap(wire.session(other, port=5020))).modbus == []


def test_a_gap_loses_only_what_it_holds(read: Any, wire: Any) -> None:
    sent = [("c", framed(n, f"03 00{n:02x} 0001")) for n in range(1, 6)]
    packets = wire.session(sent, port=502)
    del packets[5]  # the third request
    result = read(wire.pcap(packets))
    assert [row["tid"] for row in result.modbus] == [1, 2, 4, 5]
    assert [row["name"] for row in result.weird] == ["truncated_modbus"]


def test_more_messages_than_are_read_are_told(read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parsers.network.protocols.modbus.MESSAGES", 3)
    sent = [("c", framed(n, f"03 00{n:02x} 0001")) for n in range(1, 6)]
    result = read(wire.pcap(wire.session(sent, port=502)))
    assert [row["tid"] for row in result.modbus] == [1, 2, 3]
    assert [row["name"] for row in result.weird] == ["modbus_too_many_messages"]


def test_damaged_and_cut(read: Any, wire: Any) -> None:
    good = ("c", framed(1, "03 0001 0001"))
    result = read(wire.pcap(wire.session([good, ("c", b"\x00\x02\x00\x07" + bytes(20))], port=502)))
    assert [row["tid"] for row in result.modbus] == [1]
    assert [row["name"] for row in result.weird] == ["modbus_bad_header"]
    (cut,) = read(wire.pcap(wire.session([("c", framed(1, "10 0001 00"))], port=502))).modbus
    assert (cut["func"], cut["flags"]) == ("WRITE_MULTIPLE_REGISTERS", "truncated")
    chance = random.Random(2)
    whole = framed(1, "10 0001 0002 04 000a0102")
    for size in range(1, len(whole)):
        spoilt = bytearray(whole)
        spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        damaged = read(wire.pcap(wire.session([good, ("c", bytes(spoilt)), ("c", whole[:size])], port=502)))
        assert damaged.modbus[0]["address"] == 1


def test_shuffled_packets_give_the_same_rows(read: Any, wire: Any) -> None:
    sent = [item for n in range(4) for item in (("c", framed(n, "03 0001 0001")), ("s", framed(n, f"03 02 00{n:02x}")))]
    records = [wire.pcap_record(p, wire.start + at) for at, p in enumerate(wire.session(sent, port=502))]
    straight = read(wire.pcap_head() + b"".join(records)).modbus
    random.Random(1).shuffle(records)
    shuffled = read(wire.pcap_head() + b"".join(records)).modbus
    told = [sorted((r["tid"], r["pdu_type"], r.get("values", "")) for r in rows) for rows in (straight, shuffled)]
    assert told[0] == told[1] != []


def test_messages_that_scapy_writes(read: Any, wire: Any) -> None:
    from scapy.contrib.modbus import ModbusADURequest, ModbusPDU06WriteSingleRegisterRequest

    body = ModbusPDU06WriteSingleRegisterRequest(registerAddr=40, registerValue=77)
    raw = bytes(ModbusADURequest(transId=5, unitId=9) / body)
    (row,) = read(wire.pcap(wire.session([("c", raw)], port=502))).modbus
    assert (row["tid"], row["unit"], row["func"], row["address"], row["values"]) == (
        5,
        9,
        "WRITE_SINGLE_REGISTER",
        40,
        "77",
    )


@pytest.mark.evidence
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_a_real_capture_as_tshark_reads_it(captures: list[Path], read_file: Callable[[Path], Any]) -> None:
    (path,) = [path for path in captures if path.name.startswith("modbus__modbus")]
    command = ["tshark", "-n", "-r", str(path), "-Y", "mbtcp", "-T", "fields", "-E", "occurrence=f"]
    for field in ("frame.number", "mbtcp.trans_id", "mbtcp.unit_id", "modbus.exception_code"):
        command += ["-e", field]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    theirs = [tuple(line.split("\t")[:3]) for line in lines]
    rows = read_file(path).modbus
    assert [(str(r["packet_last"]), str(r["tid"]), str(r["unit"])) for r in rows] == theirs
    assert sum("exception" in row for row in rows) == sum(bool(line.split("\t")[3]) for line in lines)
