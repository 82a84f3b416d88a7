"""Header decode: link layers, tags, extension headers, malformed and foreign packets, each with its fate in the ledger."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parsers.network import packets as decoder
from parsers.network.records import Packets

UDP = struct.pack(">HHHH", 40000, 9, 12, 0) + b"data"  # ports, length, checksum


def one(read: Any, data: bytes) -> dict[str, Any]:
    (row,) = read(data).conn
    found: dict[str, Any] = row
    return found


@pytest.mark.parametrize(
    ("link", "head"),
    [
        (101, b""),  # raw IP
        (12, b""),  # raw IP, BSD's number
        (228, b""),  # IPv4
        (0, b"\x02\0\0\0"),  # loopback, little-endian address family
        (0, b"\0\0\0\x02"),  # loopback, big-endian
        (108, b"\0\0\0\x02"),  # OpenBSD loopback, always big-endian
        (113, b"\0\0\0\x01\0\x06" + bytes(8) + b"\x08\x00"),  # Linux cooked: type, ARPHRD, address, ethertype
        (276, b"\x08\x00\0\0" + bytes(16)),  # Linux cooked v2: ethertype first
    ],
)
def test_link_layers(read: Any, wire: Any, link: int, head: bytes) -> None:
    row = one(read, wire.pcap([head + wire.ip(wire.client, wire.server, 17, UDP)], link))
    assert (row["src_ip"], row["src_port"], row["dst_ip"], row["dst_port"]) == (wire.client, 40000, wire.server, 9)


def test_outer_vlan_is_kept(read: Any, wire: Any) -> None:
    packet = wire.ethernet(
        wire.ip(wire.client, wire.server, 17, UDP), tags=[(0x88A8, 0x0FFF & 300), (0x8100, 0x2000 | 7)]
    )
    row = one(read, wire.pcap([packet]))
    assert (row["vlan"], row["orig_bytes"]) == (300, 4)


def test_ipv6_extension_headers(read: Any, wire: Any) -> None:
    chain = (
        b"\x2b\x00" + bytes(6)  # hop-by-hop, next: routing
        + b"\x33\x00" + bytes(6)  # routing, next: authentication header
        + b"\x3c\x04" + bytes(22)  # authentication, (4 + 2) * 4 = 24 bytes, next: destination options
        + b"\x11\x01" + bytes(14)  # destination options, (1 + 1) * 8 bytes, next: UDP
    )  # fmt: skip
    packet = wire.ethernet(wire.ip("2001:db8::1", "2001:db8::2", 0, chain + UDP), 0x86DD)
    row = one(read, wire.pcap([packet]))
    assert (row["id_orig_h"], row["id_resp_p"], row["proto"], row["orig_bytes"]) == ("2001:db8::1", 9, "udp", 4)


def test_headers_beyond_the_first_window(read: Any, wire: Any) -> None:
    chain = b"\x3c\x1f" + bytes(254) + b"\x11\x00" + bytes(6)  # two destination options, the first of 256 bytes
    packet = wire.ethernet(wire.ip("2001:db8::1", "2001:db8::2", 60, chain + UDP), 0x86DD)
    assert one(read, wire.pcap([packet]))["id_orig_p"] == 40000


def test_ethernet_padding_is_no_payload(read: Any, wire: Any) -> None:
    packet = wire.ethernet(wire.ip(wire.client, wire.server, 17, UDP)) + bytes(14)  # up to the minimum frame
    row = one(read, wire.pcap([packet]))
    assert (row["orig_bytes"], row["orig_ip_bytes"]) == (4, 32)


def test_total_length_0_of_segmentation_offload(read: Any, wire: Any) -> None:
    packet = bytearray(
        wire.ethernet(wire.ip(wire.client, wire.server, 6, wire.tcp_segment(40000, 9, 1, 0x18, b"x" * 3000)))
    )
    packet[16:18] = b"\0\0"  # IPv4 total length
    assert one(read, wire.pcap([bytes(packet)]))["orig_bytes"] == 3000


def test_icmp_echo_and_its_reply_are_one_flow(read: Any, wire: Any) -> None:
    there = wire.ethernet(wire.ip(wire.client, wire.server, 1, b"\x08\x00\0\0\x12\x34\0\x01ping"))  # type 8, code 0
    back = wire.ethernet(wire.ip(wire.server, wire.client, 1, b"\x00\x00\0\0\x12\x34\0\x01ping"))
    row = one(read, wire.pcap([there, back]))
    assert (row["proto"], row["id_orig_p"], row["id_resp_p"], row["orig_bytes"], row["resp_bytes"]) == (
        "icmp",
        8,
        0,
        4,
        4,
    )
    assert "src_port" not in row


def test_other_protocols_are_followed_by_their_number(read: Any, wire: Any) -> None:
    row = one(read, wire.pcap([wire.ethernet(wire.ip(wire.client, wire.server, 50, b"\0" * 24))]))  # ESP
    assert (row["proto"], row["ip_proto"], row["orig_bytes"]) == ("unknown_transport", 50, 24)


@pytest.mark.parametrize(
    ("packet", "fate", "reason"),
    [
        (b"\2" * 12 + b"\x88\xcc" + bytes(28), "unsupported", "ethertype 0x88cc (LLDP) carry no IP"),
        (b"\2" * 12 + b"\x00\x26" + bytes(38), "unsupported", "IEEE 802.2 LLC headers carry no IP"),
        (b"\2" * 9, "unsupported", "headers end beyond the captured bytes"),
        (b"\2" * 12 + b"\x08\x00\x65" + bytes(30), "damaged", "malformed IPv4 header"),  # version 6 under IPv4's type
        (b"\2" * 12 + b"\x08\x00\x44" + bytes(30), "damaged", "malformed IPv4 header"),  # header of 16 bytes
        (b"\2" * 12 + b"\x86\xdd\x45" + bytes(50), "damaged", "malformed IPv6 header"),
    ],
)
def test_what_is_not_decoded_is_told_and_counted(read: Any, wire: Any, packet: bytes, fate: str, reason: str) -> None:
    result = read(wire.pcap([packet]))
    assert result.rows == {}
    assert getattr(result.ledger, fate) == 16 + len(packet)
    assert len(result.reasons) == 1
    assert reason in result.reasons[0]


def test_tcp_header_longer_than_its_packet(read: Any, wire: Any) -> None:
    segment = bytearray(wire.tcp_segment(1, 2, 3, 2))
    segment[12] = 0xF0  # data offset 15 words in a segment of 5
    result = read(wire.pcap([wire.ethernet(wire.ip(wire.client, wire.server, 6, bytes(segment)))]))
    assert result.reasons == ["1 packets with a malformed TCP header: counted as damaged; first is packet 1"]


def test_unknown_link_type(read: Any, wire: Any) -> None:
    result = read(wire.pcap([b"abcdef", b"abcdef"], link=147))
    assert (result.ledger.read, result.ledger.unsupported) == (24, 44)
    assert result.reasons == ["2 packets of link type 147: not supported in this version; first is packet 1"]


def test_fragments_are_counted_and_the_first_is_read(read: Any, wire: Any) -> None:
    first = wire.ethernet(wire.ip(wire.client, wire.server, 17, UDP, fragment=0x2000))  # more fragments
    later = wire.ethernet(wire.ip(wire.client, wire.server, 17, b"rest" * 4, fragment=0x0002))  # 16 bytes in
    result = read(wire.pcap([first, later, later]))
    (row,) = result.conn
    assert (row["orig_pkts"], row["flags"]) == (1, "fragments-missing")
    assert result.ledger.unsupported == 2 * (16 + len(later))
    assert [reason.split(":")[0] for reason in result.reasons] == [
        "1 first fragments of IPv4 packets whose rest is missing",
        "2 later fragments of IPv4 packets whose rest is missing",
    ]


def test_community_id_of_the_specification(read: Any, wire: Any) -> None:
    """The worked example of the Community ID specification: 128.232.110.120:34855 to 66.35.250.204:80 over TCP."""
    packet = wire.tcp(("128.232.110.120", 34855, "66.35.250.204", 80), 1, wire.syn)
    assert one(read, wire.pcap([packet]))["community_id"] == "1:LQU9qZlK+B5F3KDmev6m5PMibrg="


addresses4 = st.ip_addresses(v=4).map(str)
addresses6 = st.ip_addresses(v=6).map(str)


@st.composite
def scapy_packets(draw: st.DrawFn) -> bytes:
    """Packets that scapy writes."""
    from scapy.layers.inet import IP, TCP, UDP
    from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop
    from scapy.layers.l2 import Dot1Q, Ether
    from scapy.packet import Raw

    mac = {"src": "02:00:00:00:00:01", "dst": "02:00:00:00:00:02"}
    layers = Ether(**mac)
    for vlan in draw(st.lists(st.integers(1, 4094), max_size=2)):
        layers /= Dot1Q(vlan=vlan)
    if draw(st.booleans()):
        layers /= IP(src=draw(addresses4), dst=draw(addresses4))
    else:
        layers /= IPv6(src=draw(addresses6), dst=draw(addresses6))
        for _ in range(draw(st.integers(0, 2))):
            layers /= IPv6ExtHdrHopByHop() if draw(st.booleans()) else IPv6ExtHdrDestOpt()
    port = st.integers(0, 65535)
    kind = TCP if draw(st.booleans()) else UDP
    layers /= kind(sport=draw(port), dport=draw(port))
    return bytes(layers / Raw(draw(st.binary(max_size=40))))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(scapy_packets(), min_size=1, max_size=8))
def test_decode_agrees_with_dpkt(packets: list[bytes]) -> None:
    """What scapy writes, our columns and dpkt's objects read alike."""
    import dpkt

    buffer = np.frombuffer(b"".join(packets), np.uint8)
    sizes = np.array([len(packet) for packet in packets], np.int64)
    starts = np.cumsum(sizes) - sizes
    zero, no = np.zeros(len(packets), np.int64), np.zeros(len(packets), np.bool_)
    link = np.ones(len(packets), np.int32)
    ours = decoder.decode(buffer, Packets(starts, sizes, starts, sizes, sizes, zero, ~no, link, no))
    for row, packet in enumerate(packets):
        ip = dpkt.ethernet.Ethernet(packet).data
        half = 4 if ip.v == 4 else 16
        assert ours.src[row].astype(">u8").tobytes()[-half:] == ip.src
        assert ours.dst[row].astype(">u8").tobytes()[-half:] == ip.dst
        segment = ip.data
        assert (ours.sport[row], ours.dport[row]) == (segment.sport, segment.dport)
        start = int(ours.at[row])
        assert buffer[start : start + int(ours.captured[row])].tobytes() == bytes(segment.data)
        if ours.proto[row] == 6:
            assert (ours.seq[row], ours.flags[row]) == (segment.seq, segment.flags)
