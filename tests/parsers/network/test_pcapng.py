"""pcapng files: sections, interfaces, clocks, all packet blocks, and damage."""

from __future__ import annotations

import struct
from typing import Any

import pytest

NS = 10**9


def gram(wire: Any, at: int) -> bytes:
    packet: bytes = wire.udp((wire.client, 40000 + at, wire.server, 9), b"payload")
    return packet


@pytest.mark.parametrize("order", ["<", ">"])
def test_byte_orders(read: Any, wire: Any, order: str) -> None:
    data = (
        wire.section(order)
        + wire.interface(order=order)
        + wire.enhanced(gram(wire, 0), wire.start * 10**6 + 7, 0, order)
    )
    result = read(data)
    (row,) = result.conn
    assert row["time"].value == wire.start * NS + 7000
    assert (row["offset"], row["length"]) == (28 + 20, len(data) - 48)  # after section and interface blocks
    assert (result.problems, result.ledger.read) == ([], len(data))


@pytest.mark.parametrize(
    ("resolution", "ticks", "expected"),
    [
        (3, 1_767_323_045_123, 1_767_323_045_123_000_000),  # milliseconds
        (9, 1_767_323_045_123_456_789, 1_767_323_045_123_456_789),  # nanoseconds
        (12, 5_123_456_789_999, 5_123_456_789),  # picoseconds: the rest below a nanosecond is cut
        (0x80 | 10, 2048 + 512, 2_500_000_000),  # 2^-10 s
        (0x80 | 40, (3 << 40) + (1 << 39), 3_500_000_000),  # 2^-40 s
    ],
)
def test_clock_resolutions(read: Any, wire: Any, resolution: int, ticks: int, expected: int) -> None:
    interface = wire.interface(options=[(9, bytes([resolution]))])
    (row,) = read(wire.section() + interface + wire.enhanced(gram(wire, 0), ticks)).conn
    assert row["time"].value == expected


def test_clock_offset(read: Any, wire: Any) -> None:
    interface = wire.interface(options=[(14, struct.pack("<q", wire.start))])
    (row,) = read(wire.section() + interface + wire.enhanced(gram(wire, 0), 5_000_001)).conn
    assert row["time"].value == wire.start * NS + 5_000_001_000


def test_a_clock_beyond_the_calendar_gives_no_time_and_a_problem(read: Any, wire: Any) -> None:
    interface = wire.interface(options=[(9, b"\0")])  # whole seconds
    result = read(wire.section() + interface + wire.enhanced(gram(wire, 0), 2**63))
    (row,) = result.conn
    assert "time" not in row
    assert row["time_quality"] == "unknown"
    assert result.reasons == ["1 packets have no usable time: rows that begin with them have none; first is packet 1"]


def test_simple_and_obsolete_packet_blocks_in_file_order(read: Any, wire: Any) -> None:
    simple = wire.block(3, struct.pack("<I", len(gram(wire, 0))) + gram(wire, 0))
    ticks = wire.start * 10**6
    # interface, drops, time high, time low, captured, original
    head = struct.pack("<HHIIII", 0, 9, ticks >> 32, ticks & 0xFFFFFFFF, len(gram(wire, 1)), len(gram(wire, 1)))
    obsolete = wire.block(2, head + gram(wire, 1))
    result = read(wire.section() + wire.interface() + simple + obsolete + wire.enhanced(gram(wire, 2), ticks + 1))
    assert [(row["record"], row["id_orig_p"], "time" in row) for row in result.conn] == [
        (1, 40000, False),
        (2, 40001, True),
        (3, 40002, True),
    ]


def test_sections_and_interfaces_keep_to_themselves(read: Any, wire: Any) -> None:
    raw = wire.ip(wire.client, wire.server, 17, struct.pack(">HHHH", 1, 9, 8, 0))
    first = wire.section("<") + wire.interface(1) + wire.interface(101) + wire.enhanced(raw, 10**6, 1)
    second = wire.section(">") + wire.interface(1, ">") + wire.enhanced(gram(wire, 0), 2 * 10**6, 0, ">")
    assert [row["time"].value for row in read(first + second).conn] == [NS, 2 * NS]


def test_an_undeclared_interface_is_a_problem(read: Any, wire: Any) -> None:
    block = wire.enhanced(gram(wire, 0), 0, interface=4)
    result = read(wire.section() + wire.interface() + block)
    assert (result.conn, result.ledger.unsupported) == ([], len(block))
    assert result.reasons[0] == "1 packets of an interface that the file does not declare: not read; first is packet 1"


def told(result: Any, kind: str) -> list[dict[str, Any]]:
    return [row for row in result.capture if row["event"] == f"capture.{kind}"]


def option(order: str, code: int, value: bytes) -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def test_other_blocks_are_known_and_counted(read: Any, wire: Any) -> None:
    journal = wire.block(9, b"A=1\n")
    data = (
        wire.section() + wire.interface() + journal + wire.block(0x7777, b"abcd") + wire.block(0x7778, b"")
        + wire.enhanced(gram(wire, 0), 0)
    )  # fmt: skip
    result = read(data)
    assert (len(result.conn), result.ledger.unsupported) == (1, len(journal) + 16 + 12)
    assert result.reasons == [
        "block type 0x9 (journal export) is not read; 1 of them, this is the first",
        "block of a type that is not known here is not read; 2 of them, this is the first",
    ]


@pytest.mark.parametrize("order", ["<", ">"])
def test_what_the_file_says_of_itself(read: Any, wire: Any, order: str) -> None:
    """Every block and option, in both byte orders."""
    section = wire.block(
        0x0A0D0D0A,
        struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)
        + option(order, 1, b"made in the lab") + option(order, 3, b"TestOS 1") + option(order, 4, b"writer 2") + bytes(4),
        order,
    )  # fmt: skip
    interface = wire.interface(
        1,
        order,
        options=[(2, b"eth7"), (3, "réseau".encode()), (4, bytes([192, 0, 2, 1, 255, 255, 255, 0])),
                 (6, b"\2\0\0\0\0\7"), (11, b"\0port 53"), (9, b"\x09")],
    )  # fmt: skip
    ticks = wire.start * NS + 5
    packet = gram(wire, 0)
    head = struct.pack(order + "IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF, len(packet), len(packet))
    padded = packet + b"\0" * (-len(packet) % 4)
    flags = option(order, 2, b"\0\0\0\1")
    commented = wire.block(
        6, head + padded + flags + option(order, 1, b"look here") + option(order, 1, b"and here") + bytes(4), order
    )
    entry = b"\xc0\0\x02\x09" + b"www.example.com\0mail.example.com\0"
    names = wire.block(
        4, option(order, 1, entry) + option(order, 2, bytes(15) + b"\1" + b"v6.example\0") + bytes(4), order
    )
    counts = b"".join(option(order, code, struct.pack(order + "Q", code * 10)) for code in (4, 5, 7))
    statistics = wire.block(
        5, struct.pack(order + "III", 0, ticks >> 32, ticks & 0xFFFFFFFF) + counts + bytes(4), order
    )
    secrets = wire.block(10, struct.pack(order + "II", 0x544C534B, 9) + b"TOPSECRET", order)
    custom = wire.block(0xBAD, struct.pack(order + "I", 32473) + b"whatever", order)
    result = read(section + interface + commented + names + statistics + secrets + custom)
    (row,) = told(result, "section")
    assert (row["section"], row["version"], row["os"], row["application"], row["comment"]) == (
        1, "1.0", "TestOS 1", "writer 2", "made in the lab",
    )  # fmt: skip
    (row,) = told(result, "interface")
    assert (row["interface"], row["name"], row["description"], row["address"], row["mac"], row["filter"]) == (
        0, "eth7", "réseau", "192.0.2.1", "02:00:00:00:00:07", "port 53",
    )  # fmt: skip
    comments = told(result, "comment")
    assert [(row["comment"], row["packet_first"], row["time"].value) for row in comments] == [
        ("look here", 1, ticks),
        ("and here", 1, ticks),
    ]
    assert result.row_bytes(comments[0]) == commented
    assert [(row["address"], row["name"]) for row in told(result, "name")] == [
        ("192.0.2.9", "www.example.com,mail.example.com"),
        ("::1", "v6.example"),
    ]
    (row,) = told(result, "statistics")
    assert (row["received"], row["dropped"], row["os_dropped"], row["time"].value) == (40, 50, 70, ticks)
    (row,) = told(result, "secrets")
    assert (row["name"], row["size"]) == ("TLS key log", 9)
    assert "TOPSECRET" not in str(result.rows)
    (row,) = told(result, "custom")
    assert (row["enterprise"], row["size"]) == (32473, 8)
    assert result.ledger.unsupported == len(secrets) + len(custom)
    assert result.reasons == [
        "block type 0xa (decryption secrets) is noted; what it holds is not read; 1 of them, this is the first",
        "block type 0xbad (custom) is noted; what it holds is not read; 1 of them, this is the first",
    ]


def test_damaged_options_and_records_are_read_as_far_as_they_go(read: Any, wire: Any) -> None:
    packet = gram(wire, 0)
    head = struct.pack("<IIIII", 0, 0, 9, len(packet), len(packet)) + packet + b"\0" * (-len(packet) % 4)
    broken = [
        wire.block(6, head + option("<", 1, b"good") + struct.pack("<HH", 1, 60_000) + b"beyond the block"),
        wire.block(4, option("<", 1, b"\xc0\0\x02\x09name\0") + struct.pack("<HH", 1, 60_000) + b"ab"),
        wire.block(4, b""), wire.block(5, b"\0\0\0\0"), wire.block(10, b""), wire.block(0xBAD, b""),
        wire.block(5, struct.pack("<III", 77, 0, 9) + option("<", 4, b"short")),  # an interface that is not declared
    ]  # fmt: skip
    result = read(wire.section() + wire.interface() + b"".join(broken))
    assert [row["comment"] for row in told(result, "comment")] == ["good"]
    assert [row["name"] for row in told(result, "name")] == ["name"]
    assert ["time" in row for row in told(result, "statistics")] == [False]
    assert result.ledger.damaged == 0


def test_more_remarks_than_are_listed_are_counted(read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from parsers.network import told as module

    monkeypatch.setattr(module, "REMARKS", 5)
    result = read(wire.section() + wire.interface() + wire.block(4, option("<", 1, b"\xc0\0\x02\x09n\0")) * 9)
    assert len(result.capture) == 5
    assert result.reasons == ["6 more comments, names and interfaces than are listed stand in the file: not listed"]


def test_a_broken_block_costs_itself_and_no_more(read: Any, wire: Any) -> None:
    blocks = [wire.enhanced(gram(wire, at), at) for at in range(20)]
    head = wire.section() + wire.interface()
    data = bytearray(head + b"".join(blocks))
    bad = len(head) + 5 * len(blocks[0])
    data[bad + 4] ^= 0xFF  # total length, lowest byte
    result = read(bytes(data))
    assert len(result.conn) == 19
    (problem,) = result.problems
    assert (problem.offset, problem.length) == (bad, len(blocks[0]))


def test_a_file_cut_inside_a_packet_block(read: Any, wire: Any) -> None:
    data = wire.section() + wire.interface() + wire.enhanced(gram(wire, 0), 5) + wire.enhanced(gram(wire, 1), 6)
    result = read(data[:-9])
    assert [row["flags"] for row in result.conn] == ["", "truncated,snapped"]
    assert result.ledger.read == len(data) - 9


@pytest.mark.parametrize("keep", [4, 12, 20, 30, 47, 48])
def test_short_files(read: Any, wire: Any, keep: int) -> None:
    data = (wire.section() + wire.interface())[:keep]
    result = read(data)
    assert set(result.rows) <= {"net/capture"}
    assert result.ledger.read + result.ledger.damaged == keep
    assert bool(result.problems) == (keep != 48)
