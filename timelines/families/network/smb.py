"""SMB shares and files (Zeek's smb_mapping.log and smb_files.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.schema import TIME, Column, Family

_STATUS = Column("status", pa.string(), "What the server answered: NT status without `STATUS_`.", source="MS-ERREF")

FAMILIES = (
    Family(
        "net/smb_mapping",
        "One SMB share that a client asked to map.",
        (
            *CONTACT,
            Column("path", pa.string(), "Path of the share.", source=ZEEK),
            Column("service", pa.string(), "Kind of resource by SMB 1: `A:`, `IPC`, `LPT1:`.", source=ZEEK),
            Column("native_file_system", pa.string(), "File system of the share, by SMB 1.", source=ZEEK),
            Column("share_type", pa.string(), "`DISK`, `PIPE` or `PRINT`.", source=ZEEK),
            _STATUS,
            *PACKETS,
        ),
    ),
    Family(
        "net/smb_files",
        "One action on a file, pipe or printer over SMB; all reads of an open file are one row, and all writes.",
        (
            *CONTACT,
            Column(
                "action",
                pa.string(),
                "`SMB::FILE_OPEN`, `SMB::PIPE_OPEN`, `SMB::FILE_READ` …; `SMB::FILE_LIST` is Athar's.",
                source=ZEEK,
            ),
            Column("path", pa.string(), "Path of the share.", source=ZEEK),
            Column("name", pa.string(), "Path of the file in the share.", source=ZEEK, ecs="file.path"),
            Column("size", pa.int64(), "Size of the file when it was opened.", "bytes", source=ZEEK, ecs="file.size"),
            Column("prev_name", pa.string(), "Name before it was renamed.", source=ZEEK),
            Column("times_modified", TIME, "Last write, as the message gives it.", "ns", source=ZEEK, ecs="file.mtime"),
            Column("times_accessed", TIME, "Last access.", "ns", source=ZEEK, ecs="file.accessed"),
            Column("times_created", TIME, "Creation.", "ns", source=ZEEK, ecs="file.created"),
            Column("times_changed", TIME, "Last change of data or attributes.", "ns", source=ZEEK, ecs="file.ctime"),
            Column("fuid", pa.string(), "The file that was read or written, as in net/files.", source=ZEEK),
            Column("moved_bytes", pa.int64(), "Bytes read or written.", "bytes", source="Athar"),
            _STATUS,
            *PACKETS,
        ),
    ),
)
