"""LDAP by hand (BER spelled out by its tags) and by scapy, over TCP and UDP; logons; StartTLS."""

from __future__ import annotations

import random
import struct
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parsers.network.protocols import ntlm
from parsers.network.protocols.ber import spans
from parsers.network.protocols.ldap.filters import filter_text


def ber(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    return bytes([tag]) + (bytes([size]) if size < 0x80 else b"\x84" + struct.pack(">I", size)) + body


def integer(value: int, tag: int = 0x02) -> bytes:
    return ber(tag, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def octets(value: bytes | str, tag: int = 0x04) -> bytes:
    return ber(tag, value.encode() if isinstance(value, str) else value)


def message(number: int, operation: bytes) -> bytes:
    return ber(0x30, integer(number), operation)


def bind(number: int, name: str, how: bytes) -> bytes:
    return message(number, ber(0x60, integer(3), octets(name), how))


def sasl(mechanism: str, secret: bytes) -> bytes:
    return ber(0xA3, octets(mechanism), octets(secret))


def result(number: int, tag: int, code: int, said: str = "", *more: bytes) -> bytes:
    return message(number, ber(tag, integer(code, 0x0A), octets(""), octets(said), *more))


WANTED = ber(
    0xA0, ber(0xA3, octets("objectClass"), octets("user")), ber(0xA2, octets("mail", 0x87))
)  # (&(objectClass=user)(!(mail=*)))


def search(number: int, base: str = "dc=corp,dc=example") -> bytes:
    limits = integer(0), integer(0), ber(0x01, b"\0")  # sizes, seconds, types only
    asked = (
        octets(base),
        integer(2, 0x0A),
        integer(0, 0x0A),
        *limits,
        WANTED,
        ber(0x30, octets("cn"), octets("memberOf")),
    )
    return message(number, ber(0x63, *asked))


def entry(number: int, name: str) -> bytes:
    return message(number, ber(0x64, octets(name), ber(0x30, ber(0x30, octets("cn"), ber(0x31, octets("x" * 200))))))


def told(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row.get(name) for name in names) for row in rows]


def speech() -> list[tuple[str, bytes]]:
    change = ber(0x30, integer(2, 0x0A), ber(0x30, octets("description"), ber(0x31, octets("x"))))
    return [
        ("c", bind(1, "cn=amina,dc=corp,dc=example", octets("s3cret", 0x80))),
        ("s", result(1, 0x61, 0)),
        ("c", search(2)),
        ("s", entry(2, "cn=one") + entry(2, "cn=two")),
        ("s", result(2, 0x65, 4, "size limit")),
        ("c", message(3, ber(0x66, octets("cn=one"), ber(0x30, change)))),
        ("s", result(3, 0x67, 50)),
        ("c", message(4, octets("cn=two", 0x4A))),
        ("s", result(4, 0x6B, 0)),
        ("c", message(5, ber(0x42))),
    ]


def test_operations(read: Any, wire: Any) -> None:
    seen = read(wire.pcap(wire.session(speech(), 389)))
    assert told(
        seen.ldap, "message_id", "version", "opcode", "object", "argument", "result", "outcome", "packet_last"
    ) == [
        (1, 3, "bind simple", "cn=amina,dc=corp,dc=example", None, "success", "success", 5),
        (3, None, "modify", "cn=one", "replace description", "insufficient access rights", "failure", 10),
        (4, None, "delete", "cn=two", None, "success", "success", 12),
        (5, None, "unbind", None, None, None, None, 13),
    ]
    (row,) = seen.ldap_search
    assert {
        "scope": "tree", "deref_aliases": "never", "base_object": "dc=corp,dc=example", "result_count": 2, "attributes": "cn,memberOf",
        "result": "size limit exceeded", "diagnostic_message": "size limit", "filter": "(&(objectClass=user)(!(mail=*)))",
        "user": "cn=amina,dc=corp,dc=example", "packet_first": 6, "packet_last": 8,
    }.items() <= row.items()  # fmt: skip
    assert told(seen.credentials, "scheme", "username", "secret", "accepted") == [
        ("simple", "cn=amina,dc=corp,dc=example", "s3cret", True)
    ]
    assert (seen.conn[0]["service"], seen.problems) == ("ldap", [])


def attribute(name: str) -> bytes:
    return ber(0x30, octets(name), ber(0x31))


@pytest.mark.parametrize(
    ("operation", "opcode", "thing", "argument"),
    [
        (ber(0x68, octets("cn=new"), ber(0x30, attribute("cn"), attribute("sn"))), "add", "cn=new", "cn,sn"),
        (ber(0x6C, octets("cn=a"), octets("cn=b"), ber(0x01, b"\xff"), octets("ou=x", 0x80)), "modify", "cn=a", "cn=b,ou=x"),
        (ber(0x6E, octets("cn=a"), ber(0x30, octets("role"), octets("admin"))), "compare", "cn=a", "role=admin"),
        (integer(7, 0x50), "abandon", None, "7"),
        (ber(0x77, octets("1.3.6.1.4.1.4203.1.11.3", 0x80)), "extended", "1.3.6.1.4.1.4203.1.11.3 (whoami)", None),
    ],
)  # fmt: skip
def test_what_is_asked(
    read: Any, wire: Any, operation: bytes, opcode: str, thing: str | None, argument: str | None
) -> None:
    (row,) = read(wire.pcap(wire.session([("c", message(9, operation))], 389))).ldap
    assert told([row], "opcode", "object", "argument") == [(opcode, thing, argument)]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        # RFC 4515 section 4: examples
        (ber(0xA4, octets("o"), ber(0x30, octets("univ", 0x80), octets("of", 0x81), octets("mich", 0x81))), "(o=univ*of*mich*)"),
        (ber(0xA4, octets("cn"), ber(0x30, octets("J", 0x81), octets("n", 0x82))), "(cn=*J*n)"),
        (ber(0xA9, octets("cn", 0x82), octets("1.2.3", 0x81), octets("Fred", 0x83)), "(cn:1.2.3:=Fred)"),
        (ber(0xA9, octets("o", 0x82), octets("Ace", 0x83), ber(0x84, b"\xff")), "(o:dn:=Ace)"),
        (ber(0xA3, octets("o"), octets("Parens R Us (for all)")), "(o=Parens R Us \\28for all\\29)"),
        (ber(0xA3, octets("bin"), octets(b"\x00\x00\x00\x04")), "(bin=\\00\\00\\00\\04)"),
        (ber(0xA3, octets("sn"), octets("Lučić")), "(sn=Lučić)"),
        (ber(0xA1, ber(0xA5, octets("n"), octets("5")), ber(0xA6, octets("n"), octets("9"))), "(|(n>=5)(n<=9))"),
    ],
)  # fmt: skip
def test_filters(raw: bytes, text: str) -> None:
    assert filter_text(raw, spans(raw, (0, len(raw)))[0]) == text


def test_filters_nested_without_end() -> None:
    raw = octets("a", 0x87)
    for _ in range(40):
        raw = ber(0xA2, raw)
    with pytest.raises(ValueError, match="nested more than 32"):
        filter_text(raw, spans(raw, (0, len(raw)))[0])


def test_logons_by_sasl(read: Any, wire: Any) -> None:
    challenge = struct.pack("<8sIHHII8s", ntlm.SIGNATURE, 2, 0, 0, 48, 1, b"12345678") + bytes(16)
    nt, user = bytes(range(48)), "amina".encode("utf-16-le")
    places = ((0, 64), (48, 64), (0, 112), (10, 112), (0, 122), (0, 122))
    fields = b"".join(struct.pack("<HHI", size, size, at) for size, at in places)
    answer = struct.pack("<8sI", ntlm.SIGNATURE, 3) + fields + struct.pack("<I", 1) + nt + user
    sent = [
        ("c", bind(1, "", sasl("PLAIN", b"\0salma\0pa55"))),
        ("s", result(1, 0x61, 49, "no")),
        ("c", bind(2, "", sasl("CRAM-MD5", b""))),
        ("s", result(2, 0x61, 14, "", octets("<1@srv.example>", 0x87))),
        ("c", bind(3, "", sasl("CRAM-MD5", b"salma 0123abcd"))),
        ("s", result(3, 0x61, 0)),
        ("c", bind(4, "", sasl("GSS-SPNEGO", struct.pack("<8sII", ntlm.SIGNATURE, 1, 0)))),
        ("s", result(4, 0x61, 14, "", octets(challenge, 0x87))),
        ("c", bind(5, "", sasl("GSS-SPNEGO", answer))),
        ("s", result(5, 0x61, 0)),
        ("c", search(6)),
    ]
    seen = read(wire.pcap(wire.session(sent, 389)))
    assert told(seen.credentials, "scheme", "username", "secret", "challenge", "accepted") == [
        ("plain", "salma", "pa55", None, False),
        ("cram-md5", "salma", "0123abcd", "<1@srv.example>", True),
        ("ntlmv2", "amina", nt.hex(), b"12345678".hex(), True),
    ]
    assert told(seen.ntlm, "username", "service", "success") == [("amina", "ldap", True)]
    assert told(seen.ldap, "opcode", "argument", "outcome")[1:3] == [
        ("bind SASL", "CRAM-MD5", None), ("bind SASL", "CRAM-MD5", "success"),
    ]  # fmt: skip
    assert told(seen.ldap_search, "user") == [("amina",)]


def test_start_tls_hands_the_flow_on(read: Any, wire: Any) -> None:
    extended = message(1, ber(0x77, octets("1.3.6.1.4.1.1466.20037", 0x80)))
    # handshake record, TLS 1.0; client hello: version 3.3, random, no session, one suite, no compression
    hello = bytes.fromhex("16030100" + "2d" + "01000029" + "0303" + "00" * 32 + "00" + "0002002f" + "0100")
    sent = [("c", extended), ("s", result(1, 0x78, 0)), ("c", hello)]
    seen = read(wire.pcap(wire.session(sent, 389)))
    assert told(seen.ldap, "object", "result") == [("1.3.6.1.4.1.1466.20037 (StartTLS)", "success")]
    assert (len(seen.ssl), seen.conn[0]["service"], seen.weird) == (1, "ldap,ssl", [])
    refused = read(
        wire.pcap(wire.session([("c", extended + search(2)), ("s", result(1, 0x78, 2) + result(2, 0x65, 0))], 389))
    )
    assert told(refused.ldap_search, "result", "result_count") == [("success", 0)]


def test_over_udp_several_messages_are_one_datagram(read: Any, wire: Any) -> None:
    ends = (wire.client, 50000, wire.server, 389), (wire.server, 389, wire.client, 50000)
    packets = [wire.udp(ends[0], search(1, "")), wire.udp(ends[1], entry(1, "") + result(1, 0x65, 0))]
    seen = read(wire.pcap(packets))
    assert told(seen.ldap_search, "result_count", "result", "packet_first", "packet_last") == [(1, "success", 1, 2)]
    assert seen.conn[0]["service"] == "ldap"


def test_protected_messages_are_said(read: Any, wire: Any) -> None:
    sealed = struct.pack(">I", 60) + b"\x05\x04\x06\xff" + bytes(56)
    seen = read(wire.pcap(wire.session([*speech()[:2], ("c", sealed), ("s", sealed)], 389)))
    assert {row["name"] for row in seen.weird} == {"ldap_protected"}
    assert told(seen.ldap, "opcode") == [("bind simple",)]


def test_lost_cut_damaged_and_mixed(read: Any, wire: Any) -> None:
    packets = wire.session(speech(), 389)
    whole = read(wire.pcap(packets))
    for lost in range(3, len(packets) - 3):
        seen = read(wire.pcap(packets[:lost] + packets[lost + 1 :]))
        assert len(seen.ldap) + len(seen.ldap_search) >= len(whole.ldap) + len(whole.ldap_search) - 1
    records = [wire.pcap_record(packet, wire.start, at) for at, packet in enumerate(packets)]
    names = ("time", "message_id", "opcode", "object", "result")
    mixed = read(wire.pcap_head() + b"".join(random.Random(2).sample(records, len(records))))
    ordered = read(wire.pcap_head() + b"".join(records))
    assert sorted(told(mixed.ldap, *names), key=str) == sorted(told(ordered.ldap, *names), key=str)
    cut = [wire.pcap_record(p[:80], wire.start, n, wire=len(p)) for n, p in enumerate(packets)]
    seen = read(wire.pcap_head(snaplen=80) + b"".join(cut))
    assert {row["name"] for row in seen.weird} == {"ldap_malformed"}
    assert ("delete",) in told(seen.ldap, "opcode")
    asked = speech()[2][1]
    damaged = wire.session([*speech()[:2], ("c", asked[:20] + b"\xff" * 8 + asked[28:]), *speech()[5:]], 389)
    seen = read(wire.pcap(damaged))
    assert told(seen.ldap, "opcode") == [("bind simple",), ("modify",), ("delete",), ("unbind",)]
    assert [row["name"] for row in seen.weird] == ["ldap_malformed"]


def test_scapy_messages(read: Any, wire: Any) -> None:
    from scapy.layers.ldap import LDAP, LDAP_Authentication_simple, LDAP_BindRequest, LDAP_BindResponse

    ask = LDAP(
        messageID=1,
        protocolOp=LDAP_BindRequest(version=3, bind_name=b"cn=scapy", authentication=LDAP_Authentication_simple(b"pw")),
    )
    answer = LDAP(messageID=1, protocolOp=LDAP_BindResponse(resultCode=49, matchedDN=b"", diagnosticMessage=b"bad"))
    seen = read(wire.pcap(wire.session([("c", bytes(ask)), ("s", bytes(answer))], 389)))
    assert told(seen.ldap, "opcode", "object", "result", "diagnostic_message") == [
        ("bind simple", "cn=scapy", "invalid credentials", "bad")
    ]
    assert told(seen.credentials, "secret", "accepted") == [("pw", False)]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=40), at=st.integers(0, 120), which=st.integers(0, 9))
def test_any_bytes(read: Any, wire: Any, data: bytes, at: int, which: int) -> None:
    sent = speech()[which][1]
    broken = sent[:at] + data + sent[at + len(data) :]
    read(wire.pcap([*wire.session([("c", broken)], 389), wire.udp((wire.client, 1, wire.server, 389), broken)]))
