"""Certificates (Zeek's x509.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.schema import Column, Family

FAMILIES = (
    Family(
        "net/x509",
        "One certificate that a side of a TLS or SSL connection showed in clear.",
        (
            *CONTACT,
            Column("fingerprint", pa.string(), "SHA-256 of the certificate.", source=ZEEK, ecs="file.hash.sha256"),
            Column("sha1", pa.string(), "SHA-1 of the certificate.", source="Athar", ecs="file.hash.sha1"),
            Column(
                "chain_place",
                pa.int32(),
                "Place in its chain; 0 is the certificate of the side itself.",
                source="Athar",
            ),
            Column(
                "certificate_version",
                pa.int32(),
                "Version, 3 for all of today.",
                source=ZEEK,
                ecs="file.x509.version_number",
            ),
            Column(
                "certificate_serial",
                pa.string(),
                "Serial number in hex, whole bytes.",
                source=ZEEK,
                ecs="file.x509.serial_number",
            ),
            Column(
                "certificate_subject",
                pa.string(),
                "Whom it names.",
                source=ZEEK,
                ecs="file.x509.subject.distinguished_name",
            ),
            Column(
                "certificate_issuer",
                pa.string(),
                "Who issued it.",
                source=ZEEK,
                ecs="file.x509.issuer.distinguished_name",
            ),
            Column(
                "certificate_not_valid_before",
                pa.string(),
                "Begin of its validity, ISO 8601 in UTC.",
                source=ZEEK,
                ecs="file.x509.not_before",
            ),
            Column(
                "certificate_not_valid_after",
                pa.string(),
                "End of its validity, ISO 8601 in UTC.",
                source=ZEEK,
                ecs="file.x509.not_after",
            ),
            Column(
                "certificate_key_alg",
                pa.string(),
                "Algorithm of its key in OpenSSL's spelling.",
                source=ZEEK,
                ecs="file.x509.public_key_algorithm",
            ),
            Column(
                "certificate_sig_alg",
                pa.string(),
                "Algorithm of its signature in OpenSSL's spelling.",
                source=ZEEK,
                ecs="file.x509.signature_algorithm",
            ),
            Column(
                "certificate_key_type",
                pa.string(),
                "`rsa`, `ecdsa`, `dsa`, `ed25519`, `ed448` or `unknown`.",
                source=ZEEK,
            ),
            Column(
                "certificate_key_length",
                pa.int32(),
                "Size of its key.",
                "bits",
                source=ZEEK,
                ecs="file.x509.public_key_size",
            ),
            Column(
                "certificate_exponent",
                pa.string(),
                "Exponent of an RSA key.",
                source=ZEEK,
                ecs="file.x509.public_key_exponent",
            ),
            Column(
                "certificate_curve", pa.string(), "Curve of an EC key.", source=ZEEK, ecs="file.x509.public_key_curve"
            ),
            Column(
                "san_dns",
                pa.string(),
                "Host names it is for, joined by commas.",
                source=ZEEK,
                ecs="file.x509.alternative_names",
            ),
            Column("san_uri", pa.string(), "URIs it is for, joined by commas.", source=ZEEK),
            Column("san_email", pa.string(), "Mail addresses it is for, joined by commas.", source=ZEEK),
            Column("san_ip", pa.string(), "IP addresses it is for, joined by commas.", source=ZEEK),
            Column("basic_constraints_ca", pa.bool_(), "It may issue certificates.", source=ZEEK),
            Column("basic_constraints_path_len", pa.int32(), "How many issuers may follow it.", source=ZEEK),
            Column("host_cert", pa.bool_(), "The server showed it.", source=ZEEK),
            Column("client_cert", pa.bool_(), "The client showed it.", source=ZEEK),
            Column(
                "self_signed",
                pa.bool_(),
                "Its own key signed it; not said where the signature cannot be checked. No chain is validated.",
                source="Athar",
            ),
            *PACKETS,
        ),
    ),
)
