"""TLS and SSL connections (Zeek's ssl.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.schema import Column, Family

FAMILIES = (
    Family(
        "net/ssl",
        "The hellos of one TLS or SSL connection.",
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
                "The server repeated the client's session id before TLS 1.3.",
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
            Column("ja3", pa.string(), "JA3 of the client hello.", source="JA3", ecs="tls.client.ja3"),
            Column("ja3s", pa.string(), "JA3S of the server hello.", source="JA3", ecs="tls.server.ja3s"),
            Column("ja4", pa.string(), "JA4 of the client hello.", source="JA4"),
            *PACKETS,
        ),
    ),
)
