"""Addresses and prefixes handed out in IPv6, under the names of net/dhcp where they mean the same."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS
from timelines.schema import Column, Family

FAMILIES = (
    Family(
        "net/dhcpv6",
        "One exchange of a DHCPv6 client with its servers; the connection is that of its first message.",
        (
            *CONTACT,
            Column(
                "uids",
                pa.string(),
                "Ids of all connections that its messages took, joined by commas.",
                source="Athar",
            ),
            Column(
                "client_addr",
                pa.string(),
                "Address that the client spoke from, mostly a link-local one; behind a relay as that one saw it.",
                source="Athar",
            ),
            Column("server_addr", pa.string(), "Address that the answers came from: server or relay.", source="Athar"),
            Column("client_port", pa.int32(), "Port of the client then.", source="Athar"),
            Column("server_port", pa.int32(), "Port of the server then.", source="Athar"),
            Column(
                "mac",
                pa.string(),
                "Hardware address of the client: as a relay saw it (option 79), else the one that the client's identifier was made "
                "from, which may be that of another card of the machine.",
                source="Athar",
                ecs="source.mac",
            ),
            Column("client_duid", pa.string(), "Identifier of the client (option 1), in hex.", source="Athar"),
            Column("server_duid", pa.string(), "Identifier of the server (option 2), in hex.", source="Athar"),
            Column("client_fqdn", pa.string(), "Name that the client gives itself (option 39).", source="Athar"),
            Column("domain", pa.string(), "Domains to search that the server gives (option 24).", source="Athar"),
            Column("dns_servers", pa.string(), "Name servers that the server gives (option 23).", source="Athar"),
            Column("requested_addr", pa.string(), "Addresses that the client asked for.", source="Athar"),
            Column("assigned_addr", pa.string(), "Addresses that the server gave.", source="Athar"),
            Column("assigned_prefix", pa.string(), "Networks that the server gave to hand on.", source="Athar"),
            Column("lease_time", pa.int64(), "How long the first of them to end may be used.", "s", source="Athar"),
            Column("status", pa.string(), "What the server says of the request (option 13).", source="Athar"),
            Column("server_message", pa.string(), "That in the server's words.", source="Athar"),
            Column("msg_types", pa.string(), "Types of the messages in order, joined by commas.", source="Athar"),
            Column("duration", pa.int64(), "From the first message to the last.", "ns", source="Athar"),
            Column("trans_id", pa.string(), "Identifier of the exchange, in hex.", source="Athar"),
            Column("relay_addr", pa.string(), "Link that the relay next to the client names.", source="Athar"),
            Column("vendor_class", pa.string(), "Kind of client in its own words (option 16).", source="Athar"),
            Column(
                "param_list",
                pa.string(),
                "Numbers of the options that the client asks for, in its order (option 6): they tell systems apart.",
                source="Athar",
            ),
            Column("options", pa.string(), "Numbers of the options that the client sent, in order.", source="Athar"),
            *PACKETS,
        ),
    ),
)
