"""Flows (Zeek's conn.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import COMMUNITY, CONTACT, PACKETS, ZEEK
from timelines.schema import Column, Family

FAMILIES = (
    Family(
        "net/conn",
        "One flow of packets between two endpoints, both directions merged.",
        (
            *CONTACT,
            Column(
                "proto",
                pa.string(),
                "`tcp`, `udp`, `icmp` or `unknown_transport`.",
                source=ZEEK,
                ecs="network.transport",
            ),
            Column("ip_proto", pa.int32(), "IP protocol number.", source=ZEEK, ecs="network.iana_number"),
            Column("service", pa.string(), "Application protocol recognised by its content.", source=ZEEK),
            Column("duration", pa.int64(), "From the first to the last packet.", "ns", source=ZEEK),
            Column(
                "orig_bytes",
                pa.int64(),
                "Payload the originator sent; for TCP by sequence numbers.",
                "bytes",
                source=ZEEK,
                ecs="source.bytes",
            ),
            Column(
                "resp_bytes",
                pa.int64(),
                "Payload the responder sent; for TCP by sequence numbers.",
                "bytes",
                source=ZEEK,
                ecs="destination.bytes",
            ),
            Column(
                "conn_state",
                pa.string(),
                "State of the connection in Zeek's letters: S0, S1, SF, REJ, RSTO, OTH …",
                source=ZEEK,
            ),
            Column(
                "missed_bytes",
                pa.int64(),
                "TCP payload that sequence numbers show to be missing from the capture.",
                "bytes",
                source=ZEEK,
            ),
            Column(
                "history",
                pa.string(),
                "First sight of each event in Zeek's letters (s SYN, h SYN+ACK, a ACK, d data, f FIN, r RST, "
                "t retransmission, g gap, w zero window, c bad checksum, i FIN with RST, q SYN with FIN or RST); upper case: originator; "
                "^ before them: the responder's packet came first.",
                source=ZEEK,
            ),
            Column("orig_pkts", pa.int64(), "Packets the originator sent.", source=ZEEK, ecs="source.packets"),
            Column(
                "orig_ip_bytes", pa.int64(), "IP bytes the originator sent, headers included.", "bytes", source=ZEEK
            ),
            Column("resp_pkts", pa.int64(), "Packets the responder sent.", source=ZEEK, ecs="destination.packets"),
            Column("resp_ip_bytes", pa.int64(), "IP bytes the responder sent, headers included.", "bytes", source=ZEEK),
            Column("vlan", pa.int32(), "Outer VLAN id of the first packet.", source=ZEEK, ecs="network.vlan.id"),
            Column(
                "inner_vlan",
                pa.int32(),
                "Innermost VLAN id of the first packet, where there are several.",
                source=ZEEK,
                ecs="network.inner.vlan.id",
            ),
            Column(
                "orig_l2_addr",
                pa.string(),
                "Hardware address of the originator, by the first packet's frame.",
                source=ZEEK,
                ecs="source.mac",
            ),
            Column(
                "resp_l2_addr",
                pa.string(),
                "Hardware address of the responder, by the first packet's frame.",
                source=ZEEK,
                ecs="destination.mac",
            ),
            Column(
                "tunnel_parents",
                pa.string(),
                "`uid` of each flow that carried this one, joined by commas.",
                source=ZEEK,
            ),
            COMMUNITY,
            *PACKETS,
        ),
    ),
)
