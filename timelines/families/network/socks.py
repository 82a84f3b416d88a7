"""What was asked of SOCKS proxies (Zeek's socks.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS
from timelines.schema import Column, Family

_SOURCE = "Zeek socks.log"
FAMILIES = (
    Family(
        "net/socks",
        "One request to a SOCKS proxy.",
        (
            *CONTACT,
            Column("version", pa.int32(), "Version of SOCKS: 4 or 5.", source=_SOURCE),
            Column("user_", pa.string(), "User as given; stored as `user_` beside the core column.", source=_SOURCE),
            Column(
                "password", pa.string(), "`<hidden>` where a password was sent: see net/credentials.", source=_SOURCE
            ),
            Column("command", pa.string(), "`connect`, `bind` or `udp associate`.", source="Athar"),
            Column("status", pa.string(), "What the proxy answered.", source=_SOURCE),
            Column(
                "request", pa.string(), "Address or name that was asked for.", source=_SOURCE, ecs="destination.domain"
            ),
            Column("request_p", pa.int32(), "Port that was asked for.", source=_SOURCE),
            Column("bound", pa.string(), "Address that the proxy uses.", source=_SOURCE),
            Column("bound_p", pa.int32(), "Port that the proxy uses.", source=_SOURCE),
            *PACKETS,
        ),
    ),
)
