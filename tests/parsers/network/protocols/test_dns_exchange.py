"""Queries and responses in every order, on every port, whole and broken; NetBIOS names."""

from __future__ import annotations

import random
import struct
from typing import Any

import pytest

from parsers.network.protocols.dns.messages import message
from parsers.network.protocols.dns.names import netbios
from tests.parsers.network.protocols.hardships import moved

QUESTION = b"\x03www\x07example\x03com\x00" + b"\x00\x01\x00\x01"  # www.example.com, A, IN
HELD = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 300, 4) + bytes([192, 0, 2, 80])  # A 192.0.2.80


def header(number: int, bits: int, *counts: int) -> bytes:
    return struct.pack(">HHHHHH", number, bits, *counts)  # questions, answers, authorities, additional


def query(number: int, question: bytes = QUESTION) -> bytes:
    return header(number, 0x0100, 1, 0, 0, 0) + question


def reply(number: int, question: bytes = QUESTION) -> bytes:
    return header(number, 0x8180, 1, 1, 0, 0) + question + HELD


def up(wire: Any, data: bytes, port: int = 53, sport: int = 40000) -> bytes:
    packet: bytes = wire.udp((wire.client, sport, wire.server, port), data)
    return packet


def down(wire: Any, data: bytes, port: int = 53, sport: int = 40000) -> bytes:
    packet: bytes = wire.udp((wire.server, port, wire.client, sport), data)
    return packet


def known(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return sorted((r["trans_id"], r["query"], r.get("answers"), r["rcode_name"], r.get("rtt")) for r in rows)


def test_packets_shuffled_in_the_file_give_the_same_rows(read: Any, wire: Any) -> None:
    packets = [p for n in range(1, 9) for p in (up(wire, query(n)), down(wire, reply(n)))]
    records = [wire.pcap_record(packet, wire.start + at) for at, packet in enumerate(packets)]
    straight = read(wire.pcap_head() + b"".join(records))
    random.Random(3).shuffle(records)
    shuffled = read(wire.pcap_head() + b"".join(records))
    assert known(straight.dns) == known(shuffled.dns)
    assert [row["rtt"] for row in straight.dns] == [10**9] * 8


def test_a_response_captured_before_its_query_is_joined_without_a_round_trip_time(read: Any, wire: Any) -> None:
    result = read(wire.pcap([down(wire, reply(5)), up(wire, query(5))]))
    (row,) = result.dns
    assert (row["event"], row["answers"], row["packet_first"], row["packet_last"]) == ("dns.query", "192.0.2.80", 2, 1)
    assert "rtt" not in row
    assert result.weird == []


def test_a_query_long_after_a_response_is_not_its_query(read: Any, wire: Any) -> None:
    result = read(wire.pcap([down(wire, reply(5)), up(wire, query(5))], step=1_500_000))
    assert [(row["event"], row.get("answers")) for row in result.dns] == [
        ("dns.response", "192.0.2.80"),
        ("dns.query", None),
    ]
    assert [(row["name"], row["packet_first"]) for row in result.weird] == [("dns_unmatched_reply", 1)]


def test_repeated_queries_are_marked_and_the_first_is_answered(read: Any, wire: Any) -> None:
    rows = read(wire.pcap([up(wire, query(5)), up(wire, query(5)), down(wire, reply(5)), up(wire, query(5))])).dns
    assert [(r.get("retransmission"), r.get("answers")) for r in rows] == [
        (None, "192.0.2.80"),
        (True, None),
        (None, None),  # asked again after the answer: a question of its own
    ]


def test_edns(read: Any, wire: Any) -> None:
    subnet = struct.pack(">HHHBB", 8, 7, 1, 24, 0) + bytes([198, 51, 100])  # code, size, IPv4, 24 bits, scope, address
    opt = b"\x00" + struct.pack(">HHIH", 41, 1232, 0x8000, len(subnet)) + subnet  # root, OPT, payload size, DO, length
    (row,) = read(wire.pcap([up(wire, header(1, 0x0100, 1, 0, 0, 1) + QUESTION + opt)])).dns
    assert (row["edns_udp_size"], row["edns_do"], row["edns_client_subnet"]) == (1232, True, "198.51.100.0/24")


@pytest.mark.parametrize("port", [53, 8053])
def test_tcp_in_segments_of_one_byte_and_pipelined(read: Any, wire: Any, port: int) -> None:
    asked = b"".join(struct.pack(">H", len(query(n))) + query(n) for n in (1, 2, 3))
    said = b"".join(struct.pack(">H", len(reply(n))) + reply(n) for n in (3, 1, 2))
    sent = [("c", asked[at : at + 1]) for at in range(len(asked))] + [("s", said)]
    result = read(wire.pcap(wire.session(sent, port=port)))
    assert [(row["trans_id"], row["answers"], row["proto"]) for row in result.dns] == [
        (n, "192.0.2.80", "tcp") for n in (1, 2, 3)
    ]
    assert result.conn[0]["service"] == "dns"


def test_another_port_speaks_dns_only_if_every_byte_does(read: Any, wire: Any) -> None:
    whole = [up(wire, query(7), 9953), down(wire, reply(7), 9953)]
    (row,) = read(wire.pcap(whole)).dns
    assert (row["query"], row["answers"]) == ("www.example.com", "192.0.2.80")
    for spoilt in (query(7) + b"\x00", query(7)[:-1], query(7, QUESTION[:-2] + b"\x00\x09"), b"\x00\x01" * 40):
        result = read(wire.pcap([up(wire, spoilt, 9953)]))
        assert (result.dns, result.problems) == ([], [])
        assert "service" not in result.conn[0]


def test_weird_names(read: Any, wire: Any) -> None:
    short = header(1, 0x8180, 1, 2, 0, 0) + QUESTION + HELD + HELD[:-3]
    payloads = [
        b"\x00\x01",
        header(1, 0x0100, 65, 0, 0, 0) + QUESTION,
        header(1, 0x0100, 1, 0, 0, 0) + QUESTION[:-2],
        header(1, 0x0100, 1, 0, 0, 0) + b"\xc0\x40\x00\x01\x00\x01",
        header(1, 0x0100, 1, 0, 0, 0) + b"\x3fabc",
        header(1, 0x0100, 1, 0, 0, 0) + b"\x45abc",
        short,
    ]
    result = read(wire.pcap([up(wire, data) for data in payloads]))
    assert sorted((row["packet_first"], row["name"]) for row in result.weird) == [
        (1, "DNS_truncated_len_lt_hdr_len"),
        (2, "DNS_Conn_count_too_large"),
        (3, "DNS_truncated_quest_too_short"),
        (4, "DNS_label_forward_compress_offset"),
        (5, "DNS_label_len_gt_pkt"),
        (6, "DNS_label_too_long"),
        (7, "DNS_truncated_RR_rdlength_lt_len"),
        (7, "dns_unmatched_reply"),
    ]
    assert [(row["answers"], row["flags"]) for row in result.dns] == [("192.0.2.80", "truncated")]


def test_many_records_are_bounded() -> None:
    data = header(1, 0x8180, 1, 4_000, 0, 0) + QUESTION + HELD * 4_000
    found = message(data, 0, False)
    assert (len(found.answers), found.whole) == (512, False)


def test_more_messages_than_are_read_are_told(read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parsers.network.protocols.dns.MESSAGES", 3)
    result = read(wire.pcap([up(wire, query(number)) for number in range(1, 6)]))
    assert [row["trans_id"] for row in result.dns] == [1, 2, 3]
    assert [row["name"] for row in result.weird] == ["dns_too_many_messages"]


def spelt(name: str, suffix: int) -> bytes:
    """A NetBIOS name as RFC 1001 section 14.1 spells it: two letters for each of its 16 bytes."""
    raw = name.encode().ljust(15) + bytes([suffix])
    return b"\x20" + bytes(0x41 + half for b in raw for half in (b >> 4, b & 15)) + b"\x00"


def test_netbios_query_and_answer(read: Any, wire: Any) -> None:
    name = spelt("FILESERVER", 0x20)
    asked = header(9, 0x0110, 1, 0, 0, 0) + name + b"\x00\x20\x00\x01"  # broadcast, NB, IN
    # positive response: no question, the name in the answer; flags and address
    held = name + struct.pack(">HHIH", 0x20, 1, 300_000, 6) + b"\x00\x00" + bytes([198, 51, 100, 20])
    said = header(9, 0x8500, 0, 1, 0, 0) + held
    (row,) = read(wire.pcap([up(wire, asked, 137, 137), down(wire, said, 137, 137)])).dns
    assert (row["query"], row["netbios_suffix"], row["qtype_name"], row["answers"]) == (
        "FILESERVER",
        "20",
        "NB",
        "198.51.100.20",
    )
    (alone,) = read(wire.pcap([down(wire, said, 137, 137)])).dns
    assert (alone["event"], alone["query"], alone["netbios_suffix"]) == ("dns.response", "FILESERVER", "20")


def test_netbios_node_status(read: Any, wire: Any) -> None:
    star = b"\x20CK" + b"A" * 30 + b"\x00"  # the wildcard: `*` and 15 NULs
    asked = header(9, 0, 1, 0, 0, 0) + star + b"\x00\x21\x00\x01"
    names = b"\x02" + b"PC01".ljust(15) + b"\x00\x04\x00" + b"GROUP".ljust(15) + b"\x1e\x84\x00"
    data = names + b"\x02\x00\x00\x00\x00\x01" + bytes(40)  # two names with flags, hardware address, statistics
    said = header(9, 0x8400, 0, 1, 0, 0) + star + struct.pack(">HHIH", 0x21, 1, 0, len(data)) + data
    (row,) = read(wire.pcap([up(wire, asked, 137, 137), down(wire, said, 137, 137)])).dns
    assert (row["query"], row["qtype_name"]) == ("*", "NBSTAT")
    assert row["answers"] == "PC01<00> GROUP<1e> 02:00:00:00:00:01"


def test_what_is_no_netbios_name_stays_as_it_is() -> None:
    assert netbios("fhepfcelehfceofa" * 2)[1] is not None
    assert netbios("short.example") == ("short.example", None)
    assert netbios("z" * 32) == ("z" * 32, None)


def test_scapy_messages_damaged_and_cut(read: Any, wire: Any) -> None:
    from scapy.layers.dns import DNS, DNSQR, DNSRR, DNSRRSOA

    asked = bytes(DNS(id=77, rd=1, qd=[DNSQR(qname="mail.example.org", qtype="SOA")]))
    soa = DNSRRSOA(rrname="example.org", mname="ns1.example.org", rname="admin.example.org", serial=1, ttl=60)
    held = DNSRR(rrname="example.org", type="TXT", rdata=[b"hello"], ttl=30)
    said = bytes(DNS(id=77, qr=1, ra=1, qd=[DNSQR(qname="mail.example.org", qtype="SOA")], an=[soa, held]))
    (row,) = read(wire.pcap([up(wire, asked), down(wire, said)])).dns
    assert (row["query"], row["answers"], row["TTLs"]) == ("mail.example.org", "ns1.example.org,TXT 5 hello", "60,30")
    chance = random.Random(11)
    among: list[bytes] = []
    for at in range(60):
        spoilt = bytearray(said)
        for _ in range(4):
            spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        four = [up(wire, asked), down(wire, bytes(spoilt)), up(wire, query(8)), down(wire, reply(8))]
        among += [moved(packet, at) for packet in four]
        if at % 10 == 0:
            found = [(r.get("query"), r.get("answers")) for r in read(wire.pcap(four)).dns]
            assert ("www.example.com", "192.0.2.80") in found
    right = [
        r for r in read(wire.pcap(among)).dns if (r.get("query"), r.get("answers")) == ("www.example.com", "192.0.2.80")
    ]
    assert {row["src_ip"] for row in right} >= {f"192.0.2.{10 + at}" for at in range(60)}
    cut = [[up(wire, asked), down(wire, said[:size])] for size in range(0, len(said), 5)]
    for packets in cut[::6]:
        assert read(wire.pcap(packets)).dns[0]["query"] == "mail.example.org"
    result = read(wire.pcap([moved(packet, at) for at, packets in enumerate(cut) for packet in packets]))
    asks = {row["src_ip"] for row in result.dns if row.get("query") == "mail.example.org"}
    assert asks == {f"192.0.2.{10 + at}" for at in range(len(cut))}
