"""Several frames in one of IEEE 802.11 (A-MSDU, section 9.3.2.2): each is read, by hand and by scapy, whole, cut and damaged."""

from __future__ import annotations

import random
import struct
from typing import Any

import pytest

STATION, POINT = b"\x02\x00\x00\x00\x00\x01", b"\x02\x00\x00\x00\x00\x02"
SNAP = b"\xaa\xaa\x03\0\0\0\x08\0"  # LLC with SNAP: IPv4


def datagram(wire: Any, port: int, data: bytes = b"data", src: str | None = None) -> bytes:
    udp = struct.pack(">HHHH", port, 9, 8 + len(data), 0) + data
    packet: bytes = wire.ip(src or wire.client, wire.server, 17, udp)
    return packet


def subframe(content: bytes, last: bool = False) -> bytes:
    """Destination, source, length; content; up to three bytes so that the next begins at a multiple of four."""
    raw = POINT + STATION + struct.pack(">H", len(content)) + content
    return raw if last else raw + bytes(-len(raw) % 4)


def frame(*contents: bytes, qos: bytes = b"\x80\0", control: bytes = b"\x88\x01") -> bytes:
    parts = [subframe(content, at == len(contents) - 1) for at, content in enumerate(contents)]
    # frame control, duration, three addresses, sequence; quality of service: several frames
    return control + b"\0\0" + POINT + STATION + POINT + b"\0\0" + qos + b"".join(parts)


RADIOTAP = b"\0\0\x08\0\0\0\0\0"


@pytest.mark.parametrize(
    ("link", "before", "after"), [(105, b"", b""), (127, RADIOTAP, b""), (127, RADIOTAP, b"\x12\x34\x56\x78")]
)
def test_each_is_read(read: Any, wire: Any, link: int, before: bytes, after: bytes) -> None:
    """With and without radiotap; with a checksum at the end, that a header of more bytes than it has cannot begin in."""
    made = frame(*(SNAP + datagram(wire, 40_000 + at, b"x" * (at + 1)) for at in range(4)))
    result = read(wire.pcap([before + made + after], link))
    assert [(row["id_orig_p"], row["orig_bytes"], row["packet_first"]) for row in result.conn] == [
        (40_000, 1, 1), (40_001, 2, 1), (40_002, 3, 1), (40_003, 4, 1),
    ]  # fmt: skip
    assert [("tunnel_parents" in row, row["flags"]) for row in result.conn] == [(False, "")] * 4
    assert (result.problems, result.tunnel, result.ledger.read) == ([], [], len(result.data))


def test_messages_of_one_flow_in_one_frame(read: Any, wire: Any) -> None:
    """Rows of one family, of one flow and of several, that begin in the same captured packet: each has its own id (`read` checks)."""
    name = b"\x03www\x07example\x03com\0\0\x01\0\x01"
    asked = [struct.pack(">HHHHHH", at, 0x100, 1, 0, 0, 0) + name for at in range(1, 4)]

    def ask(data: bytes, src: str | None = None) -> bytes:
        udp = struct.pack(">HHHH", 40_000, 53, 8 + len(data), 0) + data
        return SNAP + bytes(wire.ip(src or wire.client, wire.server, 17, udp))

    result = read(wire.pcap([frame(ask(asked[0]), ask(asked[1]), ask(asked[2], "192.0.2.77"))], 105))
    assert sorted(row["trans_id"] for row in result.dns) == [1, 2, 3]
    assert len(result.conn) == 2


def test_large_ones(read: Any, wire: Any) -> None:
    made = frame(*(SNAP + datagram(wire, 40_000 + at, b"x" * 1_401) for at in range(3)))
    result = read(wire.pcap([made, made], 105))
    assert [(row["orig_pkts"], row["orig_bytes"]) for row in result.conn] == [(2, 2_802)] * 3


def test_other_content_among_them(read: Any, wire: Any) -> None:
    spanning = b"\x42\x42\x03" + bytes(35)  # LLC of the spanning tree protocol
    result = read(wire.pcap([frame(SNAP + datagram(wire, 40_000), spanning, SNAP + datagram(wire, 40_001))], 105))
    assert [row["id_orig_p"] for row in result.conn] == [40_000, 40_001]
    assert len(result.problems) == 1
    assert "LLC" in result.reasons[0]


def test_no_more_than_are_peeled(read: Any, wire: Any) -> None:
    made = frame(*(SNAP + datagram(wire, 40_000 + at) for at in range(12)))
    result = read(wire.pcap([made], 105))
    assert [row["id_orig_p"] for row in result.conn] == list(range(40_000, 40_009))
    assert "behind as many others in one frame" in result.reasons[0]


def test_high_throughput_control_and_four_addresses(read: Any, wire: Any) -> None:
    inside = subframe(SNAP + datagram(wire, 40_000)) + subframe(SNAP + datagram(wire, 40_001), True)
    head = b"\x88\x83\0\0" + POINT + STATION + POINT + b"\0\0" + STATION + b"\x80\0" + bytes(4)
    assert [row["id_orig_p"] for row in read(wire.pcap([head + inside], 105)).conn] == [40_000, 40_001]


def test_cut_and_damaged(read: Any, wire: Any) -> None:
    made = frame(*(SNAP + datagram(wire, 40_000 + at) for at in range(3)))
    chance = random.Random(3)
    places = range(0, len(made), 5)
    harmed = [made[:at] + bytes([chance.randrange(256)]) + made[at + 1 :] for at in places]
    among = [packet for at, raw in zip(places, harmed, strict=True) for packet in (made, made[:at], made, raw)]
    alone = [among[at : at + 4] for at in range(0, len(among), 32)]
    for packets in (among, *alone):
        result = read(wire.pcap(packets, 105))
        for port in (40_000, 40_001, 40_002):
            assert max(row["orig_pkts"] for row in result.conn if row["src_port"] == port) >= len(packets) // 2


def test_by_scapy(read: Any, wire: Any) -> None:
    from scapy.layers.dot11 import Dot11, Dot11QoS, RadioTap
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import LLC
    from scapy.layers.l2 import SNAP as ScapySNAP
    from scapy.packet import Raw

    parts = b""
    for port in (40_000, 40_001):
        end = IP(src=wire.client, dst=wire.server) / UDP(sport=port, dport=9) / Raw(b"data")
        parts += subframe(bytes(LLC() / ScapySNAP() / end), port == 40_001)
    made = RadioTap() / Dot11(type=2, subtype=8, FCfield=1) / Dot11QoS(A_MSDU_Present=1) / Raw(parts)
    result = read(wire.pcap([bytes(made)], 127))
    assert [(row["id_orig_p"], row["orig_bytes"]) for row in result.conn] == [(40_000, 4), (40_001, 4)]
