"""Columns that many network families share: the connection, its packets, its Community ID."""

from __future__ import annotations

import pyarrow as pa

from timelines.schema import Column

ZEEK = "Zeek"

CONTACT = (
    Column(
        "uid",
        pa.string(),
        "Connection id that joins all rows of one flow: `C` and 18 base-62 digits of a digest of protocol, addresses, "
        "ports, first sequence number and start, so the same flow has the same id in every file that holds its start.",
        source=ZEEK,
    ),
    Column("id_orig_h", pa.string(), "Address of the originator.", source=ZEEK),
    Column("id_orig_p", pa.int32(), "Port of the originator; the type for ICMP.", source=ZEEK),
    Column("id_resp_h", pa.string(), "Address of the responder.", source=ZEEK),
    Column("id_resp_p", pa.int32(), "Port of the responder; the answering type or the code for ICMP.", source=ZEEK),
)
PACKETS = (
    Column(
        "packet_first",
        pa.int64(),
        "Number of the first packet this row was read from, counted from 1 in its file.",
        source="Athar",
    ),
    Column("packet_last", pa.int64(), "Number of the last packet this row was read from.", source="Athar"),
)
COMMUNITY = Column(
    "community_id",
    pa.string(),
    "Community ID v1 of the flow, seed 0.",
    source="Community ID",
    ecs="network.community_id",
)
