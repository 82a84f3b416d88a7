"""Link layers, by hand and by scapy: what leads to IP is peeled, what does not is told."""

from __future__ import annotations

import itertools
import random
import struct
from typing import Any

import pytest

UDP = struct.pack(">HHHH", 40000, 9, 12, 0) + b"data"  # ports, length, checksum
SNAP = b"\xaa\xaa\x03\0\0\0\x08\0"  # IEEE 802.2 with SNAP: RFC 1042, IPv4
MACS = b"\x02\0\0\0\0\1\x02\0\0\0\0\2\x02\0\0\0\0\3"  # receiver, transmitter, destination


def packet(wire: Any) -> bytes:
    made: bytes = wire.ip(wire.client, wire.server, 17, UDP)
    return made


HEADS = {
    "PPP": (9, b"\xff\x03\0\x21"),
    "PPP without address and control": (9, b"\0\x21"),
    "PPP with a protocol of one byte": (9, b"\x21"),
    "PPP in HDLC framing": (50, b"\xff\x03\0\x21"),
    "Cisco HDLC under the same number": (50, b"\x0f\0\x08\0"),
    "PPPoE": (51, b"\x11\0\0\1\0\0\0\x21"),
    "Cisco HDLC": (104, b"\x8f\0\x08\0"),
    "802.11 from station": (105, b"\x08\x01\0\0" + MACS + b"\0\0" + SNAP),
    "802.11 with quality of service": (105, b"\x88\x02\0\0" + MACS + b"\0\0" + b"\0\0" + SNAP),
    "802.11 between access points": (105, b"\x08\x03\0\0" + MACS + b"\0\0" + b"\x02\0\0\0\0\4" + SNAP),
    "802.11 with high throughput control": (105, b"\x88\x81\0\0" + MACS + b"\0\0" + b"\0\0" + bytes(4) + SNAP),
    "radiotap": (127, b"\0\0\x0c\0\4\x80\0\0\2\0\0\0" + b"\x08\x01\0\0" + MACS + b"\0\0" + SNAP),
    "LLC and SNAP in Ethernet": (1, MACS[:12] + b"\0\x28" + SNAP),
    "LLC and SNAP in VLAN": (1, MACS[:12] + b"\x81\0\0\5" + b"\0\x28" + SNAP),
    "PPPoE in QinQ": (1, MACS[:12] + b"\x88\xa8\0\5\x81\0\0\6\x88\x64" + b"\x11\0\0\1\0\0\0\x21"),
    "MPLS": (1, MACS[:12] + b"\x88\x47" + b"\0\x01\0\x40" + b"\0\x01\x11\x40"),
    "Ethernet in MPLS": (1, MACS[:12] + b"\x88\x47" + b"\0\x01\x11\x40" + bytes(4) + MACS[:12] + b"\x08\0"),
    "MPLS in Linux cooked": (113, b"\0\0\0\1\0\6" + bytes(8) + b"\x88\x47" + b"\0\x01\x11\x40"),
}


@pytest.mark.parametrize("name", list(HEADS))
def test_each_leads_to_ip(read: Any, wire: Any, name: str) -> None:
    link, head = HEADS[name]
    result = read(wire.pcap([head + packet(wire)], link))
    (row,) = result.conn
    assert (row["src_ip"], row["src_port"], row["dst_port"], row["orig_bytes"]) == (wire.client, 40000, 9, 4)
    assert (result.problems, result.ledger.read) == ([], len(result.data))


def test_damaged_and_cut_heads(read: Any, wire: Any) -> None:
    """Any cut and any changed bit of any head: no exception, and the packets around it stay.

    All of a head in one capture, each between whole ones; and one of each alone with them."""
    chance = random.Random(4)
    for link, head in HEADS.values():
        whole = head + packet(wire)
        harmed = [whole[:at] for at in range(len(head) + 4)]
        for at, bit in itertools.product(range(len(head) + 2), range(8)):
            harmed.append(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
        among = [other for one in harmed for other in (whole, one)]
        assert max(row["orig_pkts"] for row in read(wire.pcap([*among, whole], link)).conn) > len(harmed)
        alone = read(wire.pcap([whole, chance.choice(harmed[: len(head) + 4]), chance.choice(harmed), whole], link))
        assert max(row["orig_pkts"] for row in alone.conn) >= 2


def test_vlan_ids_of_both_ends_of_a_stack(read: Any, wire: Any) -> None:
    tags = [(0x88A8, 300), (0x8100, 40), (0x8100, 0x6007)]  # the last with a priority
    (row,) = read(wire.pcap([wire.ethernet(packet(wire), tags=tags)])).conn
    assert (row["vlan"], row["inner_vlan"]) == (300, 7)
    (row,) = read(wire.pcap([wire.ethernet(packet(wire), tags=tags[:1])])).conn
    assert (row["vlan"], "inner_vlan" in row) == (300, False)


def test_scapys_wireless_frames(read: Any, wire: Any) -> None:
    from scapy.layers.dot11 import Dot11, Dot11Beacon, Dot11QoS, RadioTap
    from scapy.layers.inet import IP
    from scapy.layers.inet import UDP as ScapyUDP
    from scapy.layers.l2 import LLC, Ether
    from scapy.layers.l2 import SNAP as ScapySNAP
    from scapy.layers.ppp import PPP, PPPoE
    from scapy.packet import Raw

    end = IP(src=wire.client, dst=wire.server) / ScapyUDP(sport=40000, dport=9) / Raw(b"data")
    data = RadioTap() / Dot11(type=2, subtype=8, FCfield=1) / Dot11QoS() / LLC() / ScapySNAP() / end
    beacon = RadioTap() / Dot11(type=0, subtype=8) / Dot11Beacon()
    result = read(wire.pcap([bytes(data), bytes(beacon)], 127))
    assert [row["orig_bytes"] for row in result.conn] == [4]
    assert result.reasons == [
        "1 IEEE 802.11 management and control frames carry no IP: known but not read in this version; first is packet 2"
    ]
    session = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / PPPoE(sessionid=5) / PPP(proto=0x21) / end
    assert len(read(wire.pcap([bytes(session)])).conn) == 1


@pytest.mark.parametrize(
    ("link", "data", "reason"),
    [
        (
            105,
            b"\x08\x41\0\0" + MACS + b"\0\0" + bytes(40),
            "IEEE 802.11 frames are encrypted: what they carry cannot be read",
        ),
        (
            105,
            b"\x88\x01\0\0" + MACS + b"\0\0\x80\0" + bytes(40),  # said to hold several, but of no bytes
            "packets with IEEE 802.2 LLC headers carry no IP",
        ),
        (
            105,
            b"\x08\x01\0\0" + MACS + b"\x01\0" + bytes(40),
            "IEEE 802.11 frames hold a part of a frame",
        ),
        (105, b"\x48\x01\0\0" + MACS + b"\0\0", "IEEE 802.11 management and control frames carry no IP"),  # null data
        (9, b"\xff\x03\xc0\x21\1\1\0\4", "PPP packets of link control, or of a protocol other than IP"),
        (9, b"\xff\x03\0\xfd" + bytes(20), "PPP packets are encrypted, compressed or split"),
        (104, b"\x8f\0\x80\x35" + bytes(14), "Cisco HDLC frames that carry no IP (keep-alives)"),
        (
            1,
            MACS[:12] + b"\x88\x63\x11\x09\0\0\0\4" + bytes(40),
            "packets of ethertype 0x8863 (PPPoE discovery) carry no IP",
        ),
        (1, MACS[:12] + b"\0\x26\x42\x42\3" + bytes(35), "packets with IEEE 802.2 LLC headers carry no IP"),
        (
            1,
            MACS[:12] + b"\0\x26\xaa\xaa\3\0\0\x0c\x20\0" + bytes(30),
            "packets with IEEE 802.2 LLC headers carry no IP",
        ),  # CDP
    ],
)
def test_what_carries_no_ip_is_told(read: Any, wire: Any, link: int, data: bytes, reason: str) -> None:
    result = read(wire.pcap([data], link))
    assert result.rows == {}
    assert result.ledger.unsupported == 16 + len(data)
    assert len(result.reasons) == 1
    assert reason in result.reasons[0]


def test_tags_and_labels_without_end_are_bounded(read: Any, wire: Any) -> None:
    tags = MACS[:12] + b"\x81\0\0\5" * 400 + b"\x08\0" + packet(wire)
    labels = MACS[:12] + b"\x88\x47" + b"\0\x01\0\x40" * 400 + b"\0\x01\x01\x40" + packet(wire)
    bridged = b"".join(MACS[:12] + b"\x65\x58" for _ in range(100)) + MACS[:12] + b"\x08\0" + packet(wire)
    result = read(wire.pcap([tags, labels, bridged]))
    assert result.rows == {}
    assert result.reasons == [
        "3 packets with more tags, labels and headers before the network layer than are peeled: not read further; first is packet 1"
    ]
