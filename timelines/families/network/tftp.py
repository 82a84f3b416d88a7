"""File transfers by TFTP."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS
from timelines.schema import Column, Family

_ZEEK = "Zeek tftp.log (package spicy-tftp)"
FAMILIES = (
    Family(
        "net/tftp",
        "One request of TFTP, or one transfer.",
        (
            *CONTACT,
            Column("wrq", pa.bool_(), "The client writes.", source=_ZEEK),
            Column("fname", pa.string(), "Name of the file as asked for.", source=_ZEEK, ecs="file.name"),
            Column("mode", pa.string(), "Mode, such as `octet` or `netascii`, lower case.", source=_ZEEK),
            Column("options", pa.string(), "Options asked for, as `name=value`, joined by commas.", source="Athar"),
            Column("size", pa.int64(), "Bytes of the file that were captured.", "bytes", source=_ZEEK, ecs="file.size"),
            Column("block_sent", pa.int64(), "Highest block that was sent.", source=_ZEEK),
            Column("block_acked", pa.int64(), "Highest block that was acknowledged.", source=_ZEEK),
            Column("error_code", pa.int32(), "Code of an error.", source=_ZEEK),
            Column("error_msg", pa.string(), "Text of an error.", source=_ZEEK),
            *PACKETS,
        ),
    ),
)
