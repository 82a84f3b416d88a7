"""Mail sent (Zeek's smtp.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.families.network.mail_columns import ENVELOPE
from timelines.schema import Column, Family

FAMILIES = (
    Family(
        "net/smtp",
        "One message handed over by SMTP, or a session that handed over none.",
        (
            *CONTACT,
            Column("trans_depth", pa.int32(), "Place of the message in its connection, from 1.", source=ZEEK),
            Column("helo", pa.string(), "Name in the last EHLO, HELO or LHLO.", source=ZEEK),
            Column("mailfrom", pa.string(), "Address of MAIL FROM.", source=ZEEK, ecs="email.sender.address"),
            Column("rcptto", pa.string(), "Addresses of RCPT TO that were accepted, joined by commas.", source=ZEEK),
            *ENVELOPE,
            Column("last_reply", pa.string(), "Last reply of the server to it.", source=ZEEK),
            Column("tls", pa.bool_(), "The connection went on as TLS.", source=ZEEK, ecs="tls.established"),
            Column("is_webmail", pa.bool_(), "The user agent is that of a webmail program.", source=ZEEK),
            *PACKETS,
        ),
    ),
)
