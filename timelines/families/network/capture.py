"""What a capture file says of itself beside its packets (pcapng)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import PACKETS
from timelines.schema import Column, Family

PCAPNG = "pcapng"

FAMILIES = (
    Family(
        "net/capture",
        "One thing that a capture file says of itself: a section, an interface, a comment, a name, statistics, keys.",
        (
            Column("section", pa.int32(), "Section of the file, counted from 1.", source=PCAPNG),
            Column("interface", pa.int32(), "Interface of the section, counted from 0.", source=PCAPNG),
            Column("version", pa.string(), "Version of the format.", source=PCAPNG),
            Column("link_type", pa.int32(), "Link type of the interface (LINKTYPE number).", source=PCAPNG),
            Column("snap_length", pa.int64(), "Most bytes kept of a packet; 0: all.", "bytes", source=PCAPNG),
            Column(
                "name", pa.string(), "Name of the interface, names of the address, or kind of the keys.", source=PCAPNG
            ),
            Column(
                "address", pa.string(), "IP addresses of the interface, or the one that has the name.", source=PCAPNG
            ),
            Column("mac", pa.string(), "Hardware address of the interface.", source=PCAPNG),
            Column("description", pa.string(), "Description of the interface.", source=PCAPNG),
            Column("filter", pa.string(), "Capture filter of the interface.", source=PCAPNG),
            Column("os", pa.string(), "Operating system that captured.", source=PCAPNG),
            Column("hardware", pa.string(), "Hardware that captured.", source=PCAPNG),
            Column("application", pa.string(), "Program that wrote the section.", source=PCAPNG),
            Column("comment", pa.string(), "Comment, as somebody or a program wrote it into the file.", source=PCAPNG),
            Column("received", pa.int64(), "Packets the interface received.", source=PCAPNG),
            Column("dropped", pa.int64(), "Packets the interface dropped for lack of resources.", source=PCAPNG),
            Column("accepted", pa.int64(), "Packets the filter accepted.", source=PCAPNG),
            Column("os_dropped", pa.int64(), "Packets the operating system dropped.", source=PCAPNG),
            Column("delivered", pa.int64(), "Packets delivered to the program.", source=PCAPNG),
            Column("enterprise", pa.int64(), "IANA enterprise number of whose custom block it is.", source=PCAPNG),
            Column(
                "size",
                pa.int64(),
                "Bytes of keys or of a custom block; they themselves are not shown.",
                "bytes",
                source=PCAPNG,
            ),
            *PACKETS,
        ),
    ),
)
