"""Checksums: good ones pass, every flipped bit is seen, fields of zero and offload are told apart from damage."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.network import checksums


def scapy_packets(data: bytes) -> dict[str, bytes]:
    """Packets whose checksums scapy works out."""
    from scapy.layers.inet import ICMP, IP, TCP, UDP
    from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6, IPv6ExtHdrDestOpt
    from scapy.layers.l2 import Ether
    from scapy.layers.vxlan import VXLAN
    from scapy.packet import Raw

    mac = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    four, six = mac / IP(src="192.0.2.1", dst="198.51.100.2"), mac / IPv6(src="2001:db8::1", dst="2001:db8::2")
    inside = IP(src="203.0.113.1", dst="203.0.113.2") / TCP(sport=5, dport=9) / Raw(data)
    made = {
        "tcp": four / TCP(sport=5, dport=9) / Raw(data),
        "udp": four / UDP(sport=5, dport=9) / Raw(data),
        "icmp": four / ICMP() / Raw(data),
        "tcp6": six / TCP(sport=5, dport=9) / Raw(data),
        "udp6": six / IPv6ExtHdrDestOpt() / UDP(sport=5, dport=9) / Raw(data),
        "icmp6": six / ICMPv6EchoRequest(data=data),
        "inside": four / UDP(sport=5, dport=4789) / VXLAN(vni=1, flags=8) / mac / inside,
        "options": mac
        / IP(src="192.0.2.1", dst="198.51.100.2", options=b"\x01\x01\x01\x01")
        / UDP(sport=5, dport=9)
        / Raw(data),
    }
    return {name: bytes(packet) for name, packet in made.items()}


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 100, 1399])
def test_right_ones_pass_and_wrong_ones_are_flagged(read: Any, wire: Any, size: int) -> None:
    made = scapy_packets((bytes(range(1, 252)) * 6)[:size])
    before = wire.udp(("192.0.2.8", 1, "192.0.2.9", 9), b"")
    right = wire.pcap_head()
    for packet in made.values():
        for lead in range(4):  # other packets before it, of every alignment
            right += wire.pcap_record(
                wire.udp(("192.0.2.8", 1, "192.0.2.9", 9), b"x" * ((lead - len(right) - 58) % 4)), wire.start
            )
            assert len(right) % 4 == lead
            right += wire.pcap_record(packet, wire.start)
    assert read(right).problems == []
    for name, packet in made.items():
        harmed = bytearray(packet)
        harmed[-1] ^= 0x10
        result = read(wire.pcap([before, bytes(harmed), before]))
        flags = {row["flags"] for row in result.conn} - {""}
        if name == "options":
            assert flags == set()  # behind options the destination may be another
        elif name == "inside":
            assert flags == {"tunnel,bad-transport-checksum", "bad-transport-checksum"}
        elif size or name not in ("icmp", "udp"):
            assert flags == {"bad-transport-checksum"}, name
            assert result.reasons == [
                "1 packets have a TCP, UDP or ICMP checksum that does not fit: read, flagged; first is packet 2"
            ]


def test_a_wrong_header_checksum(read: Any, wire: Any) -> None:
    packet = bytearray(scapy_packets(b"data")["udp"])
    packet[22] ^= 1  # time to live
    result = read(wire.pcap([bytes(packet)]))
    assert result.conn[0]["flags"] == "bad-ip-checksum"
    assert result.reasons == [
        "1 packets have an IPv4 header whose checksum does not fit: read, flagged; first is packet 1"
    ]


def test_what_the_network_card_was_to_complete(read: Any, wire: Any) -> None:
    """The field holds the sum of the pseudo header alone, as systems leave it for the card; or nothing at all."""
    packet = bytearray(scapy_packets(b"data!")["tcp"])
    words = (*struct.unpack(">4H", packet[26:34]), 6, len(packet) - 34)
    total = sum(words)
    total = (total & 0xFFFF) + (total >> 16)
    packet[50:52] = struct.pack(">H", total)
    result = read(wire.pcap([bytes(packet)]))
    assert result.conn[0]["flags"] == ""
    assert result.reasons == [
        "1 packets were captured before the sender's network card completed their checksum: read; first is packet 1"
    ]
    packet[50:52] = b"\0\0"
    result = read(wire.pcap([bytes(packet)]))
    assert (result.conn[0]["flags"], result.problems) == ("", [])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(min_size=8, max_size=70), min_size=1, max_size=12), st.integers(0, 7), st.integers(16, 3000))
def test_sums_are_those_of_a_plain_loop(packets: list[bytes], lead: int, between: int) -> None:
    """Packets of any size and place, near one another or far apart."""
    data, begin, end = b"\xa5" * lead, [], []
    for packet in packets:
        begin.append(len(data))
        data += packet
        end.append(len(data))
        data += b"\x5a" * between
    data = data[: end[-1] + between % 9]
    buffer = np.frombuffer(data, np.uint8)
    total, known = checksums._sums(buffer, np.array(begin), np.array(end))
    assert known.all()
    for packet, found in zip(packets, total.tolist(), strict=True):
        padded = packet + b"\0" * (len(packet) % 2)
        assert found == sum(struct.unpack(f">{len(padded) // 2}H", padded)) % 65_535
