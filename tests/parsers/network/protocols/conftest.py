"""Certificates for the handshakes of these tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID


@lru_cache
def make_certificate(serial: int = 0xABC, start: int = 2025, end: int = 2027, issuer: str = "Example CA") -> bytes:
    """A certificate (DER) for www.example.com; issuer "" signs itself."""
    key = derive_private_key(1234567890123456789, SECP256R1())
    named = ((NameOID.ORGANIZATION_NAME, "Example"), (NameOID.COMMON_NAME, "www.example.com"))
    subject = x509.Name([x509.NameAttribute(kind, text) for kind, text in named])
    maker = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]) if issuer else subject
    names: list[x509.GeneralName] = [x509.DNSName("www.example.com"), x509.DNSName("*.example.net")]
    names += [x509.IPAddress(ip_address("192.0.2.1")), x509.RFC822Name("a@example.com")]
    names.append(x509.UniformResourceIdentifier("urn:a"))
    builder = (
        x509.CertificateBuilder(maker, subject, key.public_key(), serial)
        .not_valid_before(datetime(start, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(end, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName(names), False)
        .add_extension(x509.BasicConstraints(True, 2), True)
    )
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


@pytest.fixture(scope="session")
def certificate() -> bytes:
    return make_certificate()


@pytest.fixture(scope="session")
def certificates() -> Callable[..., bytes]:
    return make_certificate
