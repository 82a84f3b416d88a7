"""Calls of DCE/RPC (Zeek's dce_rpc.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.schema import Column, Family

FAMILIES = (
    Family(
        "net/dce_rpc",
        "One remote procedure call, over TCP or a named pipe.",
        (
            *CONTACT,
            Column("rtt", pa.int64(), "From the call to its answer.", "ns", source=ZEEK),
            Column("named_pipe", pa.string(), "Pipe or port as the server names it.", source=ZEEK),
            Column("endpoint", pa.string(), "Name of the interface, by its UUID.", source=ZEEK),
            Column("operation", pa.string(), "Name of the operation, by its number.", source=ZEEK),
            Column("uuid", pa.string(), "UUID of the interface.", source="Athar"),
            Column("opnum", pa.int32(), "Number of the operation.", source="Athar"),
            Column("status", pa.string(), "Fault that the server answered with.", source="Athar"),
            *PACKETS,
        ),
    ),
)
