"""Files carried by protocols (Zeek's files.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.schema import Column, Family

FAMILIES = (
    Family(
        "net/files",
        "One file carried over the network, with the digests of its bytes as far as they were captured.",
        (
            *CONTACT,
            Column(
                "fuid",
                pa.string(),
                "File id, by which rows of other families name the file: `F` and 20 hexadecimal digits of a digest of the connection and "
                "of the file's place in it.",
                source=ZEEK,
            ),
            Column("source", pa.string(), "Protocol that carried it.", source=ZEEK),
            Column("is_orig", pa.bool_(), "The originator of the connection sent it.", source=ZEEK),
            Column("filename", pa.string(), "Name that the protocol gives it.", source=ZEEK, ecs="file.name"),
            Column("mime_type", pa.string(), "Media type by its first bytes.", source=ZEEK, ecs="file.mime_type"),
            Column("depth", pa.int32(), "Place of a part in the message that carried several, from 1.", source=ZEEK),
            Column(
                "content_range",
                pa.string(),
                "Which part of a longer file the bytes are: the Content-Range header.",
                source="HTTP header",
            ),
            Column(
                "parts",
                pa.string(),
                "Ids of the files that it was put together from: a file fetched in ranges, of which every byte came.",
                source="Athar",
            ),
            Column("encoding", pa.string(), "Content codings that could not be taken off.", source="Athar"),
            Column("declared_type", pa.string(), "Media type as the protocol declares it.", source="Athar"),
            Column("duration", pa.int64(), "From its first to its last packet.", "ns", source=ZEEK),
            Column("seen_bytes", pa.int64(), "Bytes captured.", "bytes", source=ZEEK, ecs="file.size"),
            Column("total_bytes", pa.int64(), "Bytes it should have.", "bytes", source=ZEEK),
            Column("missing_bytes", pa.int64(), "Bytes that the capture lacks.", "bytes", source=ZEEK),
            Column(
                "complete",
                pa.bool_(),
                "Nothing is known to be missing; a part of a longer file is not complete.",
                source="Athar",
            ),
            Column("md5", pa.string(), "MD5 of the bytes seen.", source=ZEEK, ecs="file.hash.md5"),
            Column("sha1", pa.string(), "SHA-1 of the bytes seen.", source=ZEEK, ecs="file.hash.sha1"),
            Column("sha256", pa.string(), "SHA-256 of the bytes seen.", source=ZEEK, ecs="file.hash.sha256"),
            *PACKETS,
        ),
    ),
)
