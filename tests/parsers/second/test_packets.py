"""Packets by scapy: a hand-made frame in each kind of capture, at its offset; what is no packet is said."""

from __future__ import annotations

import struct

import pytest

from parsers.network.excerpt import Asked, capture_of
from parsers.second.packets import PacketRecords
from parsers.second.reading import Place, Reading, Unread

QUESTION = b"\x12\x34\x01\x00\x00\x01" + bytes(6) + b"\x06Portal\x07example\x00\x00\x1c\x00\x01"  # id 0x1234, AAAA, IN
UDP = struct.pack(">HHHH", 5353 + 40_000, 53, 8 + len(QUESTION), 0) + QUESTION
IP = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(UDP), 0, 0, 64, 17, 0) + bytes([192, 0, 2, 1]) + bytes([192, 0, 2, 53])
FRAME = bytes(6) + bytes(6) + b"\x08\x00" + IP + UDP
SECOND, FRACTION = 1_772_572_445, 123_456  # 2026-03-03T21:14:05.123456Z


def pcap(magic: int, fraction: int, frame: bytes = FRAME, order: str = "<") -> bytes:
    head = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 262_144, 1)
    return head + struct.pack(f"{order}IIII", SECOND, fraction, len(frame), len(frame)) + frame


def block(kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    size = 12 + len(body)
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


SECTION = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
INTERFACE = block(
    1, struct.pack("<HHI", 1, 0, 0) + struct.pack("<HHB3x", 9, 1, 9) + struct.pack("<HH", 0, 0)
)  # if_tsresol 9: ns


def enhanced(frame: bytes, ns: int) -> bytes:
    return block(6, struct.pack("<IIIII", 0, ns >> 32, ns & 0xFFFFFFFF, len(frame), len(frame)) + frame)


def read(data: bytes, offset: int, length: int, family: str = "net/dns") -> Reading | Unread:
    return PacketRecords(memoryview(data)).read(Place("r", family, offset, length))


DNS = {"proto": "udp", "trans_id": "4660", "query": "Portal.example.", "qtype": "28", "qclass": "1"}


@pytest.mark.parametrize(
    ("data", "time"),
    [
        (pcap(0xA1B2C3D4, FRACTION), "2026-03-03T21:14:05.123456000Z"),
        (pcap(0xA1B2C3D4, FRACTION, order=">"), "2026-03-03T21:14:05.123456000Z"),
        (pcap(0xA1B23C4D, 123_456_789), "2026-03-03T21:14:05.123456789Z"),
    ],
    ids=["microseconds", "big-endian", "nanoseconds"],
)
def test_a_question_in_a_pcap(data: bytes, time: str) -> None:
    found = read(data, 24, len(data) - 24)
    assert found == Reading({"time": time, **DNS}, ends=("192.0.2.1 45353", "192.0.2.53 53"))


def test_a_question_in_a_pcapng_behind_other_packets() -> None:
    ns = SECOND * 1_000_000_000 + 123_456_789
    packet = enhanced(FRAME, ns)
    data = SECTION + INTERFACE + enhanced(bytes(60), ns) + packet
    found = read(data, len(data) - len(packet), len(packet))
    assert found == Reading(
        {"time": "2026-03-03T21:14:05.123456789Z", **DNS}, ends=("192.0.2.1 45353", "192.0.2.53 53")
    )


def test_an_excerpt_of_a_pcapng_is_a_capture_of_its_own() -> None:
    ns = SECOND * 1_000_000_000
    packet, other = enhanced(FRAME, ns), enhanced(bytes(60), ns)
    data = SECTION + INTERFACE + other + packet + other + packet
    excerpt = b"".join(capture_of(memoryview(data), Asked(len(SECTION + INTERFACE + other))))
    assert excerpt == SECTION + INTERFACE + packet + packet
    one = b"".join(capture_of(memoryview(data), Asked(len(SECTION + INTERFACE + other), (2, 3))))
    assert one == SECTION + INTERFACE + packet
    with pytest.raises(ValueError, match="no packet record begins at byte 5"):
        list(capture_of(memoryview(data), Asked(5)))


def test_a_cut_packet_makes_no_capture_file() -> None:
    data = pcap(0xA1B2C3D4, FRACTION)[:-4]
    with pytest.raises(ValueError, match="cut by the end of the file"):
        list(capture_of(memoryview(data), Asked(24)))


def test_a_packet_in_a_tunnel_is_not_its_carriers() -> None:
    gre = b"\x00\x00\x08\x00" + IP + UDP  # RFC 2784: no checksum, IPv4 follows
    outer = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(gre), 0, 0, 64, 47, 0) + bytes(
        [198, 51, 100, 1, 198, 51, 100, 2]
    )
    data = pcap(0xA1B2C3D4, 0, bytes(12) + b"\x08\x00" + outer + gre)
    found = read(data, 24, len(data) - 24, "net/conn")
    assert found == Reading(
        {"time": "2026-03-03T21:14:05.000000000Z"},
        ends=("198.51.100.1", "198.51.100.2"),
        within=(("192.0.2.1 45353", "192.0.2.53 53"),),
    )


def test_a_fragment_is_left_to_the_reader_of_all_of_them() -> None:
    part = IP[:6] + b"\x20\0" + IP[8:]  # more fragments follow
    data = pcap(0xA1B2C3D4, 0, bytes(12) + b"\x08\x00" + part + UDP)
    found = read(data, 24, len(data) - 24)
    assert isinstance(found, Unread)
    assert "fragment" in found.reason


def test_a_request_with_the_headers_that_the_packet_holds_in_full() -> None:
    payload = b"GET /a?b HTTP/1.1\r\nHost: portal.example\r\nUser-Agent: x/1\r\nReferer: http://cut"
    tcp = struct.pack(">HHIIBBHHH", 40_000, 80, 1, 1, 0x50, 0x18, 1000, 0, 0) + payload
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + bytes([192, 0, 2, 1, 192, 0, 2, 80])
    data = pcap(0xA1B2C3D4, 0, bytes(12) + b"\x08\x00" + ip + tcp)
    found = read(data, 24, len(data) - 24, "net/http")
    assert isinstance(found, Reading)
    assert {k: v for k, v in found.values.items() if k != "time"} == {
        "method": "GET", "uri": "/a?b", "host_": "portal.example", "user_agent": "x/1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "offset", "said"),
    [
        (pcap(0xA1B2C3D4, 0, bytes(14)), 24, "no IP packet"),
        (pcap(0xA1B2C3D4, 0), 10_000, "no packet"),
        (b"\x00" * 64, 24, "scapy"),
        (SECTION + INTERFACE + enhanced(FRAME, 1), 3, "does not lead to byte 3"),
    ],
    ids=["no IP", "beyond the end", "no capture", "no block"],
)
def test_what_it_cannot_read_is_said(data: bytes, offset: int, said: str) -> None:
    found = read(data, offset, 200)
    assert isinstance(found, Unread)
    assert said in found.reason


def test_flipped_bytes_never_raise() -> None:
    import random

    source = random.Random(7)
    packet = enhanced(FRAME, SECOND * 1_000_000_000)
    for data, offset in ((pcap(0xA1B2C3D4, FRACTION), 24), (SECTION + INTERFACE + packet, len(SECTION + INTERFACE))):
        for _ in range(300):
            damaged = bytearray(data)
            for _ in range(source.randint(1, 6)):
                damaged[source.randrange(len(data))] = source.randrange(256)
            assert isinstance(read(bytes(damaged), offset, len(data) - offset), Reading | Unread)
