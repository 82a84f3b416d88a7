"""Datagrams in fragments: put together in any order, across windows, and bounded against floods."""

from __future__ import annotations

import itertools
import random
import struct
from typing import Any

import numpy as np
import pytest

from parsers.network import fragments as bounds
from parsers.network import pcap
from parsers.network.datagrams import Datagram
from parsers.network.headers import REASSEMBLED
from parsers.network.notes import FRAGMENT, PART, REST_MISSING
from parsers.network.packets import Decoder, decode
from parsers.network.records import Packets
from parsers.network.space import Space

QUERY = b"\x12\x34\x01\x00\x00\x01" + bytes(6) + b"\x03www\x07example\x03com\x00\x00\x10\x00\x01"
UDP = struct.pack(">HHHH", 40000, 53, 8 + len(QUERY), 0) + QUERY


def four(wire: Any, data: bytes, offset: int, more: bool, ident: int = 1, proto: int = 17) -> bytes:
    packet = bytearray(wire.ip(wire.client, wire.server, proto, data, (0x2000 if more else 0) | offset // 8))
    packet[4:6] = struct.pack(">H", ident)
    out: bytes = wire.ethernet(bytes(packet))
    return out


def six(wire: Any, data: bytes, offset: int, more: bool, ident: int = 1, proto: int = 17) -> bytes:
    head = struct.pack(">BBHI", proto, 0, offset | more, ident)  # next header, reserved, offset and M, identification
    out: bytes = wire.ethernet(wire.ip("2001:db8::1", "2001:db8::2", 44, head + data), 0x86DD)
    return out


def split(data: bytes, *places: int) -> list[tuple[bytes, int, bool]]:
    edges = [0, *places, len(data)]
    return [(data[a:b], a, b < len(data)) for a, b in itertools.pairwise(edges)]


@pytest.mark.parametrize("make", [four, six])
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_fragments_in_any_order(read: Any, wire: Any, make: Any, order: tuple[int, ...]) -> None:
    pieces = [make(wire, *piece) for piece in split(UDP, 16, 24)]
    result = read(wire.pcap([pieces[at] for at in order]))
    (row,) = result.dns
    assert (row["query"], row["id_orig_p"], row["packet_first"]) == ("www.example.com", 40000, 1)
    (conn,) = result.conn
    assert (conn["orig_pkts"], conn["orig_bytes"], conn["flags"]) == (1, len(QUERY), "fragmented")
    assert (conn["packet_first"], conn["packet_last"]) == (1, 3)
    assert (result.problems, result.ledger.read) == ([], len(result.data))


def test_scapys_fragments(read: Any, wire: Any) -> None:
    from scapy.layers.inet import IP, fragment
    from scapy.layers.inet import UDP as ScapyUDP
    from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment, fragment6
    from scapy.packet import Raw

    data = bytes(range(256)) * 12
    small = fragment(IP(src=wire.client, dst=wire.server, id=7) / ScapyUDP(sport=5000, dport=9) / Raw(data), 400)
    large = fragment6(
        IPv6(src="2001:db8::1", dst="2001:db8::2")
        / IPv6ExtHdrFragment(id=7)
        / ScapyUDP(sport=5001, dport=9)
        / Raw(data),
        500,
    )
    packets = [wire.ethernet(bytes(p)) for p in small] + [wire.ethernet(bytes(p), 0x86DD) for p in large]
    random.Random(3).shuffle(packets)
    result = read(wire.pcap(packets))
    assert sorted((row["id_orig_p"], row["orig_bytes"], row["orig_pkts"]) for row in result.conn) == [
        (5000, len(data), 1),
        (5001, len(data), 1),
    ]
    assert result.problems == []


def test_a_tcp_stream_in_fragments(read: Any, wire: Any) -> None:
    """Segments split into fragments of 24 bytes read as the whole ones do."""
    whole = wire.session(
        [("c", b"GET /fragments HTTP/1.1\r\nHost: www.example.com\r\n\r\n"), ("s", b"HTTP/1.1 200 OK\r\n\r\n")]
    )
    packets = []
    for ident, frame in enumerate(whole):
        packet = bytearray(frame[14:])
        packet[4:6] = struct.pack(">H", ident)
        body = bytes(packet[20:])
        for at in range(0, len(body), 24):
            piece = bytearray(packet[:20] + body[at : at + 24])
            struct.pack_into(">H", piece, 2, len(piece))
            struct.pack_into(">H", piece, 6, (0x2000 if at + 24 < len(body) else 0) | at // 8)
            packets.append(wire.ethernet(bytes(piece)))
    result = read(wire.pcap(packets))
    (row,) = result.http
    (conn,) = result.conn
    assert (row["uri"], row["status_code"], conn["conn_state"], conn["orig_pkts"]) == ("/fragments", 200, "SF", 5)


def test_fragments_inside_a_tunnel_and_a_tunnel_in_fragments(read: Any, wire: Any) -> None:
    inside = [in_gre(wire, frame[14:]) for frame in (four(wire, *piece) for piece in split(UDP, 16))]
    gre = b"\0\0\x08\0" + wire.ip("203.0.113.1", "203.0.113.2", 17, UDP)
    around = [four(wire, *piece, ident=5, proto=47) for piece in split(gre, 16, 40)]
    result = read(wire.pcap([inside[1], around[2], inside[0], around[0], around[1]]))
    assert sorted(row["id_orig_h"] for row in result.dns) == [wire.client, "203.0.113.1"]
    assert result.problems == []


def in_gre(wire: Any, packet: bytes) -> bytes:
    out: bytes = wire.ethernet(wire.ip("203.0.113.8", "203.0.113.9", 47, b"\0\0\x08\0" + packet))
    return out


def test_overlaps_keep_what_came_first_and_are_told(read: Any, wire: Any) -> None:
    result = read(wire.pcap([four(wire, UDP[:24], 0, True), four(wire, UDP[16:], 16, False)]))
    assert result.dns[0]["query"] == "www.example.com"
    assert result.conn[0]["flags"] == "fragmented"  # what overlaps is the same
    other = bytearray(UDP)
    other[21:24] = b"bad"
    result = read(wire.pcap([four(wire, UDP[:32], 0, True), four(wire, bytes(other[16:]), 16, False)]))
    assert result.dns[0]["query"] == "www.example.com"
    assert result.conn[0]["flags"] == "fragmented,fragment-overlap"
    assert result.reasons == [
        "1 datagrams have fragments that overlap with other bytes: the bytes that came first are read, flagged; first is packet 1"
    ]


def test_repeated_fragments_are_no_overlap(read: Any, wire: Any) -> None:
    pieces = [four(wire, *piece) for piece in split(UDP, 16, 24)]
    result = read(wire.pcap([pieces[0], pieces[0], pieces[1], pieces[1], pieces[2]]))
    assert (result.dns[0]["query"], result.conn[0]["flags"], result.problems) == ("www.example.com", "fragmented", [])


def test_an_oversized_datagram_is_not_made(read: Any, wire: Any) -> None:
    result = read(wire.pcap([four(wire, b"x" * 800, 65_528, False)]))
    assert result.rows == {}
    assert result.reasons[0] == "1 later fragments of IPv4 packets whose rest is missing: not read; first is packet 1"
    assert result.reasons[1].startswith("1 fragments reach beyond 65,535 bytes")


def test_a_late_rest_is_not_joined(read: Any, wire: Any) -> None:
    one, two = (four(wire, *piece) for piece in split(UDP, 16))
    result = read(wire.pcap_head() + wire.pcap_record(one, wire.start) + wire.pcap_record(two, wire.start + 61))
    assert [row["flags"] for row in result.conn] == ["fragments-missing"]
    assert any("were not complete within 60 seconds" in reason for reason in result.reasons)


def test_a_flood_of_first_fragments_stays_bounded(wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "DATAGRAMS", 50)
    packets = [four(wire, UDP[:16], 0, True, ident) for ident in range(400)] + [four(wire, UDP[16:], 16, False, 399)]
    headers, decoder = decoded(wire, packets, len(packets))
    assert decoder.tally.counts == {"crowded out": 350}
    assert int((headers.marks & REASSEMBLED != 0).sum()) == 1
    assert int((headers.proto == 17).sum()) == 400  # each first fragment is read as it is, or as part of its datagram


def test_tiny_fragments_of_one_datagram_stay_bounded(wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "PIECES_EACH", 100)
    packets = [four(wire, b"x" * 8, 8 * (at % 4000), True) for at in range(0, 8000, 2)]
    headers, decoder = decoded(wire, packets, 700)
    assert decoder.tally.counts == {"in too many pieces": 3900}
    assert int((headers.note == FRAGMENT).sum()) == 4000
    assert decoder.late == {(0, 0): REST_MISSING}


def decoded(wire: Any, packets: list[bytes], window: int) -> tuple[Any, Decoder]:
    """All rows, window by window."""
    from parsers.network.headers import joined

    view = memoryview(wire.pcap(packets))
    space = Space(view)
    found = pcap.walk(view, space.buffer).packets
    decoder = Decoder(space)
    parts = []
    for start in range(0, len(found), window):
        piece = Packets(*(getattr(found, name)[start : start + window] for name in Packets.__slots__))
        parts.append(decoder.window(piece, start))
    return joined([*parts, decoder.finish()]), decoder


def test_windows_give_what_the_whole_gives(wire: Any) -> None:
    """Fragments, tunnels and plain packets in windows of a few packets: the same rows, and each fragment's fate known in the end."""
    pieces = [four(wire, *piece, ident=n) for n in range(6) for piece in split(UDP, 16, 24)]
    pieces += [in_gre(wire, frame[14:]) for frame in (four(wire, *piece, ident=9) for piece in split(UDP, 8, 32))]
    pieces += [four(wire, UDP[:16], 0, True, 77), wire.udp(("192.0.2.1", 1, "192.0.2.2", 2), b"plain")]
    random.Random(1).shuffle(pieces)
    view = memoryview(wire.pcap(pieces))
    space = Space(view)
    whole = decode(space, pcap.walk(view, space.buffer).packets)
    for window in (1, 3, 7):
        headers, decoder = decoded(wire, pieces, window)
        for name in ("version", "proto", "sport", "dport", "captured", "depth", "packet", "span", "marks"):
            one, two = (np.sort(getattr(found, name)[found.proto >= 0]) for found in (headers, whole))
            assert one.tolist() == two.tolist(), name
        outer = headers.depth == 0
        known = {
            int(p): int(n)
            for p, n in zip(headers.packet[outer], headers.note[outer], strict=True)
            if n in (FRAGMENT, PART)
        }
        known |= {packet: note for (packet, depth), note in decoder.late.items() if depth == 0}
        assert sorted(known.values()) == sorted(n for n in whole.note[: len(pieces)].tolist() if n)
        carried = np.flatnonzero(headers.parent >= 0)
        assert (headers.proto[headers.parent[carried]] == 47).all()


def test_the_arena_moves_to_disk(wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from parsers.network import space as module

    monkeypatch.setattr(module, "ARENA_MEMORY", 100)
    space = Space(memoryview(b"file"))
    places = [(space.add(data), data) for data in (b"a" * 60, b"b" * 60, b"c" * 30, b"d" * 200, b"e" * 5)]
    for at, data in places:
        assert bytes(space[at : at + len(data)]) == data
        assert bytes(space.windows(np.array([at]), 4)[0]) == data[:4]
    assert len(space) == 4 + 355


@pytest.mark.parametrize("seed", range(20))
def test_an_overlap_is_bytes_that_two_fragments_have(seed: int) -> None:
    """Against a set of the bytes that are there: fragments that only touch do not overlap."""
    chance = random.Random(seed)
    whole = Datagram(0, 4, (0, -1, 0))
    there: set[int] = set()
    overlap = False
    for _ in range(12):
        start = chance.randrange(0, 96, 8)
        stop = start + chance.choice((8, 16, 24))
        overlap |= not there.isdisjoint(range(start, stop))
        there |= set(range(start, stop))
        whole.cover(start, stop)
        spans = list(zip(whole.starts, whole.stops, strict=True))
        assert {at for begin, end in spans for at in range(begin, end)} == there
        assert all(end < begin for (_, end), (begin, _) in itertools.pairwise(spans))
        assert whole.overlap == overlap
