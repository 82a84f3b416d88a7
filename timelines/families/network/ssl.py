"""TLS and SSL connections (Zeek's ssl.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.schema import Column, Family

FAMILIES = (
    Family(
        "net/ssl",
        "The handshake of one TLS, DTLS or SSL connection.",
        (
            *CONTACT,
            Column(
                "version", pa.string(), "Version the server chose (TLSv12, TLSv13 …).", source=ZEEK, ecs="tls.version"
            ),
            Column("cipher", pa.string(), "Cipher suite the server chose.", source=ZEEK, ecs="tls.cipher"),
            Column("curve", pa.string(), "Key-exchange group the server chose.", source=ZEEK, ecs="tls.curve"),
            Column(
                "server_name",
                pa.string(),
                "Server Name Indication of the client.",
                source=ZEEK,
                ecs="tls.client.server_name",
            ),
            Column(
                "resumed",
                pa.bool_(),
                "The server took up an earlier session: by its id, a ticket, or in TLS 1.3 a key the client offered.",
                source=ZEEK,
                ecs="tls.resumed",
            ),
            Column("last_alert", pa.string(), "Last alert sent in clear.", source=ZEEK),
            Column(
                "next_protocol",
                pa.string(),
                "Application protocol the server chose in clear.",
                source=ZEEK,
                ecs="tls.next_protocol",
            ),
            Column(
                "established",
                pa.bool_(),
                "Both sides went on to encrypted records.",
                source=ZEEK,
                ecs="tls.established",
            ),
            Column(
                "ssl_history",
                pa.string(),
                "Messages sent in clear, in order of time, in Zeek's letters (c client hello, s server hello, j hello retry, "
                "v hello verify, x certificate, k key exchange, r certificate request, n hello done, g client's key exchange, "
                "y certificate verify, t session ticket, u certificate status, i change cipher, l alert …); upper case: client; "
                "`^` first: the client did not open the flow.",
                source=ZEEK,
            ),
            Column(
                "cert_chain_fps",
                pa.string(),
                "SHA-256 of the server's certificates in order, joined by commas; none is seen in TLS 1.3.",
                source=ZEEK,
            ),
            Column(
                "client_cert_chain_fps",
                pa.string(),
                "SHA-256 of the client's certificates in order, joined by commas.",
                source=ZEEK,
            ),
            Column(
                "subject", pa.string(), "Subject of the server's certificate.", source=ZEEK, ecs="tls.server.subject"
            ),
            Column("issuer", pa.string(), "Issuer of the server's certificate.", source=ZEEK, ecs="tls.server.issuer"),
            Column(
                "client_subject",
                pa.string(),
                "Subject of the client's certificate.",
                source=ZEEK,
                ecs="tls.client.subject",
            ),
            Column(
                "client_issuer",
                pa.string(),
                "Issuer of the client's certificate.",
                source=ZEEK,
                ecs="tls.client.issuer",
            ),
            Column(
                "sni_matches_cert",
                pa.bool_(),
                "The server's certificate is for the name the client asked for. The chain itself is not validated.",
                source=ZEEK,
            ),
            Column("ja3", pa.string(), "JA3 of the client hello.", source="JA3", ecs="tls.client.ja3"),
            Column("ja3s", pa.string(), "JA3S of the server hello.", source="JA3", ecs="tls.server.ja3s"),
            Column(
                "ja4",
                pa.string(),
                "JA4 of the client hello; its first letter tells TLS over TCP (t), DTLS (d) and QUIC (q) apart.",
                source="JA4",
            ),
            *PACKETS,
        ),
    ),
)
