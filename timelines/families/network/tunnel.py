"""Tunnels (Zeek's tunnel.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.schema import Column, Family

FAMILIES = (
    Family(
        "net/tunnel",
        "One flow that carried other packets, for each kind of tunnel in it.",
        (
            *CONTACT,
            Column(
                "tunnel_type",
                pa.string(),
                "`Tunnel::IP`, `Tunnel::GRE`, `Tunnel::VXLAN`, `Tunnel::GENEVE`, `Tunnel::GTPv1`, `Tunnel::TEREDO`, `Tunnel::AYIYA` as in "
                "Zeek; `Tunnel::ERSPAN`, `Tunnel::ETHERIP`, `Tunnel::L2TP`, `Tunnel::MPLS` and `Tunnel::GTPv0` are Athar's.",
                source=ZEEK,
            ),
            Column("action", pa.string(), "`Tunnel::DISCOVER`: packets inside were seen.", source=ZEEK),
            Column("inner_packets", pa.int64(), "Packets of flows that were seen inside.", source="Athar"),
            *PACKETS,
        ),
    ),
)
