"""Packets that are visited once give what the masked passes give, and nearly all are; damage sends them to the passes."""

from __future__ import annotations

import random
import struct
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parsers.network import pcap, plain_packets
from parsers.network.headers import BAD_IP_SUM, BAD_SUM, COLUMNS, ZERO_WINDOW, Headers
from parsers.network.notes import FRAGMENT
from parsers.network.packets import Decoder, decode_all
from parsers.network.space import Space

EVIDENCE = Path(__file__).resolve().parents[4] / "shared" / "evidence" / "network"
ENDS4, ENDS6 = ("192.0.2.1", 5, "198.51.100.2", 9), ("2001:db8::1", 5, "2001:db8::2", 9)


def _both_ways(data: bytes, monkeypatch: pytest.MonkeyPatch, joins: bool = True) -> tuple[Headers, Headers, int]:
    """The headers of a capture visited once and by masked passes, and how many packets went to the passes in the first case; without
    `joins` fragments are left as they are."""
    buffer = np.frombuffer(data, np.uint8)
    packets = pcap.walk(memoryview(data), buffer).packets
    left: list[int] = []
    visit = plain_packets.visit

    def counted(space: Space, work: Any, joins: bool = True) -> Any:
        out, rest = visit(space, work, joins)
        left.append(len(rest))
        return out, rest

    monkeypatch.setattr(plain_packets, "visit", counted)
    monkeypatch.setattr(plain_packets, "worth_it", lambda space, work: len(work) > 0 and not work.depth.any())
    once = decode_all(Decoder(Space(memoryview(data)), joins=joins), packets)
    monkeypatch.setattr(plain_packets, "worth_it", lambda space, work: False)
    passes = decode_all(Decoder(Space(memoryview(data)), joins=joins), packets)
    monkeypatch.undo()
    return once, passes, sum(left)


def _same(one: Headers, two: Headers) -> None:
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), name)


def _made(wire: Any, data: bytes) -> list[bytes]:
    """Plain packets of every kind, with checksums filled in by scapy, and some that are not plain."""
    return [*_by_scapy(data), wire.ethernet(b"\0" * 30, 0x0806), b"short"]


@cache
def _by_scapy(data: bytes) -> tuple[bytes, ...]:
    from scapy.layers.inet import ICMP, IP, TCP, UDP
    from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6, IPv6ExtHdrDestOpt
    from scapy.layers.l2 import GRE, Dot1AD, Dot1Q, Ether
    from scapy.layers.vxlan import VXLAN
    from scapy.packet import Raw

    mac = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    tags = (
        mac / Dot1Q(vlan=5),
        mac / Dot1AD(vlan=7) / Dot1Q(vlan=9),
        mac / Dot1AD(vlan=7) / Dot1Q(vlan=9) / Dot1Q(vlan=4),
    )
    four, six = IP(src=ENDS4[0], dst=ENDS4[2]), IPv6(src=ENDS6[0], dst=ENDS6[2])
    routed = IP(src=ENDS4[0], dst=ENDS4[2], options=b"\x01\x01\x01\x01")
    inside = four / TCP(sport=5, dport=9) / Raw(data)
    teredo = IPv6(src="2001::1", dst="2001:db8::2") / UDP(sport=5, dport=9) / Raw(data)
    made: list[Any] = []
    for link in (mac, *tags):
        for network in (four, routed, six):
            made += [link / network / TCP(sport=5, dport=9, seq=2**31 + 5, flags="SA") / Raw(data)]
            made += [link / network / TCP(sport=5, dport=9, window=0, options=[("MSS", 1460)]) / Raw(data)]
            made += [link / network / UDP(sport=5, dport=9) / Raw(data)]
        made += [link / four / ICMP(type=kind, code=3) / Raw(data) for kind in (0, 3, 8, 13, 40)]
        made += [link / six / ICMPv6EchoRequest(data=data), link / six / IPv6ExtHdrDestOpt() / UDP(sport=5, dport=9)]
    made += [mac / four / UDP(sport=5, dport=4789) / VXLAN(vni=1, flags=8) / mac / inside, mac / four / GRE() / inside]
    made += [mac / four / UDP(sport=5, dport=9) / teredo, mac / four / six / UDP(sport=5, dport=9)]
    return tuple(bytes(packet) for packet in made)


@pytest.mark.parametrize("size", [0, 1, 7, 100, 1200])
def test_every_kind_of_packet(wire: Any, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    packets = _made(wire, (bytes(range(1, 252)) * 5)[:size])
    once, passes, left = _both_ways(wire.pcap(packets), monkeypatch)
    _same(once, passes)
    # three tags (15 + 1 packets behind), extension headers, tunnels, ARP, the short one, and the file's last
    assert left == 16 + 3 + 4 + 2
    assert once.marks[:4].tolist() == [0, ZERO_WINDOW, 0, 0]


@pytest.mark.parametrize("link", [101, 228, 113, 12, 700])
def test_other_links(wire: Any, monkeypatch: pytest.MonkeyPatch, link: int) -> None:
    bare = [packet[14:] for packet in _made(wire, b"abc")[:30]]
    once, passes, left = _both_ways(wire.pcap([*bare, b"", b"\x50"], link=link), monkeypatch)
    _same(once, passes)
    assert left < 25 if link in (101, 228, 12) else left == len(bare) + 2


@pytest.mark.parametrize("seed", range(30))
def test_harmed_packets(wire: Any, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Bytes of headers changed at random, packets cut and told to be longer, so that every length disagrees with every other. Five harm
    the same packets, since scapy takes longer to make them than we to read them."""
    chance, alike = random.Random(seed), random.Random(seed // 5)
    records = [wire.pcap_head()]
    for packet in _made(wire, alike.randbytes(alike.randrange(80))) * 4:
        harmed = bytearray(packet)
        for _ in range(chance.randrange(4)):
            at = chance.randrange(min(len(harmed), 64))
            harmed[at] = chance.choice((0, 1, 6, 17, 58, 0x45, 0x60, 0xFF, harmed[at] ^ 1 << chance.randrange(8)))
        kept = bytes(harmed[: chance.randrange(len(harmed) + 1)] if chance.random() < 0.3 else harmed)
        records.append(
            wire.pcap_record(kept, wire.start, wire=max(len(kept) + chance.choice((0, 0, 1, 2, -9, -30)), 1))
        )
    once, passes, left = _both_ways(b"".join(records), monkeypatch)
    _same(once, passes)
    assert 0 < left < len(records) - 1


@pytest.mark.parametrize("seed", range(12))
def test_fragments_that_are_left_get_their_note(wire: Any, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """No more is known of them; all other packets are as ever. First ones that are cut are read as they are."""
    chance = random.Random(seed)
    records = [wire.pcap_head()]
    for number in range(120):
        ends, size = ("192.0.2.7", "198.51.100.2"), chance.choice((0, 8, 40, 200))
        flags = chance.choice((0, 0x2000, 0x2000 + 25, 25, 0x4000, 0x6000, 0x8000))
        packet = bytearray(wire.ethernet(wire.ip(*ends, chance.choice((1, 6, 17, 47)), bytes(size), flags)))
        if chance.random() < 0.3:
            packet[14 + chance.randrange(20)] = chance.choice((0, 0x45, 0x46, 0x4F, 0x60, 0xFF))
        kept = bytes(packet[: chance.randrange(len(packet) + 1)] if chance.random() < 0.3 else packet)
        records.append(
            wire.pcap_record(kept, wire.start + number, wire=max(len(kept) + chance.choice((0, 0, 9, -9)), 1))
        )
    once, passes, left = _both_ways(b"".join(records), monkeypatch, joins=False)
    np.testing.assert_array_equal(once.note, passes.note)
    split = passes.note == FRAGMENT
    assert split.sum() > 0
    assert left < len(records) - 1 - split.sum() / 2
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(once, name)[~split], getattr(passes, name)[~split], name)
    assert (once.proto[split] == -1).all()


def _inside(wire: Any, chance: random.Random) -> bytes:
    """A packet, whole or a fragment, in the GRE of another: by itself, or in PPP as of PPTP (RFC 2637 section 4.1)."""
    size, flags = chance.choice((0, 8, 40)), chance.choice((0, 0x2000, 0x2000 + 25, 25, 0x4000))
    inner = wire.ip("192.0.2.9", "198.51.100.9", chance.choice((6, 17)), bytes(size), flags)
    head, kind = chance.choice(((0, 0x0800), (0x2000, 0x0800), (0, 0x880B), (0x3081, 0x880B), (0x3001, 0x880B)))
    words = (head >> 13 & 1) + (head >> 12 & 1) + (head >> 7 & 1)
    ppp = (
        chance.choice((b"\x21", b"\0\x21", b"\xff\x03\0\x21", b"\xff\x03\x21", b"\xc0\x21")) if kind == 0x880B else b""
    )
    gre = struct.pack(">HH", head, kind) + bytes(4 * words) + ppp + inner
    return bytes(wire.ethernet(wire.ip("192.0.2.7", "198.51.100.2", 47, gre, 0)))


@pytest.mark.parametrize("seed", range(12))
def test_fragments_in_gre_that_are_left(wire: Any, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Their packet gets the note, and no row is made of them; all other packets are as ever."""
    chance = random.Random(seed)
    records = [wire.pcap_head()]
    for number in range(160):
        packet = bytearray(_inside(wire, chance))
        if chance.random() < 0.4:
            packet[14 + chance.randrange(len(packet) - 14)] = chance.choice((0, 0x21, 0x45, 0x46, 0x88, 0x20, 0xFF))
        kept = bytes(packet[: chance.randrange(len(packet) + 1)] if chance.random() < 0.2 else packet)
        records.append(
            wire.pcap_record(kept, wire.start + number, wire=max(len(kept) + chance.choice((0, 0, 9, -9)), 1))
        )
    once, passes, _ = _both_ways(b"".join(records), monkeypatch, joins=False)
    split = np.unique(passes.packet[passes.note == FRAGMENT])
    np.testing.assert_array_equal(np.unique(once.packet[once.note == FRAGMENT]), split)
    one, two = ~np.isin(once.packet, split), ~np.isin(passes.packet, split)
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(once, name)[one], getattr(passes, name)[two], name)
    assert 30 < len(split) < 150
    assert len(passes) - len(once) > 0.8 * len(split)


def test_what_is_flagged(wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    good = _made(wire, b"payload")[0]
    harmed, header = bytearray(good), bytearray(good)
    harmed[-1] ^= 1
    header[14 + 8] ^= 1  # time to live
    once, passes, _ = _both_ways(wire.pcap([good, bytes(harmed), bytes(header), good]), monkeypatch)
    _same(once, passes)
    assert once.marks[:3].tolist() == [0, BAD_SUM, BAD_IP_SUM]


def test_none_of_a_length_of_zero_and_jumbograms(wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Segmentation offload announces 0: the packet takes what the wire had."""
    four, six = bytearray(wire.udp(ENDS4, b"x" * 30)), bytearray(wire.udp(ENDS6, b"x" * 30))
    four[16:18], six[18:20] = b"\0\0", b"\0\0"
    long = bytearray(wire.udp(ENDS4, b"x" * 30))
    struct.pack_into(">H", long, 16, 2_000)
    once, passes, left = _both_ways(wire.pcap([bytes(four), bytes(six), bytes(long), bytes(long)]), monkeypatch)
    _same(once, passes)
    assert left == 1
    assert once.ip_length.tolist() == [58, 78, 2_000, 2_000]


@pytest.mark.evidence
def test_real_captures(monkeypatch: pytest.MonkeyPatch) -> None:
    visited = total = 0
    for path in sorted(EVIDENCE.glob("*.pcap")):
        data = path.read_bytes()
        if pcap.magic(data[:4]) is None:
            continue
        once, passes, left = _both_ways(data, monkeypatch)
        _same(once, passes)
        packets = int((once.depth == 0).sum())
        total, visited = total + packets, visited + packets - left
    assert total > 10_000
    assert visited > 0.7 * total
