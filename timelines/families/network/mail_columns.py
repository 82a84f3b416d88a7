"""Columns of a message's own head, shared by the families of mail protocols, under the names of Zeek's smtp.log."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import ZEEK
from timelines.schema import Column

_TEXT = pa.string()
ENVELOPE = (
    Column("date", _TEXT, "Date header as sent.", source=ZEEK, ecs="email.origination_timestamp"),
    Column("from", _TEXT, "From header, encoded words decoded.", source=ZEEK, ecs="email.from.address"),
    Column("to", _TEXT, "To headers, encoded words decoded.", source=ZEEK, ecs="email.to.address"),
    Column("cc", _TEXT, "Cc headers, encoded words decoded.", source=ZEEK, ecs="email.cc.address"),
    Column("reply_to", _TEXT, "Reply-To header.", source=ZEEK, ecs="email.reply_to.address"),
    Column("msg_id", _TEXT, "Message-ID header.", source=ZEEK, ecs="email.message_id"),
    Column("in_reply_to", _TEXT, "In-Reply-To header.", source=ZEEK),
    Column("subject", _TEXT, "Subject header, encoded words decoded.", source=ZEEK, ecs="email.subject"),
    Column("x_originating_ip", _TEXT, "X-Originating-IP header.", source=ZEEK),
    Column("first_received", _TEXT, "Received header that was written first: the last one of the head.", source=ZEEK),
    Column("second_received", _TEXT, "Received header that was written second.", source=ZEEK),
    Column(
        "path",
        _TEXT,
        "Addresses that the Received headers name, nearest first, joined by commas; the ends of the connection stand beside.",
        source=ZEEK,
    ),
    Column("user_agent", _TEXT, "User-Agent or X-Mailer header.", source=ZEEK, ecs="email.x_mailer"),
    Column("fuids", _TEXT, "Files that the message carried, as in net/files, joined by commas.", source=ZEEK),
    Column("attachments", _TEXT, "Names of the parts that have one, joined by commas; see net/files.", source="Athar"),
    Column("message_bytes", pa.int64(), "Size of the message as sent, its head included.", "bytes", source="Athar"),
)
