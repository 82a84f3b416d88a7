"""File transfers by FTP (Zeek's ftp.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.schema import Column, Family

FAMILIES = (
    Family(
        "net/ftp",
        "One command of FTP with its reply, or one data channel.",
        (
            *CONTACT,
            Column(
                "user_", pa.string(), "User as given; stored as `user_` beside the core column.", source="Zeek ftp.log"
            ),
            Column(
                "password",
                pa.string(),
                "Password of an anonymous user, `<hidden>` for others: see net/credentials.",
                source=ZEEK,
            ),
            Column("command", pa.string(), "Command; for a data channel the one that used it.", source=ZEEK),
            Column("arg", pa.string(), "Its argument as sent; a password is left out.", source=ZEEK),
            Column("mime_type", pa.string(), "Media type of the data by its first bytes.", source=ZEEK),
            Column(
                "file_size",
                pa.int64(),
                "Bytes of the file: as the server says, in a data channel's row as captured.",
                "bytes",
                source=ZEEK,
                ecs="file.size",
            ),
            Column("fuid", pa.string(), "The file of a data channel, as in net/files.", source=ZEEK),
            Column("reply_code", pa.int32(), "Code of the final reply.", source=ZEEK),
            Column("reply_msg", pa.string(), "Text of the final reply.", source=ZEEK),
            Column("data_channel_passive", pa.bool_(), "The client opens the data channel.", source=ZEEK),
            Column("data_channel_orig_h", pa.string(), "Address that opens the data channel.", source=ZEEK),
            Column("data_channel_resp_h", pa.string(), "Address that listens for it.", source=ZEEK),
            Column("data_channel_resp_p", pa.int32(), "Port that listens for it.", source=ZEEK),
            Column("cwd", pa.string(), "Working directory before the command, `.` where it is not known.", source=ZEEK),
            *PACKETS,
        ),
    ),
)
