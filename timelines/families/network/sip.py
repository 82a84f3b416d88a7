"""Calls and registrations by SIP (Zeek's sip.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS
from timelines.schema import Column, Family

_SOURCE = "Zeek sip.log"
FAMILIES = (
    Family(
        "net/sip",
        "One request of SIP with its last answer, where both were seen.",
        (
            *CONTACT,
            Column("trans_depth", pa.int32(), "Place of the transaction in its flow, from 1.", source=_SOURCE),
            Column("method", pa.string(), "Method of the request.", source=_SOURCE),
            Column("uri", pa.string(), "Address of the request.", source=_SOURCE, ecs="url.original"),
            Column("date", pa.string(), "Date header.", source=_SOURCE),
            Column("request_from", pa.string(), "From header of the request.", source=_SOURCE),
            Column("request_to", pa.string(), "To header of the request.", source=_SOURCE),
            Column("response_from", pa.string(), "From header of the answer.", source=_SOURCE),
            Column("response_to", pa.string(), "To header of the answer.", source=_SOURCE),
            Column("reply_to", pa.string(), "Reply-To header.", source=_SOURCE),
            Column("call_id", pa.string(), "Call-ID header.", source=_SOURCE),
            Column("seq", pa.string(), "CSeq header.", source=_SOURCE),
            Column("subject", pa.string(), "Subject header.", source=_SOURCE),
            Column("request_path", pa.string(), "Via headers of the request, joined by commas.", source=_SOURCE),
            Column("response_path", pa.string(), "Via headers of the answer, joined by commas.", source=_SOURCE),
            Column("user_agent", pa.string(), "User-Agent header.", source=_SOURCE, ecs="user_agent.original"),
            Column("status_code", pa.int32(), "Status of the last answer.", source=_SOURCE),
            Column("status_msg", pa.string(), "Its reason phrase.", source=_SOURCE),
            Column("warning", pa.string(), "Warning header.", source=_SOURCE),
            Column("request_body_len", pa.int64(), "Body bytes of the request seen.", "bytes", source=_SOURCE),
            Column("response_body_len", pa.int64(), "Body bytes of the answer seen.", "bytes", source=_SOURCE),
            Column("content_type", pa.string(), "Content-Type header.", source=_SOURCE),
            *PACKETS,
        ),
    ),
)
