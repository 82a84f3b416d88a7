"""Devices that announce themselves, and searches for them (SSDP, part of UPnP)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS
from timelines.schema import Column, Family

_SOURCE = "UPnP Device Architecture"
FAMILIES = (
    Family(
        "net/ssdp",
        "One SSDP message: a search, an answer to one, or a notice that a device is there or goes.",
        (
            *CONTACT,
            Column("is_orig", pa.bool_(), "The flow's originator sent it.", source="Athar"),
            Column("method", pa.string(), "`M-SEARCH` or `NOTIFY`; empty for an answer.", source=_SOURCE),
            Column("status_code", pa.int32(), "Status of an answer.", source=_SOURCE),
            Column(
                "target",
                pa.string(),
                "Kind of device or service: what is searched for, or what tells of itself.",
                source=_SOURCE,
            ),
            Column("notice", pa.string(), "`ssdp:alive`, `ssdp:byebye` or `ssdp:update`.", source=_SOURCE),
            Column("usn", pa.string(), "Unique name of the service, with the device's UUID.", source=_SOURCE),
            Column("location", pa.string(), "URL of the device's description.", source=_SOURCE, ecs="url.original"),
            Column("server", pa.string(), "System and product of the device, as it says.", source=_SOURCE),
            Column(
                "user_agent",
                pa.string(),
                "System and product of who searches.",
                source=_SOURCE,
                ecs="user_agent.original",
            ),
            Column("man", pa.string(), "What a search asks for: `ssdp:discover`.", source=_SOURCE),
            Column("max_age", pa.int64(), "How long what is said holds.", "s", source=_SOURCE),
            *PACKETS,
        ),
    ),
)
