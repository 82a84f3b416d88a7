"""Mail fetched by POP3."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS
from timelines.families.network.mail_columns import ENVELOPE
from timelines.schema import Column, Family

_OWN = "Athar"
FAMILIES = (
    Family(
        "net/pop3",
        "One message fetched by POP3, or one session.",
        (
            *CONTACT,
            Column(
                "username",
                pa.string(),
                "User whose login the server took; in the row of a session also one refused.",
                source=_OWN,
                ecs="user.name",
            ),
            Column("commands", pa.string(), "Commands, each once, in order of first use.", source=_OWN),
            Column("number", pa.int32(), "Number of the message in the mailbox.", source=_OWN),
            Column("retrieved", pa.int32(), "Messages that the session fetched.", source=_OWN),
            Column("deleted", pa.int32(), "Messages that the session deleted.", source=_OWN),
            *ENVELOPE,
            Column("tls", pa.bool_(), "The connection went on as TLS.", source=_OWN, ecs="tls.established"),
            *PACKETS,
        ),
    ),
)
