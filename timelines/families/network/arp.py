"""ARP messages. Zeek has events for them and no log; the names are those of RFC 826."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import PACKETS
from timelines.schema import Column, Family

FAMILIES = (
    Family(
        "net/arp",
        "One ARP message: who asks for, or claims, the hardware address of an IP address.",
        (
            Column(
                "operation",
                pa.string(),
                "`request`, `reply`, `reverse-request`, `reverse-reply`, or the number of another operation.",
                source="RFC 826",
            ),
            Column(
                "sender_mac",
                pa.string(),
                "Hardware address the sender gives as its own.",
                source="RFC 826",
                ecs="source.mac",
            ),
            Column("sender_ip", pa.string(), "IP address the sender gives as its own.", source="RFC 826"),
            Column(
                "target_mac",
                pa.string(),
                "Hardware address asked for, or of whom is answered.",
                source="RFC 826",
                ecs="destination.mac",
            ),
            Column("target_ip", pa.string(), "IP address asked for, or of whom is answered.", source="RFC 826"),
            Column(
                "frame_mac",
                pa.string(),
                "Sender of the Ethernet frame. Flag `sender-differs`: not the one the message gives.",
                source="Athar",
            ),
            Column(
                "gratuitous",
                pa.bool_(),
                "Sender and target are the same IP address: an announcement.",
                source="RFC 5227",
            ),
            Column(
                "conflict_mac",
                pa.string(),
                "Other hardware address that claimed the same IP address just before (flag `arp-conflict`).",
                source="Athar",
            ),
            *PACKETS,
        ),
    ),
)
