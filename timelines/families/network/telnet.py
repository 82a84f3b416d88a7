"""Telnet sessions."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS
from timelines.schema import Column, Family

_SOURCE = "Athar"
FAMILIES = (
    Family(
        "net/telnet",
        "One Telnet session: its login and terminal.",
        (
            *CONTACT,
            Column("user_", pa.string(), "User as given; stored as `user_` beside the core column.", source=_SOURCE),
            Column(
                "success", pa.bool_(), "The login was taken, as far as the words of the server tell.", source=_SOURCE
            ),
            Column("terminal", pa.string(), "Terminal type that the client names.", source=_SOURCE),
            Column(
                "orig_text_bytes",
                pa.int64(),
                "Text that the client sent, of the first 16 KiB.",
                "characters",
                source=_SOURCE,
            ),
            Column(
                "resp_text_bytes",
                pa.int64(),
                "Text that the server sent, of the first 16 KiB.",
                "characters",
                source=_SOURCE,
            ),
            *PACKETS,
        ),
    ),
)
