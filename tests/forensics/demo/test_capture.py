"""The capture read back by dpkt: whole conversations, right checksums, a regular beacon and a tunnel through DNS."""

from __future__ import annotations

import itertools
import struct
from collections import Counter
from typing import Any

from forensics.demo import scenario as story
from forensics.demo.scenario import SECOND

Frames = list[tuple[int, bytes]]


def test_the_capture_holds_conversations_whose_checksums_are_right(frames: Frames) -> None:
    import dpkt

    kinds: Counter[str] = Counter()
    last = 0
    for number, (time, raw) in enumerate(frames):
        assert time >= last
        last = time
        packet = dpkt.ethernet.Ethernet(raw).data
        kinds[type(packet).__name__ + type(packet.data).__name__] += 1
        if number % 50 == 0:
            kept = packet.data.sum
            packet.data.sum = 0
            if isinstance(packet, dpkt.ip.IP):
                # dpkt computes an IP header's checksum, and its payload's, only when they are zero.
                header, packet.sum = packet.sum, 0
                again = dpkt.ip.IP(bytes(packet))
                assert (again.sum, again.data.sum) == (header, kept)
            else:
                again = dpkt.ip6.IP6(bytes(packet))
                assert pseudo_sum(again, kept) == 0xFFFF
    assert kinds["IPTCP"] > 20_000
    assert kinds["IP6TCP"] > 1_000
    assert kinds["IPUDP"] > 4_000


def pseudo_sum(packet: Any, checksum: int) -> int:
    """RFC 1071 over the IPv6 pseudo header and the segment with its checksum: all ones when it is right."""
    segment = bytes(packet.data)
    segment = segment[:16] + struct.pack("!H", checksum) + segment[18:]
    words = packet.src + packet.dst + struct.pack("!IHH", len(segment), 0, 6) + segment + b"\0" * (len(segment) % 2)
    total = sum(struct.unpack(f"!{len(words) // 2}H", words))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def test_the_beacon_is_regular_and_names_its_server(frames: Frames) -> None:
    import dpkt

    hellos = []
    for time, raw in frames:
        segment = dpkt.ethernet.Ethernet(raw).data.data
        if (
            isinstance(segment, dpkt.tcp.TCP)
            and segment.dport == 443
            and segment.data[:1] == b"\x16"
            and b"status.cdn-relay.example" in segment.data
        ):
            records, _ = dpkt.ssl.tls_multi_factory(segment.data)
            if segment.data[5] == 1:  # ClientHello
                assert dpkt.ssl.TLSHandshake(records[0].data).data.ciphersuites
                hellos.append(time)
    steps = [(b - a) / SECOND for a, b in itertools.pairwise(hellos[1:])]  # the first is the download
    assert len(hellos) > 130
    assert 56 < min(steps) <= max(steps) < 64


def test_the_tunnel_asks_for_long_names(frames: Frames) -> None:
    import dpkt

    names = set()
    for _, raw in frames:
        datagram = dpkt.ethernet.Ethernet(raw).data.data
        if isinstance(datagram, dpkt.udp.UDP) and 53 in (datagram.sport, datagram.dport):
            names.add(dpkt.dns.DNS(datagram.data).qd[0].name)
    long = [name for name in names if len(name) > 100]
    assert len(long) == story.TUNNEL_QUERIES
    assert max(len(label) for name in long for label in name.split(".")) <= 63
    assert max(len(name) for name in names if name not in long) < 50
