"""Messages sent to log servers (Zeek's syslog.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS
from timelines.schema import Column, Family

_SOURCE = "Zeek syslog.log"
FAMILIES = (
    Family(
        "net/syslog",
        "One syslog message.",
        (
            *CONTACT,
            Column(
                "facility", pa.string(), "Facility, in Zeek's names.", source=_SOURCE, ecs="log.syslog.facility.name"
            ),
            Column(
                "severity", pa.string(), "Severity, in Zeek's names.", source=_SOURCE, ecs="log.syslog.severity.name"
            ),
            Column(
                "message_",
                pa.string(),
                "Text after the priority; stored as `message_` beside the sentence.",
                source=_SOURCE,
            ),
            *PACKETS,
        ),
    ),
)
