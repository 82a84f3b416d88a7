"""What broke its protocol (Zeek's weird.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.schema import Column, Family

FAMILIES = (
    Family(
        "net/weird",
        "One place where traffic breaks its protocol.",
        (
            *CONTACT,
            Column("name", pa.string(), "What happened, in Zeek's names where it has one.", source=ZEEK),
            Column("addl", pa.string(), "What exactly, in words.", source=ZEEK),
            Column("source", pa.string(), "Protocol that was being read.", source=ZEEK),
            *PACKETS,
        ),
    ),
)
