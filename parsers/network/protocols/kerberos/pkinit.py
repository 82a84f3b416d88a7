"""Logons by certificate (PKINIT, RFC 4556): whom the certificate that a client presents is made out to."""

from __future__ import annotations

from parsers.network.protocols.ber import SEQUENCE, element

_SIGNED, _TAGGED = 0x80, 0xA0


def certificate_subject(value: bytes) -> str | None:
    """Subject of the first certificate in a PA-PK-AS-REQ; None where there is none that can be read.

    Down to it: signedAuthPack (section 3.2.1), ContentInfo, SignedData, its certificates (RFC 5652 sections 3 and 5.1).
    """
    from cryptography.x509 import load_der_x509_certificate

    try:
        pack = element(value).fields()[_SIGNED]
        signed = element(pack.raw).fields()[_TAGGED].inner()
        certificates = signed.fields()[_TAGGED].parts()
        first = next(part for part in certificates if part.tag == SEQUENCE)
        return load_der_x509_certificate(first.whole).subject.rfc4514_string()
    except (ValueError, KeyError, StopIteration):
        return None
