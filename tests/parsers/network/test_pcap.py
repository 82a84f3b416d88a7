"""pcap files: every form of header, and what happens where records are damaged."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import Any

import dpkt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.network import pcap, tally

UDP_ENDS = ("192.0.2.10", 40000, "198.51.100.20", 9)


def grams(wire: Any, count: int, size: int = 20) -> list[bytes]:
    """Distinct UDP flows, one packet each, to a port that no protocol claims."""
    return [wire.udp((wire.client, 40000 + at, wire.server, 9), bytes([at % 256]) * size) for at in range(count)]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("magic", "unit"), [(0xA1B2C3D4, 1000), (0xA1B23C4D, 1)])
def test_byte_orders_and_fractions(read: Any, wire: Any, order: str, magic: int, unit: int) -> None:
    packet = wire.udp(UDP_ENDS, b"x")
    result = read(wire.pcap_head(order, magic) + wire.pcap_record(packet, wire.start, 123_456, order))
    (row,) = result.conn
    assert row["time"].value == wire.start * 10**9 + 123_456 * unit
    assert (row["record"], row["offset"], row["length"]) == (1, 24, 16 + len(packet))
    assert result.row_bytes(row)[16:] == packet
    assert result.problems == []


def test_modified_records_have_24_bytes_of_header(read: Any, wire: Any) -> None:
    packet = wire.udp(UDP_ENDS, b"x")
    record = (
        struct.pack("<IIII", wire.start, 5, len(packet), len(packet))
        + struct.pack("<IHBB", 3, 0x0800, 0, 0)  # interface index, protocol, packet type, padding
        + packet
    )
    result = read(wire.pcap_head(magic=0xA1B2CD34) + record * 2)
    (row,) = result.conn
    assert (row["orig_pkts"], row["length"], result.problems) == (2, 24 + len(packet), [])


def test_upper_half_of_the_link_field_is_not_the_link_type(read: Any, wire: Any) -> None:
    packet = wire.udp(UDP_ENDS, b"x")
    result = read(wire.pcap_head(link=1 | 0x44000000) + wire.pcap_record(packet, wire.start))  # 4 bytes of frame check
    assert len(result.conn) == 1


def test_a_bad_header_costs_its_record_and_no_more(read: Any, wire: Any) -> None:
    packets = grams(wire, 50)
    data = bytearray(wire.pcap(packets))
    record = 16 + len(packets[0])
    bad = 24 + 20 * record
    data[bad + 8 : bad + 12] = b"\xff\xff\xff\xff"  # captured length
    result = read(bytes(data))
    assert len(result.conn) == 49
    (problem,) = result.problems
    assert (problem.offset, problem.length, result.ledger.damaged) == (bad, record, record)
    assert "captured 4294967295" in problem.reason


def test_a_stretch_of_zeros_is_damage_and_not_many_empty_packets(read: Any, wire: Any) -> None:
    packets = grams(wire, 30)
    data = bytearray(wire.pcap(packets))
    record = 16 + len(packets[0])
    begin, stop = 24 + 10 * record, 24 + 15 * record
    data[begin:stop] = bytes(stop - begin)
    result = read(bytes(data))
    assert len(result.conn) == 25
    assert result.ledger.damaged == stop - begin


def test_nothing_but_zeros_is_one_damaged_place(read: Any, wire: Any) -> None:
    result = read(wire.pcap_head() + bytes(3_000_000))
    assert (result.rows, result.ledger.damaged, len(result.problems)) == ({}, 3_000_000, 1)


def test_zeros_between_all_records_are_found_in_one_pass(read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "GAP_PROBLEMS", 100)
    three = b"".join(wire.pcap_record(packet, wire.start) for packet in grams(wire, 3))
    result = read(wire.pcap_head() + (three + bytes(16)) * 300)
    assert result.ledger.damaged == 300 * 16
    assert sum(row["orig_pkts"] for row in result.conn) == 900
    assert len(result.problems) == 101
    assert result.reasons[-1].startswith("200 further damaged places from here on, 3200 bytes in all")


def test_a_length_that_swallows_its_neighbours_is_found_out(read: Any, wire: Any) -> None:
    packets = grams(wire, 30)
    data = bytearray(wire.pcap(packets))
    record = 16 + len(packets[0])
    bad = 24 + 10 * record
    struct.pack_into(
        "<I", data, bad + 8, 3 * record + 7
    )  # captured: beyond the next three packets, and beyond original
    result = read(bytes(data))
    assert len(result.conn) == 29
    assert [(p.offset, p.length) for p in result.problems] == [(bad, record)]


def test_a_file_cut_inside_a_packet(read: Any, wire: Any) -> None:
    data = wire.pcap([wire.udp(UDP_ENDS, b"a" * 40), wire.udp((wire.client, 40001, wire.server, 9), b"b" * 40)])
    result = read(data[:-10])
    whole, cut = result.conn
    assert (whole["flags"], cut["flags"]) == ("", "truncated,snapped")
    assert cut["offset"] + cut["length"] == len(data) - 10
    (problem,) = result.problems
    assert problem.reason == "1 packet is cut by the end of the file: read as far as it goes; first is packet 2"


def test_a_file_cut_inside_a_record_header(read: Any, wire: Any) -> None:
    data = wire.pcap(grams(wire, 2))
    result = read(data + b"\x01\x02\x03")
    assert len(result.conn) == 2
    assert [(p.offset, p.length) for p in result.problems] == [(len(data), 3)]
    assert result.ledger.damaged == 3


@pytest.mark.parametrize("size", [4, 10, 23])
def test_a_file_cut_inside_its_header(read: Any, wire: Any, size: int) -> None:
    result = read(wire.pcap_head()[:size])
    assert (result.rows, result.ledger.damaged, len(result.problems)) == ({}, size, 1)


def test_more_captured_than_on_the_wire_is_flagged(read: Any, wire: Any) -> None:
    packet = wire.udp(UDP_ENDS, b"x" * 30)
    result = read(wire.pcap_head() + wire.pcap_record(packet, wire.start, wire=20) * 12)
    (row,) = result.conn
    assert (row["orig_pkts"], row["flags"]) == (12, "caplen-exceeds-original")
    assert result.reasons == [
        "12 packets hold more bytes than they say were on the wire: read, flagged; first is packet 1"
    ]


def test_time_is_utc_of_the_first_packet(read: Any, wire: Any) -> None:
    (row,) = read(wire.pcap([wire.udp(UDP_ENDS, b"x")])).conn
    assert row["time"].to_pydatetime() == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (row["time_desc"], row["time_quality"]) == ("First packet", "utc")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=80), max_size=30), st.sampled_from("<>"), st.integers(0, 999_999))
def test_walk_agrees_with_dpkt(payloads: list[bytes], order: str, fraction: int) -> None:
    import io

    head = struct.pack(order + "IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    # Seconds above 0: an all-zero header is damage to us, and a packet to dpkt.
    records = [struct.pack(order + "IIII", 7 + at, fraction, len(p), len(p)) + p for at, p in enumerate(payloads)]
    data = head + b"".join(records)
    view = memoryview(data)
    walked = pcap.walk(view, np.frombuffer(view, np.uint8))
    found = [data[s : s + n] for s, n in zip(walked.packets.data, walked.packets.caplen, strict=True)]
    expected = list(dpkt.pcap.Reader(io.BytesIO(data)))
    assert found == [bytes(packet) for _, packet in expected]
    assert walked.packets.time.tolist() == [round(when * 10**6) * 1000 for when, _ in expected]


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_after_the_header_are_all_accounted_for(tail: bytes) -> None:
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + tail
    view = memoryview(data)
    walked = pcap.walk(view, np.frombuffer(view, np.uint8))
    spans = [(g.offset, g.length) for g in walked.gaps]
    spans += list(zip(walked.packets.record.tolist(), walked.packets.size.tolist(), strict=True))
    reach = 0
    for offset, length in sorted(spans):
        assert offset == reach
        reach += length
    assert reach == len(data)


def test_time_that_goes_backwards_is_flagged_and_sorted(read: Any, wire: Any) -> None:
    one, two = wire.udp(UDP_ENDS, b"x"), wire.udp((wire.client, 40001, wire.server, 9), b"y")
    records = [(one, 5), (two, 6), (one, 4), (two, 7)]
    result = read(
        wire.pcap_head() + b"".join(wire.pcap_record(packet, wire.start + second) for packet, second in records)
    )
    first, second = sorted(result.conn, key=lambda row: row["id_orig_p"])
    assert (first["flags"], first["packet_first"], first["duration"]) == ("time-backwards", 3, 10**9)
    assert second["flags"] == ""
    assert result.reasons == [
        "1 packets are earlier than the one before them: read in order of time, flagged; first is packet 3"
    ]
