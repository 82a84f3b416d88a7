"""Addresses handed out (Zeek's dhcp.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.schema import Column, Family

FAMILIES = (
    Family(
        "net/dhcp",
        "One exchange of a DHCP client with its servers; the connection is that of its first message.",
        (
            *CONTACT,
            Column(
                "uids", pa.string(), "Ids of all connections that its messages took, joined by commas.", source=ZEEK
            ),
            Column(
                "client_addr",
                pa.string(),
                "Address of the client; the one it was given where it had none.",
                source=ZEEK,
            ),
            Column(
                "server_addr", pa.string(), "Address of the server or relay that handed out an address.", source=ZEEK
            ),
            Column("client_port", pa.int32(), "Port of the client then.", source=ZEEK),
            Column("server_port", pa.int32(), "Port of the server then.", source=ZEEK),
            Column("mac", pa.string(), "Hardware address of the client.", source=ZEEK, ecs="source.mac"),
            Column("host_name", pa.string(), "Name that the client gives itself (option 12).", source=ZEEK),
            Column("client_fqdn", pa.string(), "Full name that the client gives itself (option 81).", source=ZEEK),
            Column("domain", pa.string(), "Domain that the server gives (option 15).", source=ZEEK),
            Column("requested_addr", pa.string(), "Address that the client asked for (option 50).", source=ZEEK),
            Column("assigned_addr", pa.string(), "Address that the server gave.", source=ZEEK),
            Column("lease_time", pa.int64(), "How long the address may be used.", "s", source=ZEEK),
            Column("client_message", pa.string(), "Why the client declined (option 56).", source=ZEEK),
            Column("server_message", pa.string(), "Why the server refused (option 56).", source=ZEEK),
            Column("msg_types", pa.string(), "Types of the messages in order, joined by commas.", source=ZEEK),
            Column("duration", pa.int64(), "From the first message to the last.", "ns", source=ZEEK),
            Column("trans_id", pa.string(), "Identifier of the exchange, in hex.", source="Athar"),
            Column("chaddr", pa.string(), "Hardware address in the header of the messages.", source="Athar"),
            Column("server_id", pa.string(), "Address by which the server calls itself (option 54).", source="Athar"),
            Column("relay_addr", pa.string(), "Relay that passed the messages on.", source="Athar"),
            Column("vendor_class", pa.string(), "Kind of client in its own words (option 60).", source="Athar"),
            Column(
                "param_list",
                pa.string(),
                "Numbers of the options that the client asks for, in its order (option 55): they tell systems apart.",
                source="Athar",
            ),
            Column("options", pa.string(), "Numbers of the options that the client sent, in order.", source="Athar"),
            *PACKETS,
        ),
    ),
)
