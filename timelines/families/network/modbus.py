"""Control of machines by Modbus (Zeek's modbus.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.schema import Column, Family

FAMILIES = (
    Family(
        "net/modbus",
        "One Modbus request or response.",
        (
            *CONTACT,
            Column("tid", pa.int32(), "Identifier that joins request and response.", source=ZEEK),
            Column("unit", pa.int32(), "Device behind the address.", source=ZEEK),
            Column(
                "func",
                pa.string(),
                "Function: READ_COILS, WRITE_MULTIPLE_REGISTERS …; with `_EXCEPTION` where refused.",
                source=ZEEK,
            ),
            Column("pdu_type", pa.string(), "`REQ` or `RESP`.", source=ZEEK),
            Column("exception", pa.string(), "Why the device refused.", source=ZEEK),
            Column(
                "address",
                pa.int32(),
                "First coil or register, counted from 0; the subfunction of DIAGNOSTICS. Responses without it have their request's.",
                source="Athar",
            ),
            Column("quantity", pa.int32(), "How many coils or registers.", source="Athar"),
            Column(
                "values",
                pa.string(),
                "Values read or written, joined by commas: coils as 0 and 1, registers as numbers; names that a device gives itself.",
                source="Athar",
            ),
            *PACKETS,
        ),
    ),
)
