"""Tunnels: every kind made by hand and by scapy, whole, damaged and cut; nested ones; traffic that only looks like one."""

from __future__ import annotations

import random
import struct
from typing import Any

INNER = ("203.0.113.1", "203.0.113.2")
UDP = struct.pack(">HHHH", 40001, 9, 12, 0) + b"data"  # ports, length, checksum
OUTER4, OUTER6 = ("192.0.2.10", "198.51.100.20"), ("2001:db8::1", "2001:db8::2")


def inner4(wire: Any) -> bytes:
    packet: bytes = wire.ip(*INNER, 17, UDP)
    return packet


def inner6(wire: Any, src: str = "2001:db8:1::1", dst: str = "2001:db8:1::2") -> bytes:
    packet: bytes = wire.ip(src, dst, 17, UDP)
    return packet


def in_ip(wire: Any, proto: int, data: bytes, ends: tuple[str, str] = OUTER4) -> bytes:
    packet: bytes = wire.ethernet(wire.ip(*ends, proto, data), 0x86DD if ":" in ends[0] else 0x0800)
    return packet


def in_udp(wire: Any, port: int, data: bytes, sport: int = 50000) -> bytes:
    packet: bytes = wire.udp((OUTER4[0], sport, OUTER4[1], port), data)
    return packet


def by_hand(wire: Any) -> dict[str, bytes]:
    """One packet of each kind, with UDP from 40001 to 9 inside."""
    four, six, frame = inner4(wire), inner6(wire), wire.ethernet(inner4(wire))
    teredo = inner6(wire, "2001:0:c000:20a::1", "2001:db8::9")
    ppp4 = b"\xff\x03\x00\x21" + four  # address, control, IPv4
    return {
        "IP in IP": in_ip(wire, 4, four),
        "6in4": in_ip(wire, 41, six),
        "4in6": in_ip(wire, 4, four, OUTER6),
        "6in6": in_ip(wire, 41, six, OUTER6),
        "GRE": in_ip(wire, 47, b"\0\0\x08\0" + four),
        "GRE6": in_ip(wire, 47, b"\0\0\x86\xdd" + six),
        # checksum and reserved, key, sequence
        "GRE full": in_ip(wire, 47, b"\xb0\0\x08\0" + b"\0\0\0\0" + b"\0\0\0\x07" + b"\0\0\0\1" + four),
        "GRE bridged": in_ip(wire, 47, b"\x20\0\x65\x58" + b"\0\0\0\x07" + frame),
        "GRE MPLS": in_ip(wire, 47, b"\0\0\x88\x47" + b"\0\x01\x01\x40" + four),  # label 16, last of the stack
        "GRE WCCP": in_ip(wire, 47, b"\0\0\x88\x3e" + b"\x01\0\0\0" + four),
        # version 1: key of length and call, sequence, acknowledgement
        "PPTP": in_ip(wire, 47, b"\x30\x81\x88\x0b" + struct.pack(">HH", len(ppp4), 5) + b"\0\0\0\1\0\0\0\2" + ppp4),
        "ERSPAN 1": in_ip(wire, 47, b"\0\0\x88\xbe" + frame),
        "ERSPAN 2": in_ip(wire, 47, b"\x10\0\x88\xbe" + b"\0\0\0\1" + b"\x10\x01" + bytes(6) + frame),
        "ERSPAN 3": in_ip(wire, 47, b"\x10\0\x22\xeb" + b"\0\0\0\1" + b"\x20\x01" + bytes(10) + frame),
        "ERSPAN 3 optional": in_ip(
            wire, 47, b"\x10\0\x22\xeb" + b"\0\0\0\1" + b"\x20\x01" + bytes(9) + b"\1" + bytes(8) + frame
        ),
        "EtherIP": in_ip(wire, 97, b"\x30\0" + frame),
        "L2TPv3": in_ip(wire, 115, b"\0\0\0\x05" + frame),
        "L2TPv3 cookie": in_ip(wire, 115, b"\0\0\0\x05" + b"\x99" * 8 + frame),
        "MPLS in IP": in_ip(wire, 137, b"\0\x01\0\x40" + b"\0\x01\x11\x40" + four),
        "VXLAN": in_udp(wire, 4789, b"\x08" + bytes(3) + b"\0\0\x07\0" + frame),
        "VXLAN Linux": in_udp(wire, 8472, b"\x08" + bytes(3) + b"\0\0\x07\0" + frame),
        "VXLAN GPE": in_udp(wire, 4790, b"\x0c\0\0\x01" + b"\0\0\x07\0" + four),
        "Geneve": in_udp(wire, 6081, b"\x02\0\x65\x58" + b"\0\0\x07\0" + bytes(8) + frame),
        "GTP-U": in_udp(wire, 2152, b"\x30\xff" + struct.pack(">H", len(four)) + b"\0\0\0\x09" + four),
        # sequence and extension flags; extension of one word, type 0x85, none after it
        "GTP-U extended": in_udp(wire, 2152, b"\x36\xff\0\0" + b"\0\0\0\x09" + b"\0\1\0\x85" + b"\x01\0\0\0" + four),
        # version 0, T-PDU, length, sequence, flow label; packet number, spare; tunnel id
        "GTP of GPRS": in_udp(
            wire,
            3386,
            b"\x1e\xff" + struct.pack(">HHH", len(four), 7, 9) + b"\xff" * 4 + b"\x21\x43\x65\x87" * 2 + four,
        ),
        "Teredo": in_udp(wire, 3544, teredo),
        # authentication: no client id, no value, nonce, confirmation; origin: obfuscated port and address
        "Teredo headed": in_udp(wire, 3544, b"\0\1\0\0" + bytes(9) + b"\0\0\x12\x34\1\2\3\4" + teredo),
        "Teredo between hosts": in_udp(wire, 51000, teredo),
        # identity of 2^4 bytes, signature of 5 words, forward, IPv6
        "AYIYA": in_udp(wire, 5072, b"\x42\x52\x11\x29" + bytes(4) + bytes(16) + bytes(20) + six),
        # length, sequence and offset of 2 bytes
        "L2TP": in_udp(wire, 1701, b"\x4a\x02\0\0" + b"\0\1\0\2" + bytes(4) + b"\0\2ab" + ppp4),
        "L2TP plain": in_udp(wire, 1701, b"\0\x02\0\1\0\2" + b"\x21" + four),  # protocol field of one byte
        "MPLS in UDP": in_udp(wire, 6635, b"\0\x01\x01\x40" + six),
    }


def by_scapy() -> dict[str, bytes]:
    from scapy.contrib.erspan import ERSPAN_II, ERSPAN_III
    from scapy.contrib.etherip import EtherIP
    from scapy.contrib.geneve import GENEVE
    from scapy.contrib.gtp import GTP_U_Header
    from scapy.contrib.mpls import MPLS
    from scapy.layers.inet import IP
    from scapy.layers.inet import UDP as ScapyUDP
    from scapy.layers.inet6 import IPv6
    from scapy.layers.l2 import GRE, GRE_PPTP, Dot1Q, Ether
    from scapy.layers.l2tp import L2TP
    from scapy.layers.ppp import HDLC, PPP
    from scapy.layers.vxlan import VXLAN
    from scapy.packet import Raw

    mac = {"src": "02:00:00:00:00:01", "dst": "02:00:00:00:00:02"}
    outer = Ether(**mac) / IP(src=OUTER4[0], dst=OUTER4[1])
    end = ScapyUDP(sport=40001, dport=9) / Raw(b"data")
    four, six = IP(src=INNER[0], dst=INNER[1]) / end, IPv6(src="2001:db8:1::1", dst="2001:db8:1::2") / end
    frame = Ether(**mac) / Dot1Q(vlan=12) / four
    port = {"sport": 50000}
    made = {
        "IP in IP": outer / four,
        "6in4": outer / six,
        "4in6": Ether(**mac) / IPv6(src=OUTER6[0], dst=OUTER6[1]) / four,
        "GRE": outer / GRE(key_present=1, key=7, seqnum_present=1, sequence_number=3, chksum_present=1) / six,
        "PPTP": outer / GRE_PPTP(seqnum_present=1, sequence_number=3) / HDLC() / PPP() / four,
        "ERSPAN 2": outer / GRE(seqnum_present=1, proto=0x88BE) / ERSPAN_II(session_id=3) / frame,
        "ERSPAN 3": outer / GRE(seqnum_present=1, proto=0x22EB) / ERSPAN_III(session_id=3) / frame,
        "EtherIP": outer / EtherIP() / frame,
        "MPLS": Ether(**mac) / MPLS(label=20, s=0) / MPLS(label=21, s=1) / four,
        "VXLAN": outer / ScapyUDP(dport=4789, **port) / VXLAN(vni=42, flags=8) / frame,
        "Geneve": outer / ScapyUDP(dport=6081, **port) / GENEVE(vni=42) / frame,
        "GTP-U": outer / ScapyUDP(dport=2152, sport=2152) / GTP_U_Header(teid=7) / four,
        "GTP of GPRS": outer / ScapyUDP(dport=3386, sport=3386)
        / Raw(b"\x1f\xff" + struct.pack(">H", len(four)) + bytes(4) + b"\xff" * 4 + bytes(8)) / four,
        "Teredo": outer / ScapyUDP(dport=3544, **port) / six,
        "L2TP": outer / ScapyUDP(dport=1701, sport=1701) / L2TP(hdr=["length"], version=2, tunnel_id=1, session_id=2)
        / HDLC() / PPP() / four,
    }  # fmt: skip
    return {name: bytes(packet) for name, packet in made.items()}


def kind(name: str) -> str:
    """Zeek's Tunnel::Type of a packet above."""
    known = {
        "PPTP": "GRE",
        "GTP-U": "GTPv1",
        "GTP": "GTPv0",
        "6in4": "IP",
        "4in6": "IP",
        "6in6": "IP",
        "GRE6": "GRE",
        "L2TPv3": "L2TP",
    }
    word = name.split()[0]
    return "Tunnel::" + known.get(word, word if word in ("IP", "GRE") else word.upper())


def inner_rows(result: Any) -> list[dict[str, Any]]:
    return [row for row in result.conn if (row["id_orig_p"], row["id_resp_p"]) == (40001, 9)]


def test_each_kind_by_hand(read: Any, wire: Any) -> None:
    for name, packet in by_hand(wire).items():
        result = read(wire.pcap([packet]))
        (row,) = inner_rows(result)
        assert (row["orig_bytes"], row["record"], row["packet_first"]) == (4, 1, 1), name
        (outer,) = [other for other in result.conn if other["uid"] != row["uid"]]
        assert (outer["flags"], row["tunnel_parents"]) == ("tunnel", outer["uid"]), name
        (tunnel,) = result.tunnel
        assert (tunnel["uid"], tunnel["tunnel_type"], tunnel["inner_packets"]) == (outer["uid"], kind(name), 1), name
        assert (result.problems, result.ledger.read) == ([], len(result.data)), name


def test_each_kind_by_scapy(read: Any, wire: Any) -> None:
    for name, packet in by_scapy().items():
        result = read(wire.pcap([packet]))
        (row,) = inner_rows(result)
        assert row["id_orig_h"] in (INNER[0], "2001:db8:1::1"), name
        assert result.problems == [], name


def test_damaged_and_cut_tunnels_are_read_as_far_as_they_go(read: Any, wire: Any) -> None:
    """Any byte changed, any cut: no exception, the ledger adds up, and packets before and after stay."""
    chance = random.Random(6)
    before, after = in_udp(wire, 9, b"before", 1111), in_udp(wire, 9, b"after", 2222)
    for packet in [*by_hand(wire).values(), *by_scapy().values()]:
        among: list[bytes] = []
        for _ in range(8):
            harmed = bytearray(packet)
            if chance.random() < 0.5:
                del harmed[chance.randrange(14, len(harmed)) :]
            else:
                harmed[chance.randrange(14, len(harmed))] ^= 1 << chance.randrange(8)
            among += [before, bytes(harmed), after]
        for packets in (among[:3], among):
            result = read(wire.pcap(packets))
            seen = {row["id_orig_p"]: row["orig_pkts"] for row in result.conn}
            assert [seen.get(port) for port in (1111, 2222)] == [len(packets) // 3] * 2


def test_traffic_that_only_shares_a_port_is_no_tunnel(read: Any, wire: Any) -> None:
    for port in (1701, 2152, 3386, 3544, 4789, 4790, 5072, 6081, 6635, 8472):
        (row,) = read(wire.pcap([in_udp(wire, port, b"\x17\x03\x03 no tunnel header here, whatever it may be")])).conn
        assert row["flags"] == "", port


def test_a_session_inside_a_tunnel_is_read(read: Any, wire: Any) -> None:
    """A web request inside VXLAN, its packets out of order: the tunnel hides nothing."""
    frames = wire.session(
        [("c", b"GET /in/tunnel HTTP/1.1\r\nHost: www.example.com\r\n\r\n"), ("s", b"HTTP/1.1 204 No\r\n\r\n")]
    )
    packets = [in_udp(wire, 4789, b"\x08" + bytes(7) + frame) for frame in frames]
    result = read(wire.pcap([packets[0], packets[2], packets[1], *packets[3:]]))
    (request,) = result.http
    assert (request["uri"], request["status_code"], request["packet_first"]) == ("/in/tunnel", 204, 4)
    assert sorted((row["id_resp_p"], row["orig_pkts"]) for row in result.conn) == [(80, 5), (4789, 8)]


def test_nested_tunnels_end_at_a_depth(read: Any, wire: Any) -> None:
    from parsers.network.layers import DEPTH

    packet = inner4(wire)
    for number in range(40):
        packet = wire.ip(f"192.0.2.{number}", "198.51.100.1", 4, packet)
    result = read(wire.pcap([wire.ethernet(packet)] * 50))
    assert len(result.conn) == DEPTH + 1
    outermost = next(row for row in result.conn if "tunnel_parents" not in row)
    deepest = max(result.conn, key=lambda row: len(row.get("tunnel_parents", "")))
    assert len(deepest["tunnel_parents"].split(",")) == DEPTH
    assert deepest["tunnel_parents"].endswith(outermost["uid"])
    assert ("orig_l2_addr" in outermost, "orig_l2_addr" in deepest) == (True, False)
    assert result.reasons == [
        f"50 packets lie deeper than {DEPTH} tunnels, or behind as many others in one frame: not read; first is packet 1"
    ]


def test_inner_packets_that_are_malformed_are_told_as_such(read: Any, wire: Any) -> None:
    bad = bytearray(wire.ethernet(inner4(wire)))
    bad[14] = 0x41  # header of 4 bytes
    result = read(wire.pcap([in_udp(wire, 4789, b"\x08" + bytes(7) + bytes(bad))]))
    assert result.reasons == [
        "1 packets with a malformed IPv4 header: counted as damaged inside tunnels; first is packet 1"
    ]
    assert result.ledger.read == len(result.data)
