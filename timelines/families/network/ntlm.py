"""NTLM logons (Zeek's ntlm.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.schema import Column, Family

FAMILIES = (
    Family(
        "net/ntlm",
        "One NTLM logon.",
        (
            *CONTACT,
            Column("username", pa.string(), "User name that the client gives.", source=ZEEK, ecs="user.name"),
            Column("hostname", pa.string(), "Machine name that the client gives.", source=ZEEK),
            Column("domainname", pa.string(), "Domain that the client gives.", source=ZEEK, ecs="user.domain"),
            Column("server_nb_computer_name", pa.string(), "NetBIOS name of the server.", source=ZEEK),
            Column("server_nb_domain_name", pa.string(), "NetBIOS name of the server's domain.", source="Athar"),
            Column("server_dns_computer_name", pa.string(), "DNS name of the server.", source=ZEEK),
            Column("server_dns_domain_name", pa.string(), "DNS name of the server's domain.", source="Athar"),
            Column("server_tree_name", pa.string(), "DNS name of the server's forest.", source=ZEEK),
            Column("success", pa.bool_(), "The logon succeeded; empty where the answer was not seen.", source=ZEEK),
            Column("service", pa.string(), "Protocol that carried it.", source="Athar"),
            *PACKETS,
        ),
    ),
)
