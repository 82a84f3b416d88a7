"""DNS questions and answers (Zeek's dns.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.schema import Column, Family

FAMILIES = (
    Family(
        "net/dns",
        "One DNS question (also mDNS, LLMNR and NetBIOS names) with its answer, where both were seen.",
        (
            *CONTACT,
            Column("proto", pa.string(), "`udp` or `tcp`.", source=ZEEK, ecs="network.transport"),
            Column("trans_id", pa.int32(), "Identifier that joins query and response.", source=ZEEK, ecs="dns.id"),
            Column("rtt", pa.int64(), "From the query to its response.", "ns", source=ZEEK),
            Column(
                "query",
                pa.string(),
                "Name asked for, in lower case; NetBIOS names decoded.",
                source=ZEEK,
                ecs="dns.question.name",
            ),
            Column("qclass", pa.int32(), "Class of the question.", source=ZEEK),
            Column("qclass_name", pa.string(), "Name of the class.", source=ZEEK, ecs="dns.question.class"),
            Column("qtype", pa.int32(), "Type of the question.", source=ZEEK),
            Column("qtype_name", pa.string(), "Name of the type.", source=ZEEK, ecs="dns.question.type"),
            Column("rcode", pa.int32(), "Response code.", source=ZEEK),
            Column("rcode_name", pa.string(), "Name of the response code.", source=ZEEK, ecs="dns.response_code"),
            Column("opcode", pa.int32(), "Kind of query: 0 is a standard query.", source=ZEEK),
            Column("AA", pa.bool_(), "Answer comes from an authority for the name.", source=ZEEK),
            Column("TC", pa.bool_(), "Message was cut to fit.", source=ZEEK),
            Column("RD", pa.bool_(), "Recursion was asked for.", source=ZEEK),
            Column("RA", pa.bool_(), "Recursion is available.", source=ZEEK),
            Column(
                "Z",
                pa.int32(),
                "Three reserved bits (zero, AD, CD); a query's where no response was seen.",
                source=ZEEK,
            ),
            Column(
                "answers",
                pa.string(),
                "Answers in order, joined by commas; a comma inside one is `\\x2c`.",
                source=ZEEK,
                ecs="dns.answers.data",
            ),
            Column("TTLs", pa.string(), "Time to live of each answer in seconds, joined by commas.", "s", source=ZEEK),
            Column("rejected", pa.bool_(), "The response carried no record of any kind.", source=ZEEK),
            Column(
                "netbios_suffix",
                pa.string(),
                "Type of a NetBIOS name, its last byte in hex: 00 workstation, 20 file server, 1b domain master browser, 1c domain "
                "controllers …",
                source="Athar",
            ),
            Column(
                "answered_by",
                pa.string(),
                "Address that answered a question to a group of hosts (LLMNR, NetBIOS broadcast, mDNS).",
                source="Athar",
            ),
            Column("answer_uid", pa.string(), "Connection id of the flow that such an answer came in.", source="Athar"),
            Column("retransmission", pa.bool_(), "The query repeats one that had no answer yet.", source="Athar"),
            Column(
                "edns_udp_size", pa.int32(), "Largest UDP payload that can be taken (EDNS).", "bytes", source="Athar"
            ),
            Column("edns_do", pa.bool_(), "DNSSEC records are wanted (EDNS).", source="Athar"),
            Column(
                "edns_client_subnet",
                pa.string(),
                "Network of the client that a resolver passed on (EDNS Client Subnet).",
                source="Athar",
            ),
            *PACKETS,
        ),
    ),
)
