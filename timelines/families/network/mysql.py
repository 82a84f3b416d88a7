"""MySQL and MariaDB (Zeek's mysql.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS
from timelines.schema import Column, Family

_SOURCE = "Zeek mysql.log"
FAMILIES = (
    Family(
        "net/mysql",
        "One command to a MySQL server with its answer, or the login.",
        (
            *CONTACT,
            Column("cmd", pa.string(), "Command: `login`, `query`, `init_db` …", source=_SOURCE),
            Column("arg", pa.string(), "Its argument, at most 4,096 bytes; the user for a login.", source=_SOURCE),
            Column("success", pa.bool_(), "The server took it.", source=_SOURCE),
            Column("rows", pa.int64(), "Rows changed or returned.", "rows", source=_SOURCE),
            Column("response", pa.string(), "Text of an error.", source=_SOURCE),
            Column(
                "server_version", pa.string(), "Version that the server gives, in the row of a login.", source="Athar"
            ),
            Column("database", pa.string(), "Database asked for in a login.", source="Athar"),
            *PACKETS,
        ),
    ),
)
