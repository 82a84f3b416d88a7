"""Control of stations by DNP3 (Zeek's dnp3.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.schema import Column, Family

FAMILIES = (
    Family(
        "net/dnp3",
        "One DNP3 request with its reply; unsolicited responses and confirmations stand alone.",
        (
            *CONTACT,
            Column(
                "fc_request", pa.string(), "Function of the request: READ, WRITE, OPERATE, COLD_RESTART …", source=ZEEK
            ),
            Column("fc_reply", pa.string(), "Function of the reply.", source=ZEEK),
            Column(
                "iin", pa.int32(), "Internal indications of the reply: bits of the outstation's state.", source=ZEEK
            ),
            Column("master", pa.int32(), "Link address of the station that asks.", source="Athar"),
            Column("outstation", pa.int32(), "Link address of the station that answers.", source="Athar"),
            Column("sequence", pa.int32(), "Sequence number that joins request and reply.", source="Athar"),
            Column(
                "objects",
                pa.string(),
                "Objects of the request (of the response where it stands alone) as group and variation, joined by commas; only the first "
                "where data follows it.",
                source="Athar",
            ),
            *PACKETS,
        ),
    ),
)
