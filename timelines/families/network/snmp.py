"""Management of devices (Zeek's snmp.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.schema import TIME, Column, Family

FAMILIES = (
    Family(
        "net/snmp",
        "All SNMP messages of one flow. Communities (Zeek's `community`) are secrets: they stand in net/credentials.",
        (
            *CONTACT,
            Column("duration", pa.int64(), "From the first message to the last.", "ns", source=ZEEK),
            Column("version", pa.string(), "`1`, `2c` or `3`.", source=ZEEK),
            Column("get_requests", pa.int64(), "Objects asked for.", source=ZEEK),
            Column("get_bulk_requests", pa.int64(), "Objects from which on many were asked for.", source=ZEEK),
            Column("get_responses", pa.int64(), "Objects answered.", source=ZEEK),
            Column("set_requests", pa.int64(), "Objects to be changed.", source=ZEEK),
            Column("display_string", pa.string(), "Description that the device gives of itself.", source=ZEEK),
            Column("up_since", TIME, "Since when the device says it runs.", source=ZEEK),
            Column("traps", pa.int64(), "Traps and informs.", source="Athar"),
            Column("sys_name", pa.string(), "Name that the device gives itself.", source="Athar"),
            Column("username", pa.string(), "User of version 3.", source="Athar", ecs="user.name"),
            Column(
                "engine_id", pa.string(), "Identifier of the device's SNMP engine (version 3), in hex.", source="Athar"
            ),
            Column("encrypted", pa.bool_(), "Some messages of version 3 are encrypted.", source="Athar"),
            Column("set_oids", pa.string(), "Objects to be changed, the first 32, joined by commas.", source="Athar"),
            Column(
                "trap_oids",
                pa.string(),
                "What traps tell, the first 32, joined by commas: objects, or enterprise with generic and specific number (version 1).",
                source="Athar",
            ),
            *PACKETS,
        ),
    ),
)
