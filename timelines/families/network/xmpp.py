"""XMPP streams."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS
from timelines.schema import Column, Family

XMPP = "RFC 6120"

FAMILIES = (
    Family(
        "net/xmpp",
        "How one XMPP (Jabber) connection begins; messages are not read.",
        (
            *CONTACT,
            Column("domain", pa.string(), "Domain the stream is for.", source=XMPP),
            Column("peer", pa.string(), "Who opened it: `client` or another `server`.", source=XMPP),
            Column(
                "mechanisms",
                pa.string(),
                "Ways to log in that the server offers in clear, joined by commas.",
                source=XMPP,
            ),
            Column("mechanism", pa.string(), "Way to log in that the client chose in clear.", source=XMPP),
            Column("starttls_offered", pa.bool_(), "The server offers TLS.", source=XMPP),
            Column("starttls", pa.bool_(), "Both sides went on with TLS.", source=XMPP),
            *PACKETS,
        ),
    ),
)
