"""Logons to a network (Zeek's radius.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.schema import Column, Family

FAMILIES = (
    Family(
        "net/radius",
        "One RADIUS request with its answer, where both were seen.",
        (
            *CONTACT,
            Column("username", pa.string(), "User name.", source=ZEEK, ecs="user.name"),
            Column(
                "mac",
                pa.string(),
                "Hardware address of the user's machine, where the calling station is one.",
                source=ZEEK,
            ),
            Column("framed_addr", pa.string(), "Address given to the user.", source=ZEEK),
            Column("tunnel_client", pa.string(), "Other end of a tunnel that the user comes through.", source=ZEEK),
            Column(
                "remote_ip", pa.string(), "The same, where it is an address (name in Zeek's older logs).", source=ZEEK
            ),
            Column("connect_info", pa.string(), "How the user is connected.", source=ZEEK),
            Column("reply_msg", pa.string(), "What is shown to the user.", source=ZEEK),
            Column(
                "result",
                pa.string(),
                "`success`, `failed`, or `unknown` where no answer was seen; none for a challenge.",
                source=ZEEK,
            ),
            Column("ttl", pa.int64(), "From the request to its answer.", "ns", source=ZEEK),
            Column("request", pa.string(), "What was asked: Access-Request, Accounting-Request …", source="Athar"),
            Column(
                "reply",
                pa.string(),
                "What was answered: Access-Accept, Access-Reject, Access-Challenge …",
                source="Athar",
            ),
            Column("nas_addr", pa.string(), "Address of the access server that asks.", source="Athar"),
            Column("nas_id", pa.string(), "Name of the access server that asks.", source="Athar"),
            Column(
                "called_station",
                pa.string(),
                "What the user reached: number, or access point and network.",
                source="Athar",
            ),
            Column(
                "calling_station",
                pa.string(),
                "Whence the user comes: number, hardware or network address.",
                source="Athar",
            ),
            Column("session", pa.string(), "Identifier of the session in accounting.", source="Athar"),
            Column(
                "accounting",
                pa.string(),
                "What an accounting request reports: Start, Stop, Interim-Update …",
                source="Athar",
            ),
            *PACKETS,
        ),
    ),
)
