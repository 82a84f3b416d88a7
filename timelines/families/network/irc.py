"""IRC (Zeek's irc.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS
from timelines.schema import Column, Family

_SOURCE = "Zeek irc.log"
FAMILIES = (
    Family(
        "net/irc",
        "One command or message of IRC.",
        (
            *CONTACT,
            Column("nick", pa.string(), "Nick of who acts.", source=_SOURCE),
            Column("user_", pa.string(), "User as given; stored as `user_` beside the core column.", source=_SOURCE),
            Column("command", pa.string(), "Command.", source=_SOURCE),
            Column("value", pa.string(), "Its first argument: the channel, nick or target.", source=_SOURCE),
            Column(
                "addl",
                pa.string(),
                "Its other arguments, such as the text; passwords for services are left out.",
                source=_SOURCE,
            ),
            Column("from_client", pa.bool_(), "The client of this connection sent it.", source="Athar"),
            Column("dcc_file_name", pa.string(), "File offered by DCC.", source=_SOURCE),
            Column("dcc_file_size", pa.int64(), "Its size as told.", "bytes", source=_SOURCE),
            Column("dcc_host", pa.string(), "Address where it waits.", source="Athar"),
            Column("dcc_port", pa.int32(), "Port where it waits.", source="Athar"),
            *PACKETS,
        ),
    ),
)
