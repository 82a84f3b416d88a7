"""Connections that went over from HTTP to WebSocket (Zeek's websocket.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.schema import Column, Family

FAMILIES = (
    Family(
        "net/websocket",
        "One connection that went over from HTTP to WebSocket.",
        (
            *CONTACT,
            Column(
                "host_",
                pa.string(),
                "Host header; stored as `host_` beside the core column.",
                source=ZEEK,
                ecs="url.domain",
            ),
            Column("uri", pa.string(), "Request target as sent.", source=ZEEK, ecs="url.original"),
            Column("user_agent", pa.string(), "User-Agent header.", source=ZEEK, ecs="user_agent.original"),
            Column("subprotocol", pa.string(), "Subprotocol that the server chose.", source=ZEEK),
            Column("client_protocols", pa.string(), "Subprotocols that the client offered.", source=ZEEK),
            Column("server_extensions", pa.string(), "Extensions that the server agreed to.", source=ZEEK),
            Column("client_extensions", pa.string(), "Extensions that the client offered.", source=ZEEK),
            *PACKETS,
        ),
    ),
)
