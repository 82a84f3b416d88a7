"""Certificates by hand and by an independent writer: their fields, what is true of them at the capture's time, and broken ones."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.network.protocols.certificate_fields import certificate as fields
from parsers.network.protocols.certificates import chain
from tests.parsers.network.protocols.test_ssl import CLIENT_EXTENSIONS, client, handshake, record, server, vector


def shown(read: Any, wire: Any, *certificates: bytes, before: bytes = b"") -> Any:
    """The reading of a connection whose server shows these certificates."""
    message = handshake(11, vector(b"".join(vector(one, 3) for one in certificates), 3))
    return read(
        wire.pcap(wire.session([("c", record(22, client(CLIENT_EXTENSIONS))), ("s", record(22, server() + message))]))
    )


def test_fields(read: Any, wire: Any, certificate: bytes) -> None:
    result = shown(read, wire, certificate)
    (row,) = result.x509
    assert row["fingerprint"] == hashlib.sha256(certificate).hexdigest()
    assert row["sha1"] == hashlib.sha1(certificate, usedforsecurity=False).hexdigest()
    expected = {
        "certificate_version": 3,
        "certificate_serial": "0ABC",
        "certificate_subject": "CN=www.example.com,O=Example",
        "certificate_issuer": "CN=Example CA",
        "certificate_not_valid_before": "2025-01-01T00:00:00Z",
        "certificate_not_valid_after": "2027-01-01T00:00:00Z",
        "certificate_key_alg": "id-ecPublicKey",
        "certificate_sig_alg": "ecdsa-with-SHA256",
        "certificate_key_type": "ecdsa",
        "certificate_key_length": 256,
        "certificate_curve": "prime256v1",
        "san_dns": "www.example.com,*.example.net",
        "san_ip": "192.0.2.1",
        "san_email": "a@example.com",
        "san_uri": "urn:a",
        "basic_constraints_ca": True,
        "basic_constraints_path_len": 2,
        "host_cert": True,
        "client_cert": False,
        "self_signed": False,
        "chain_place": 0,
        "flags": "",
    }
    assert {name: row[name] for name in expected} == expected
    assert (row["packet_first"], row["object"]) == (5, "CN=www.example.com,O=Example")
    (connection,) = result.ssl
    assert (connection["cert_chain_fps"], connection["sni_matches_cert"]) == (row["fingerprint"], True)
    assert (connection["subject"], connection["issuer"]) == (row["certificate_subject"], row["certificate_issuer"])


def test_a_chain_in_order_with_what_time_says(read: Any, wire: Any, certificates: Callable[..., bytes]) -> None:
    """The capture is of January 2026."""
    made = [certificates(1), certificates(2, 2023, 2024), certificates(3, 2027, 9999), certificates(4, issuer="")]
    result = shown(read, wire, *made)
    assert [(row["chain_place"], row["certificate_serial"], row["flags"]) for row in result.x509] == [
        (0, "01", ""),
        (1, "02", "expired"),
        (2, "03", "not-yet-valid"),
        (3, "04", "self-signed"),
    ]
    assert result.x509[2]["certificate_not_valid_after"] == "9999-01-01T00:00:00Z"
    assert result.ssl[0]["cert_chain_fps"] == ",".join(hashlib.sha256(one).hexdigest() for one in made)


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ("WWW.example.com", True),
        ("a.example.net", True),
        ("a.b.example.net", False),
        ("example.net", False),
        ("example.org", False),
    ],
)
def test_names_that_a_certificate_is_for(certificate: bytes, asked: str, fits: bool) -> None:
    found = chain(vector(vector(certificate, 3), 3), True, (0, 0))
    assert found.values(asked)["sni_matches_cert"] is fits
    assert "sni_matches_cert" not in found.values(None)


def test_what_is_no_certificate(read: Any, wire: Any, certificate: bytes) -> None:
    result = shown(read, wire, b"\x30\x03\x02\x01\x07", certificate)
    assert [(row["flags"], row["fingerprint"]) for row in result.x509] == [
        ("malformed", hashlib.sha256(b"\x30\x03\x02\x01\x07").hexdigest()),
        ("", hashlib.sha256(certificate).hexdigest()),
    ]
    assert [row["name"] for row in result.weird] == ["x509_malformed_certificate"]
    assert "sni_matches_cert" not in result.ssl[0]


def test_a_list_that_is_cut(certificate: bytes) -> None:
    body = vector(vector(certificate, 3), 3)
    found = chain(body[:100], True, (3, 4))
    assert (found.certificates, [trouble.name for trouble in found.troubles]) == (
        (),
        ["tls_malformed_certificates"] * 2,
    )
    many = chain(vector(vector(certificate, 3) * 20, 3), True, (0, 0))
    assert (len(many.certificates), len(many.troubles)) == (16, 1)


def test_client_certificates(read: Any, wire: Any, certificate: bytes) -> None:
    message = handshake(11, vector(vector(certificate, 3), 3))
    sent = [
        ("c", record(22, client())),
        ("s", record(22, server() + handshake(13, b"\1\1\0\0"))),
        ("c", record(22, message)),
    ]
    result = read(wire.pcap(wire.session(sent)))
    assert [(row["client_cert"], row["host_cert"]) for row in result.x509] == [(True, False)]
    (row,) = result.ssl
    assert (row["client_subject"], "subject" in row, row["ssl_history"]) == (
        "CN=www.example.com,O=Example",
        False,
        "CsrX",
    )
    assert row["client_cert_chain_fps"] == hashlib.sha256(certificate).hexdigest()


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 700), st.binary(min_size=1, max_size=6), st.integers(0, 700))
def test_any_bytes_are_fields_or_faults(at: int, patch: bytes, cut: int) -> None:
    from tests.parsers.network.protocols.conftest import make_certificate

    whole = make_certificate()
    for der in (whole[:cut], whole[:at] + patch + whole[at + len(patch) :], patch):
        found = fields(der)
        assert found.sha256 == hashlib.sha256(der).hexdigest()
        assert found.faults or found.values["certificate_version"] in (1, 2, 3)


def test_what_scapy_writes(read: Any, wire: Any, tmp_path: Any, certificate: bytes) -> None:
    """A whole handshake from scapy's own writer, then damaged and cut."""
    from scapy.layers.inet import IP, TCP
    from scapy.layers.l2 import Ether
    from scapy.layers.tls.cert import Cert
    from scapy.layers.tls.handshake import TLSCertificate, TLSClientHello, TLSServerHello
    from scapy.layers.tls.record import TLS
    from scapy.utils import wrpcap

    up = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src="192.0.2.10", dst="198.51.100.20")
    down = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src="198.51.100.20", dst="192.0.2.10")
    hello = bytes(TLS(msg=[TLSClientHello(ciphers=[0xC02F])]))
    answer = bytes(TLS(msg=[TLSServerHello(cipher=0xC02F)])) + bytes(
        TLS(msg=[TLSCertificate(certs=[Cert(certificate)])])
    )
    packets = [
        up / TCP(sport=50000, dport=443, flags="S", seq=100),
        down / TCP(sport=443, dport=50000, flags="SA", seq=900, ack=101),
        up / TCP(sport=50000, dport=443, flags="PA", seq=101, ack=901) / hello,
        down / TCP(sport=443, dport=50000, flags="PA", seq=901, ack=101 + len(hello)) / answer,
    ]
    wrpcap(str(tmp_path / "scapy.pcap"), packets)
    data = (tmp_path / "scapy.pcap").read_bytes()
    result = read(data)
    assert (result.ssl[0]["cipher"], result.ssl[0]["ssl_history"]) == ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "Csx")
    assert result.x509[0]["fingerprint"] == hashlib.sha256(certificate).hexdigest()
    damaged = bytearray(data)
    damaged[-60] ^= 0xFF
    assert (len(read(bytes(damaged)).ssl), len(read(bytes(damaged)).x509)) == (1, 1)
    cut = read(data[:-200])
    assert (cut.ssl[0]["flags"], cut.x509) == ("truncated", [])
