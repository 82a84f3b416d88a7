"""Mail read by IMAP."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS
from timelines.families.network.mail_columns import ENVELOPE
from timelines.schema import Column, Family

_OWN = "Athar"
FAMILIES = (
    Family(
        "net/imap",
        "One message fetched or stored by IMAP, or one session.",
        (
            *CONTACT,
            Column("username", pa.string(), "User whose login the server took.", source=_OWN, ecs="user.name"),
            Column(
                "mailbox", pa.string(), "Mailbox that was selected, the last one in the row of a session.", source=_OWN
            ),
            Column("commands", pa.string(), "Commands, each once, in order of first use.", source=_OWN),
            Column("number", pa.int64(), "Sequence number of the message.", source=_OWN),
            Column("message_uid", pa.int64(), "UID of the message in its mailbox.", source=_OWN),
            Column("fetched", pa.int32(), "Messages or heads that the session fetched.", source=_OWN),
            *ENVELOPE,
            Column("tls", pa.bool_(), "The connection went on as TLS.", source=_OWN, ecs="tls.established"),
            *PACKETS,
        ),
    ),
)
