"""XMPP by hand: streams, TLS inside, logins in clear, and what is no stream."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.parsers.network.protocols.test_ssl import FINISHED, client, record, server

OPEN = b"<?xml version='1.0'?><stream:stream to='example.com' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
FEATURES = (
    b"<?xml version='1.0'?><stream:stream from='example.com' id='1' xmlns='jabber:client'><stream:features>"
    b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
    b"<mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism></mechanisms></stream:features>"
)
START = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
PROCEED = b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
SECURED = [
    ("c", OPEN),
    ("s", FEATURES),
    ("c", START),
    ("s", PROCEED),
    ("c", record(22, client())),
    ("s", record(22, server()) + FINISHED),
]
LOGIN = b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>%s</auth>" % base64.b64encode(
    b"\0alice\0secret"
)


def test_step_to_tls(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session([*SECURED, ("c", FINISHED)], port=5222)))
    (row,) = result.xmpp
    assert (row["domain"], row["peer"], row["mechanisms"]) == ("example.com", "client", "SCRAM-SHA-1,PLAIN")
    assert (row["starttls_offered"], row["starttls"], row["object"]) == (True, True, "example.com")
    assert (row["packet_first"], row["packet_last"]) == (4, 7)
    assert (result.ssl[0]["server_name"], result.ssl[0]["established"]) == ("www.example.com", True)
    assert (result.conn[0]["service"], result.problems, result.credentials) == ("xmpp,ssl", [], [])


@pytest.mark.parametrize(("verdict", "accepted"), [(b"success", True), (b"failure", False)])
def test_a_login_in_clear(read: Any, wire: Any, verdict: bytes, accepted: bool) -> None:
    answer = b"<" + verdict + b" xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
    result = read(wire.pcap(wire.session([("c", OPEN), ("s", FEATURES), ("c", LOGIN), ("s", answer)])))
    (row,) = result.credentials
    assert (row["scheme"], row["username"], row["secret"], row["realm"]) == ("plain", "alice", "secret", "example.com")
    assert (row["accepted"], row["packet_first"]) == (accepted, 6)
    assert (result.xmpp[0]["outcome"], result.xmpp[0]["mechanism"]) == (verdict.decode(), "PLAIN")


def test_server_to_server_and_one_side(read: Any, wire: Any) -> None:
    opened = OPEN.replace(b"jabber:client", b"jabber:server")
    (row,) = read(wire.pcap(wire.session([("c", opened)], port=5269))).xmpp
    assert (row["peer"], row["domain"], row["starttls"]) == ("server", "example.com", False)


def test_no_stream_odd_login_and_order(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session([("c", b"<stream" + b"<" * 5000)])))
    assert (result.xmpp, [row["name"] for row in result.weird]) == ([], ["xmpp_no_stream"])
    odd = LOGIN.replace(b"mechanism='PLAIN'>", b"mechanism='PLAIN'>!")
    assert read(wire.pcap(wire.session([("c", OPEN + odd), ("s", FEATURES)]))).credentials == []
    records = [wire.pcap_record(one, wire.start + at) for at, one in enumerate(wire.session(SECURED))]
    turned = read(wire.pcap_head() + b"".join(records[::-1]))
    assert (turned.xmpp[0]["starttls"], turned.ssl[0]["server_name"]) == (True, "www.example.com")


def test_scapy_carries_it_damaged_and_cut(read: Any, wire: Any, tmp_path: Any) -> None:
    from scapy.layers.inet import IP, TCP
    from scapy.layers.l2 import Ether
    from scapy.utils import wrpcap

    up = (
        Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
        / IP(src="192.0.2.10", dst="198.51.100.20")
        / TCP(sport=50000, dport=5222, flags="PA", seq=1)
    )
    down = (
        Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
        / IP(src="198.51.100.20", dst="192.0.2.10")
        / TCP(sport=5222, dport=50000, flags="PA", seq=1)
    )
    wrpcap(str(tmp_path / "x.pcap"), [up / (OPEN + START), down / (FEATURES + PROCEED)])
    data = (tmp_path / "x.pcap").read_bytes()
    assert read(data).xmpp[0]["starttls"] is True
    for at in range(100, len(data), 41):
        damaged = bytearray(data)
        damaged[at] ^= 0x55
        assert len(read(bytes(damaged)).xmpp) <= 2
        assert len(read(data[:at]).xmpp) <= 1
