"""Clock messages (Zeek's ntp.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.schema import TIME, Column, Family

FAMILIES = (
    Family(
        "net/ntp",
        "One NTP message.",
        (
            *CONTACT,
            Column("version", pa.int32(), "Version of the protocol.", source=ZEEK),
            Column(
                "mode",
                pa.int32(),
                "3 client, 4 server, 5 broadcast, 6 control, 7 private (monitor lists).",
                source=ZEEK,
            ),
            Column(
                "stratum",
                pa.int32(),
                "How far the clock is from a reference clock; 0: the server refuses.",
                source=ZEEK,
            ),
            Column("poll", pa.int64(), "Longest time between messages.", "ns", source=ZEEK),
            Column("precision", pa.int64(), "Precision of the clock.", "ns", source=ZEEK),
            Column("root_delay", pa.int64(), "Round trip to the reference clock.", "ns", source=ZEEK),
            Column("root_disp", pa.int64(), "Dispersion to the reference clock.", "ns", source=ZEEK),
            Column(
                "ref_id",
                pa.string(),
                "Reference clock, address of the server followed, or reason of a refusal.",
                source=ZEEK,
            ),
            Column("ref_time", TIME, "When the clock was last set.", source=ZEEK),
            Column("org_time", TIME, "When the request left the client, by the client's clock.", source=ZEEK),
            Column("rec_time", TIME, "When the request reached the server, by the server's clock.", source=ZEEK),
            Column("xmt_time", TIME, "When this message was sent, by its sender's clock.", source=ZEEK),
            Column("num_exts", pa.int32(), "Number of extension fields.", source=ZEEK),
            Column("response", pa.bool_(), "A control or private message answers.", source="Athar"),
            Column(
                "request_code",
                pa.string(),
                "What a control or private message asks: READVAR, MON_GETLIST_1 (a monitor list) …",
                source="Athar",
            ),
            Column("items", pa.int32(), "Entries of a private message.", source="Athar"),
            *PACKETS,
        ),
    ),
)
