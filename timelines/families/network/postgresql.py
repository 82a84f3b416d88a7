"""PostgreSQL (Zeek's postgresql.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS
from timelines.schema import Column, Family

_SOURCE = "Zeek postgresql.log"
FAMILIES = (
    Family(
        "net/postgresql",
        "One statement of PostgreSQL with its result, or the begin of a session.",
        (
            *CONTACT,
            Column("user_", pa.string(), "User as given; stored as `user_` beside the core column.", source=_SOURCE),
            Column(
                "database", pa.string(), "Database asked for; the name of the user where none is given.", source=_SOURCE
            ),
            Column("application_name", pa.string(), "Name of the program that connects.", source=_SOURCE),
            Column(
                "frontend",
                pa.string(),
                "What the client sent: `startup`, `simple_query`, `parse`, `ssl_request` …",
                source=_SOURCE,
            ),
            Column("frontend_arg", pa.string(), "The statement, at most 4,096 bytes.", source=_SOURCE),
            Column("success", pa.bool_(), "The server took it.", source=_SOURCE),
            Column("rows", pa.int64(), "Rows returned.", "rows", source=_SOURCE),
            Column("backend", pa.string(), "What the server answered.", source=_SOURCE),
            Column("backend_arg", pa.string(), "Its completion tags, or its error.", source=_SOURCE),
            *PACKETS,
        ),
    ),
)
