"""Credentials seen on the wire."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS
from timelines.schema import Column, Family

FAMILIES = (
    Family(
        "net/credentials",
        "One set of credentials, in clear or as challenge and response.",
        (
            *CONTACT,
            Column("service", pa.string(), "Protocol they were seen in.", source="Athar"),
            Column(
                "scheme",
                pa.string(),
                "How they were sent: `basic`, `plain`, `login`, `cram-md5`, `ntlmv2` …",
                source="Athar",
            ),
            Column("username", pa.string(), "User name.", source="Athar", ecs="user.name"),
            Column(
                "realm",
                pa.string(),
                "Domain, realm, host or database the user belongs to.",
                source="Athar",
                ecs="user.domain",
            ),
            Column(
                "secret",
                pa.string(),
                "Password, or the response to the challenge in hex.",
                source="Athar",
                secret=True,
            ),
            Column("challenge", pa.string(), "Challenge that was answered, in hex or as sent.", source="Athar"),
            Column("accepted", pa.bool_(), "The server accepted them.", source="Athar"),
            *PACKETS,
        ),
    ),
)
