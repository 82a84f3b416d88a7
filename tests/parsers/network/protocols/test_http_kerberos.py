"""Kerberos tickets over HTTP (RFC 4559), by hand and by scapy: in SPNEGO, bare, refused, repeated, to a proxy, cut and damaged."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.parsers.network.protocols.hardships import bear, by_scapy
from tests.parsers.network.protocols.test_kerberos import CIPHER, der, integer, name, realm, sealed

SPNEGO, KRB5 = (
    bytes.fromhex("06062b0601050502"),
    bytes.fromhex("06092a864886f712010202"),
)  # 1.3.6.1.5.5.2, 1.2.840.113554.1.2.2


def presented(service: str, cipher: bytes = CIPHER) -> bytes:
    """A bare GSS-API token (RFC 4121 section 4.1) with an AP-REQ: [0] version, [1] kind, [2] options, [3] ticket, [4] authenticator."""
    sealed_in = der(0xA3, sealed(18, cipher))
    shown = der(0x61, der(0x30, der(0xA0, integer(5)), der(0xA1, realm()), der(0xA2, name("HTTP", service)), sealed_in))
    parts = (der(0xA0, integer(5)), der(0xA1, integer(14)), der(0xA2, der(0x03, bytes(5))), der(0xA3, shown))
    return der(0x60, KRB5 + b"\x01\x00" + der(0x6E, der(0x30, *parts, der(0xA4, sealed(18)))))


def wrapped(service: str) -> bytes:
    """NegTokenInit (RFC 4178 section 4.2.1): [0] mechanisms, [2] the token of the first."""
    token = der(0xA2, der(0x04, presented(service)))
    return der(0x60, SPNEGO, der(0xA0, der(0x30, der(0xA0, der(0x30, KRB5)), token)))


def ask(blob: bytes, scheme: bytes = b"Negotiate", field: bytes = b"Authorization") -> bytes:
    return (
        b"GET /a HTTP/1.1\r\nHost: www.example.com\r\n"
        + field
        + b": "
        + scheme
        + b" "
        + base64.b64encode(blob)
        + b"\r\n\r\n"
    )


def answer(status: bytes) -> bytes:
    return b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize("scheme", [b"Negotiate", b"negotiate", b"Kerberos"])
@pytest.mark.parametrize("wrap", [wrapped, presented])
@pytest.mark.parametrize(("status", "success"), [(b"200 OK", True), (b"401 Unauthorized", False)])
def test_a_ticket(read: Any, wire: Any, scheme: bytes, wrap: Any, status: bytes, success: bool) -> None:
    sent = [("c", ask(wrap("www.example.com"), scheme)), ("s", answer(status))]
    result = read(wire.pcap(wire.session(sent)))
    (use,) = result.kerberos
    assert (use["event"], use["request_type"], use["service"], use["realm"], use["carrier"], use["success"]) == (
        "kerberos.use", "AP", "HTTP/www.example.com", "CORP.EXAMPLE", "http", success,
    )  # fmt: skip
    assert (use["packet_first"], use["packet_last"]) == (4, 4)
    assert (result.ntlm, result.credentials) == ([], [])
    assert result.conn[0]["service"] == "http"


def test_one_that_is_sent_with_every_request_is_told_once(read: Any, wire: Any) -> None:
    same, other = ask(wrapped("www.example.com")), ask(wrapped("intranet.example"))
    sent = [("c", same), ("s", answer(b"200 OK"))] * 3 + [("c", other), ("s", answer(b"200 OK"))]
    result = read(wire.pcap(wire.session(sent)))
    assert [row["service"] for row in result.kerberos] == ["HTTP/www.example.com", "HTTP/intranet.example"]


def test_to_a_proxy(read: Any, wire: Any) -> None:
    blob = wrapped("proxy.example")
    refused = answer(b"407 Proxy Authentication Required")
    result = read(wire.pcap(wire.session([("c", ask(blob, field=b"Proxy-Authorization")), ("s", refused)], port=3128)))
    assert [(row["service"], row["success"]) for row in result.kerberos] == [("HTTP/proxy.example", False)]


def test_a_large_ticket(read: Any, wire: Any) -> None:
    """One of 20,000 bytes, as of a user of hundreds of groups, whose text is longer than other fields may be."""
    blob = presented("www.example.com", CIPHER * 500)
    assert len(blob) > 20_000
    words = ask(blob)
    turns = [("c", words[at : at + 1400]) for at in range(0, len(words), 1400)]
    result = read(wire.pcap(wire.session([*turns, ("s", answer(b"200 OK"))])))
    assert [row["service"] for row in result.kerberos] == ["HTTP/www.example.com"]


@pytest.mark.parametrize(
    "blob", [wrapped("www.example.com")[:-30], KRB5 + b"\x01\x00\x6e\x84\xff\xff\xff\xff", b"\x60", b""]
)
def test_cut_tickets_tell_nothing(read: Any, wire: Any, blob: bytes) -> None:
    result = read(wire.pcap(wire.session([("c", ask(blob)), ("s", answer(b"200 OK"))])))
    assert (len(result.http), result.kerberos) == (1, [])


def test_shuffled_damaged_and_cut(read: Any, wire: Any) -> None:
    sent = [("c", ask(wrapped("www.example.com"))), ("s", answer(b"200 OK"))]
    bear(read, wire, wire.session(sent), "kerberos", "http")


def test_by_scapy(read: Any, tmp_path: Path) -> None:
    from scapy.asn1.asn1 import ASN1_OID
    from scapy.layers.gssapi import GSSAPI_BLOB
    from scapy.layers.kerberos import KRB_AP_REQ, Kerberos, KRB_GSSAPI_Token, KRB_InnerToken, KRB_Ticket, PrincipalName
    from scapy.layers.spnego import SPNEGO_MechType, SPNEGO_negToken, SPNEGO_negTokenInit, SPNEGO_Token

    use = KRB_AP_REQ(ticket=KRB_Ticket(realm="CORP.EXAMPLE", sname=PrincipalName.fromSPN("HTTP/www.example.com")))
    inner = KRB_GSSAPI_Token(MechType="1.2.840.113554.1.2.2", innerToken=KRB_InnerToken(TOK_ID=b"\x01\x00", root=use))
    init = SPNEGO_negTokenInit(mechTypes=[SPNEGO_MechType(oid=ASN1_OID("1.2.840.113554.1.2.2"))])
    init.mechToken = SPNEGO_Token(value=bytes(inner))
    blob = bytes(GSSAPI_BLOB(innerToken=SPNEGO_negToken(token=init)))
    assert Kerberos is not None
    result = read(by_scapy(tmp_path, [("c", ask(blob)), ("s", answer(b"200 OK"))], 80))
    assert [(row["service"], row["carrier"]) for row in result.kerberos] == [("HTTP/www.example.com", "http")]
