"""QUIC connections (Zeek's quic.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.schema import Column, Family

FAMILIES = (
    Family(
        "net/quic",
        "One QUIC connection, by its packets with long headers; its handshake is told in net/ssl too.",
        (
            *CONTACT,
            Column(
                "version", pa.string(), "Version (1, quicv2, draft-29 …).", source=ZEEK, ecs="network.protocol_version"
            ),
            Column("client_initial_dcid", pa.string(), "First connection id the client sent to, in hex.", source=ZEEK),
            Column("client_scid", pa.string(), "Connection id the client chose for itself, in hex.", source=ZEEK),
            Column("server_scid", pa.string(), "Connection id the server chose for itself, in hex.", source=ZEEK),
            Column(
                "server_name",
                pa.string(),
                "Server Name Indication of the client.",
                source=ZEEK,
                ecs="tls.client.server_name",
            ),
            Column("client_protocol", pa.string(), "First application protocol the client offers.", source=ZEEK),
            Column(
                "history",
                pa.string(),
                "Packets in order of time, in Zeek's letters (i Initial, h Handshake, z 0-RTT, r Retry, s a hello, c close, "
                "u unfamiliar version, o packets with short headers) and v for version negotiation; upper case: client.",
                source=ZEEK,
            ),
            Column(
                "versions_offered", pa.string(), "Versions a server offered in place of the client's.", source="Athar"
            ),
            Column("ja4", pa.string(), "JA4 of the client hello.", source="JA4"),
            *PACKETS,
        ),
    ),
)
