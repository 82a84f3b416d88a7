"""Commands to Redis servers (Zeek's redis.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS
from timelines.schema import Column, Family

_SOURCE = "Zeek redis.log"
FAMILIES = (
    Family(
        "net/redis",
        "One command to a Redis server with its reply.",
        (
            *CONTACT,
            Column("cmd_name", pa.string(), "Command, upper case.", source=_SOURCE),
            Column("cmd_key", pa.string(), "Key that it acts on.", source=_SOURCE),
            Column(
                "cmd_value",
                pa.string(),
                "Its other arguments, joined by spaces; a password is left out.",
                source=_SOURCE,
            ),
            Column("success", pa.bool_(), "The reply is no error.", source=_SOURCE),
            Column("reply_value", pa.string(), "Reply, shortened.", source=_SOURCE),
            *PACKETS,
        ),
    ),
)
