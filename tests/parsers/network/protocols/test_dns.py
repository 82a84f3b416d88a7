"""DNS messages by hand, and against dpkt and scapy."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parsers.network.protocols.dns.messages import message
from parsers.network.protocols.dns.names import name_at

QUESTION = b"\x03www\x07example\x03com\x00" + b"\x00\x01\x00\x01"  # www.example.com, A, IN


def header(number: int, bits: int, *counts: int) -> bytes:
    return struct.pack(">HHHHHH", number, bits, *counts)  # questions, answers, authorities, additional


def record(kind: int, data: bytes, ttl: int = 300) -> bytes:
    # name: pointer to byte 12, the question's name; type, class IN, TTL, length
    return b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def ask(wire: Any, data: bytes, sport: int = 40000, port: int = 53) -> bytes:
    packet: bytes = wire.udp((wire.client, sport, wire.server, port), data)
    return packet


def answer(wire: Any, data: bytes, sport: int = 40000, port: int = 53) -> bytes:
    packet: bytes = wire.udp((wire.server, port, wire.client, sport), data)
    return packet


def test_query_and_response_are_one_row(read: Any, wire: Any) -> None:
    query = header(0x1234, 0x0100, 1, 0, 0, 0) + QUESTION  # recursion desired
    reply = (
        header(0x1234, 0x8580, 1, 2, 0, 0)  # response, authoritative, recursion desired and available
        + QUESTION
        + record(5, b"\x03web\xc0\x10", 60)  # CNAME web.example.com: pointer into the question
        + record(1, bytes([192, 0, 2, 80]), 30)
    )
    result = read(wire.pcap([ask(wire, query), answer(wire, reply)], step=2500))
    (row,) = result.dns
    assert (row["event"], row["query"], row["qtype_name"], row["qclass_name"]) == (
        "dns.query",
        "www.example.com",
        "A",
        "C_INTERNET",
    )
    assert (row["answers"], row["TTLs"], row["rtt"]) == ("web.example.com,192.0.2.80", "60,30", 2_500_000)
    assert (row["rcode"], row["rcode_name"], row["outcome"], row["rejected"]) == (0, "NOERROR", "success", False)
    assert (row["AA"], row["TC"], row["RD"], row["RA"], row["Z"], row["trans_id"]) == (
        True,
        False,
        True,
        True,
        0,
        0x1234,
    )
    assert (row["record"], row["packet_first"], row["packet_last"], row["object"]) == (1, 1, 2, "www.example.com")
    assert (row["protocol"], row["uid"]) == ("dns", result.conn[0]["uid"])
    assert result.conn[0]["service"] == "dns"


def test_unanswered_query(read: Any, wire: Any) -> None:
    (row,) = read(wire.pcap([ask(wire, header(1, 0x0100, 1, 0, 0, 0) + QUESTION)])).dns
    assert (row["event"], row["query"]) == ("dns.query", "www.example.com")
    assert not {"rcode", "rtt", "answers", "outcome", "rejected"} & set(row)


def test_response_without_its_query(read: Any, wire: Any) -> None:
    (row,) = read(wire.pcap([answer(wire, header(1, 0x8183, 1, 0, 0, 0) + QUESTION)])).dns
    assert (row["event"], row["rcode_name"], row["outcome"], row["rejected"]) == (
        "dns.response",
        "NXDOMAIN",
        "failure",
        True,
    )


def test_two_queries_of_one_identifier_get_their_own_answers(read: Any, wire: Any) -> None:
    other = QUESTION[:-3] + b"\x1c\x00\x01"  # AAAA
    replies = header(7, 0x8180, 1, 1, 0, 0) + other + record(28, bytes(15) + b"\x01")
    packets = [ask(wire, header(7, 0x0100, 1, 0, 0, 0) + q) for q in (QUESTION, other)]
    rows = read(wire.pcap([*packets, answer(wire, replies)])).dns
    assert [(row["qtype_name"], row.get("answers")) for row in rows] == [("A", None), ("AAAA", "::1")]


def test_answer_without_a_question_joins_by_identifier_except_in_mdns(read: Any, wire: Any) -> None:
    query, refused = header(9, 0x0100, 1, 0, 0, 0) + QUESTION, header(9, 0x8105, 0, 0, 0, 0)
    (row,) = read(wire.pcap([ask(wire, query), answer(wire, refused)])).dns
    assert (row["query"], row["rcode_name"]) == ("www.example.com", "REFUSED")
    query, announced = header(0, 0, 1, 0, 0, 0) + QUESTION, header(0, 0x8400, 0, 0, 0, 0)
    rows = read(wire.pcap([ask(wire, query, 5353, 5353), answer(wire, announced, 5353, 5353)])).dns
    assert [row["event"] for row in rows] == ["dns.query", "dns.response"]


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        (2, b"\x02ns\xc0\x10", "ns.example.com"),
        (12, b"\x01a\x00", "a"),
        (6, b"\x02ns\xc0\x10\x01h\x00" + bytes(20), "ns.example.com"),  # SOA: the primary server
        (15, b"\x00\x0a\x04mail\xc0\x10", "mail.example.com"),  # MX after its preference
        (33, bytes(6) + b"\x03srv\xc0\x10", "srv.example.com"),
        (16, b"\x05hello\x02\xff!", "TXT 5 hello TXT 2 \\xff!"),
        (28, bytes.fromhex("20010db8000000000000000000000001"), "2001:db8::1"),
        # SOA and RRSIG, DS, DNSKEY, NSEC, SSHFP and LOC in the forms of Zeek's dns/main.zeek
        (46, struct.pack(">HBBIIIH", 1, 8, 2, 300, 2, 1, 7) + b"\x07example\x03com\x00sig", "RRSIG 1 example.com"),
        (43, b"\x12\x34\x08\x02" + bytes(32), "DS 8 2"),
        (48, b"\x01\x01\x03\x0dkey", "DNSKEY 13"),
        (47, b"\x01b\xc0\x10\x00\x01\x40", "NSEC www.example.com b.example.com"),
        (50, b"\x01\x00\x00\x00\x00\x00", "NSEC3"),
        (51, b"\x01\x00\x00\x00\x00", "NSEC3PARAM"),
        (44, b"\x01\x01\xab\xcd", "SSHFP: abcd"),
        (29, b"\x00\x12\x16\x13" + bytes(12), "LOC:  18 22 19"),
        (99, b"\x06v=spf1", "SPF 6 v=spf1"),
        (65534, b"\x08\x12\x34\x00\x01", "BIND9 signing signal"),
        # no form in Zeek: as in zone files
        (65, b"\x00\x01\x00", "HTTPS 1 ."),
        (
            65,
            b"\x00\x01\x00"
            + b"\x00\x01\x00\x06\x02h2\x02h3"
            + b"\x00\x03\x00\x02\x20\xfb"
            + b"\x00\x04\x00\x04\xc0\x00\x02\x01",
            "HTTPS 1 . alpn=h2/h3 port=8443 ipv4hint=192.0.2.1",
        ),
        (64, b"\x00\x00\x03svc\xc0\x10", "SVCB 0 svc.example.com"),
        (257, b"\x00\x05issueca.example", "CAA 0 issue ca.example"),
        (35, b"\x00\x64\x00\x0a\x01u\x07E2U+sip\x03!a!\x00", 'NAPTR 100 10 "u" "E2U+sip" "!a!" .'),
        (52, b"\x03\x01\x01\xaa\xbb", "TLSA 3 1 1 aabb"),
        (13, b"\x03ARM\x05LINUX", "HINFO ARM LINUX"),
        (256, b"\x00\x0a\x00\x01http://a.example", "URI 10 1 http://a.example"),
        (16, b"\x03a,b", "TXT 3 a\\x2cb"),  # a comma in an answer is no separator
        (60001, b"\xaa", "TYPE60001 aa"),
    ],
)
def test_answers_by_type(kind: int, data: bytes, text: str) -> None:
    found = message(header(1, 0x8180, 1, 1, 0, 0) + QUESTION + record(kind, data), 0, False)
    assert (found.answers, found.ttls, found.whole, found.exact) == ((text,), (300,), True, True)


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        (1, b"\x01\x02", "A 0102"),  # an address of two bytes
        (15, b"\x00", "MX 00"),  # a preference of one byte
        (65, b"\x00\x01\x00\x00\x01\xff\xff", "HTTPS 0001000001ffff"),  # a parameter longer than the record
        (2, b"\x05ab", "NS 056162"),  # a label longer than the record
    ],
)
def test_data_that_breaks_its_type_is_shown_in_hex(kind: int, data: bytes, text: str) -> None:
    found = message(header(1, 0x8180, 1, 1, 0, 0) + QUESTION + record(kind, data), 0, False)
    assert (found.answers, found.whole, [weird for weird, _ in found.odd]) == (
        (text,),
        True,
        ["DNS_RR_length_mismatch"],
    )


def test_several_questions_are_rows_of_one_packet(read: Any, wire: Any) -> None:
    data = (
        header(0, 0, 2, 0, 0, 0) + QUESTION + b"\x05_http\x04_tcp\x05local\x00\x00\x0c\x80\x01"
    )  # PTR, unicast asked for
    rows = read(wire.pcap([ask(wire, data, 5353, 5353)])).dns
    assert [(row["query"], row["qclass_name"]) for row in rows] == [
        ("www.example.com", "C_INTERNET"),
        ("_http._tcp.local", "C_INTERNET"),
    ]
    assert rows[0]["offset"] == rows[1]["offset"]


def test_messages_over_tcp(read: Any, wire: Any) -> None:
    query = header(3, 0x0100, 1, 0, 0, 0) + QUESTION
    reply = header(3, 0x8180, 1, 1, 0, 0) + QUESTION + record(1, bytes([192, 0, 2, 1]))
    framed = [struct.pack(">H", len(data)) + data for data in (query, reply)]
    sent = [("c", framed[0][:1]), ("c", framed[0][1:] + framed[0]), ("s", framed[1])]
    rows = read(wire.pcap(wire.session(sent, port=53))).dns
    assert [(row["proto"], row.get("answers")) for row in rows] == [("tcp", "192.0.2.1"), ("tcp", None)]


def test_odd_names_are_written_visibly() -> None:
    # a label with a dot, a NUL and a byte above ASCII, then upper case
    assert name_at(b"\x04a.\x00\xe9\x03COM\x00", 0, {}) == ("a\\x2e\\x00\\xe9.com", 10)


def test_a_message_full_of_pointers_costs_no_more_than_its_size() -> None:
    deep = b"".join(b"\x01a\xc0" + bytes([12 + 4 * at - 4]) for at in range(1, 60))  # each name leads to the one before
    chain = b"\x01a\x00\x00" + deep
    with pytest.raises(ValueError, match="follow one another without end"):
        name_at(bytes(12) + chain, 12 + 4 * 59, {})
    known: dict[int, str] = {}
    assert name_at(bytes(12) + chain, 12 + 4 * 30, known) == (".".join("a" * 31), 12 + 4 * 31)
    assert len(known) == 30


@pytest.mark.parametrize(
    "data",
    [
        b"\xc0\x00",  # a pointer to itself
        b"\x01a\xc0\x02",  # a pointer to itself, after a label
        b"\xc0\x04\x00\x00\x00",  # a pointer forward
        b"\x40",  # a label type that was never used
        b"\x05ab",  # a label beyond the end
        b"",
        b"\x3f" + b"a" * 63 + (b"\x3f" + b"b" * 63) * 4 + b"\x00",  # 320 bytes of name
    ],
)
def test_names_that_are_none(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"name|pointer|label"):
        name_at(data, 0, {})


def test_what_is_no_dns_on_its_port_is_told(read: Any, wire: Any) -> None:
    result = read(wire.pcap([ask(wire, b"not a message"), ask(wire, b"short")]))
    assert result.dns == []
    assert result.reasons == [
        "payload on a DNS port is no DNS message: more questions than any DNS message has; 2 times, first in packet 1"
    ]
    assert "service" not in result.conn[0]


def test_a_client_port_of_tcp_says_nothing(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session([("c", b"\x00\x05hello")], port=9999, sport=5353)))
    assert (result.dns, result.problems) == ([], [])


def test_a_cut_answer_keeps_the_question(read: Any, wire: Any) -> None:
    reply = header(1, 0x8180, 1, 2, 0, 0) + QUESTION + record(1, bytes([192, 0, 2, 1])) + record(1, b"1234")[:-3]
    (row,) = read(wire.pcap([answer(wire, reply)])).dns
    assert (row["query"], row["answers"], row["flags"]) == ("www.example.com", "192.0.2.1", "truncated")


labels = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=20)
names = st.lists(labels, min_size=1, max_size=5).map(".".join)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    names,
    st.lists(st.tuples(names, st.ip_addresses(v=4).map(str), st.integers(0, 2**31 - 1)), max_size=5),
    st.integers(0, 65535),
)
def test_messages_that_scapy_writes_read_as_dpkt_reads_them(
    query: str, found: list[tuple[str, str, int]], number: int
) -> None:
    import dpkt
    from scapy.layers.dns import DNS, DNSQR, DNSRR

    answers = [DNSRR(rrname=name, type="A", rdata=address, ttl=ttl) for name, address, ttl in found]
    raw = bytes(DNS(id=number, qr=1, rd=1, ra=1, qd=[DNSQR(qname=query)], an=answers))
    ours, theirs = message(raw, 0, False), dpkt.dns.DNS(raw)
    assert [name for name, _, _ in ours.questions] == [q.name for q in theirs.qd] == [query]
    assert ours.number == theirs.id == number
    assert list(zip(ours.answers, ours.ttls, strict=True)) == [(address, ttl) for _, address, ttl in found]
    assert [bytes(map(int, text.split("."))) for text in ours.answers] == [rr.ip for rr in theirs.an]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=120))
def test_any_bytes_are_a_message_or_a_value_error(data: bytes) -> None:
    try:
        found = message(data, 0, True)
    except ValueError:
        return
    assert len(found.questions) == int.from_bytes(data[4:6], "big")
