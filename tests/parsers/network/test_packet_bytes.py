"""A packet in words, by scapy."""

from __future__ import annotations

from typing import Any

import pytest

from parsers.network.packet_bytes import describe


def test_layers_of_a_row(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session([("c", b"GET / HTTP/1.1\r\n\r\n")])))
    row = result.http[0]
    lines = describe(memoryview(result.data), row["offset"], row["length"])
    assert lines[0] == "packet record: 2026-01-02T03:04:05.000003000Z, 72 of 72 bytes captured, link type 1"
    assert [line.split(":")[0] for line in lines[1:]] == ["Ethernet", "IP", "TCP", "Raw"]
    assert f"src={wire.client}" in lines[2]
    assert "18 bytes 'GET / HTTP/1.1....'" in lines[4]


def test_a_block_of_a_pcapng_file(read: Any, wire: Any) -> None:
    query = b"\x00\x01\x01\x00\x00\x01" + bytes(6) + b"\x03www\x07example\x03com\x00\x00\x01\x00\x01"
    packet = wire.udp((wire.client, 40000, wire.server, 53), query)
    result = read(wire.section() + wire.interface() + wire.enhanced(packet, 10**6))
    row = result.dns[0]
    lines = describe(memoryview(result.data), row["offset"], row["length"])
    assert lines[0].startswith("packet record: 1970-01-01T00:00:01.000000000Z")
    assert "www.example.com" in lines[-1]


def test_a_place_that_is_no_record(wire: Any) -> None:
    data = memoryview(wire.pcap(wire.session([])))
    with pytest.raises(ValueError, match="no packet record of 70 bytes begins at byte 25"):
        describe(data, 25, 70)


def test_a_link_type_that_scapy_does_not_know(wire: Any) -> None:
    data = wire.pcap([b"abc"], link=9999)
    assert describe(memoryview(data), 24, 19)[1] == "scapy knows no link type 9999: 61 62 63"
