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
    assert (result.rows, result.ledger.unsupported) == ({}, len(block))
    assert result.reasons[0] == "1 packets of an interface that the file does not declare: not read; first is packet 1"


def test_other_blocks_are_known_and_counted(read: Any, wire: Any) -> None:
    names = wire.block(4, b"\0\0\0\0")
    data = (
        wire.section()
        + wire.interface()
        + names
        + wire.block(0x7777, b"abcd")
        + wire.block(0x7778, b"")
        + wire.enhanced(gram(wire, 0), 0)
    )
    result = read(data)
    assert (len(result.conn), result.ledger.unsupported) == (1, len(names) + 16 + 12)
    assert result.reasons == [
        "block type 0x4 (name resolution) is not read; 1 of them, this is the first",
        "block of a type that is not known here is not read; 2 of them, this is the first",
    ]


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
    assert result.rows == {}
    assert result.ledger.read + result.ledger.damaged == keep
    assert bool(result.problems) == (keep != 48)
