"""Network families under Zeek's log and field names (dots become `_`), filled from packet captures.

Names and meanings follow Zeek's `base/protocols/*/main.zeek` log records; columns without a source are Athar's own.
"""

from __future__ import annotations

import pyarrow as pa

from timelines.schema import Column, Family

ZEEK = "Zeek"

_CONTACT = (
    Column(
        "uid",
        pa.string(),
        "Connection id that joins all rows of one flow: `C` and 18 base-62 digits of a digest of protocol, addresses, "
        "ports, first sequence number and start, so the same flow has the same id in every file that holds its start.",
        source=ZEEK,
    ),
    Column("id_orig_h", pa.string(), "Address of the originator.", source=ZEEK),
    Column("id_orig_p", pa.int32(), "Port of the originator; the type for ICMP.", source=ZEEK),
    Column("id_resp_h", pa.string(), "Address of the responder.", source=ZEEK),
    Column("id_resp_p", pa.int32(), "Port of the responder; the answering type or the code for ICMP.", source=ZEEK),
)
_PACKETS = (
    Column(
        "packet_first",
        pa.int64(),
        "Number of the first packet this row was read from, counted from 1 in its file.",
        source="Athar",
    ),
    Column("packet_last", pa.int64(), "Number of the last packet this row was read from.", source="Athar"),
)
_COMMUNITY = Column(
    "community_id",
    pa.string(),
    "Community ID v1 of the flow, seed 0.",
    source="Community ID",
    ecs="network.community_id",
)

CONN = Family(
    "net/conn",
    "One flow of packets between two endpoints, both directions merged.",
    (
        *_CONTACT,
        Column(
            "proto", pa.string(), "`tcp`, `udp`, `icmp` or `unknown_transport`.", source=ZEEK, ecs="network.transport"
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
            "t retransmission, g gap); upper case: originator.",
            source=ZEEK,
        ),
        Column("orig_pkts", pa.int64(), "Packets the originator sent.", source=ZEEK, ecs="source.packets"),
        Column("orig_ip_bytes", pa.int64(), "IP bytes the originator sent, headers included.", "bytes", source=ZEEK),
        Column("resp_pkts", pa.int64(), "Packets the responder sent.", source=ZEEK, ecs="destination.packets"),
        Column("resp_ip_bytes", pa.int64(), "IP bytes the responder sent, headers included.", "bytes", source=ZEEK),
        Column("vlan", pa.int32(), "Outer VLAN id of the first packet.", source=ZEEK, ecs="network.vlan.id"),
        _COMMUNITY,
        *_PACKETS,
    ),
)

DNS = Family(
    "net/dns",
    "One DNS question (also mDNS and LLMNR) with its answer, where both were seen.",
    (
        *_CONTACT,
        Column("proto", pa.string(), "`udp` or `tcp`.", source=ZEEK, ecs="network.transport"),
        Column("trans_id", pa.int32(), "Identifier that joins query and response.", source=ZEEK, ecs="dns.id"),
        Column("rtt", pa.int64(), "From the query to its response.", "ns", source=ZEEK),
        Column("query", pa.string(), "Name asked for, in lower case.", source=ZEEK, ecs="dns.question.name"),
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
            "Z", pa.int32(), "Three reserved bits (zero, AD, CD); a query's where no response was seen.", source=ZEEK
        ),
        Column("answers", pa.string(), "Answers in order, joined by commas.", source=ZEEK, ecs="dns.answers.data"),
        Column("TTLs", pa.string(), "Time to live of each answer in seconds, joined by commas.", "s", source=ZEEK),
        Column("rejected", pa.bool_(), "The response carried no record of any kind.", source=ZEEK),
        *_PACKETS,
    ),
)

HTTP = Family(
    "net/http",
    "One HTTP/1 request with its response, where both were seen.",
    (
        *_CONTACT,
        Column("trans_depth", pa.int32(), "Place of the request in its connection, from 1.", source=ZEEK),
        Column("method", pa.string(), "Request method.", source=ZEEK, ecs="http.request.method"),
        Column(
            "host_",
            pa.string(),
            "Host header; stored as `host_` beside the core column.",
            source="Zeek http.log",
            ecs="url.domain",
        ),
        Column("uri", pa.string(), "Request target as sent.", source=ZEEK, ecs="url.original"),
        Column("referrer", pa.string(), "Referer header.", source=ZEEK, ecs="http.request.referrer"),
        Column(
            "version", pa.string(), "HTTP version: the response's, else the request's.", source=ZEEK, ecs="http.version"
        ),
        Column("user_agent", pa.string(), "User-Agent header.", source=ZEEK, ecs="user_agent.original"),
        Column("origin", pa.string(), "Origin header.", source=ZEEK),
        Column(
            "request_body_len",
            pa.int64(),
            "Body bytes of the request seen, without transfer framing.",
            "bytes",
            source=ZEEK,
            ecs="http.request.body.bytes",
        ),
        Column(
            "response_body_len",
            pa.int64(),
            "Body bytes of the response seen, without transfer framing, content encoding left on.",
            "bytes",
            source=ZEEK,
            ecs="http.response.body.bytes",
        ),
        Column("status_code", pa.int32(), "Response status.", source=ZEEK, ecs="http.response.status_code"),
        Column("status_msg", pa.string(), "Response reason phrase.", source=ZEEK),
        Column("info_code", pa.int32(), "Last interim (1xx) status before the response.", source=ZEEK),
        Column("info_msg", pa.string(), "Reason phrase of that interim status.", source=ZEEK),
        Column("username", pa.string(), "User of basic authentication.", source=ZEEK, ecs="user.name"),
        Column("proxied", pa.string(), "Headers that show a proxy, as `NAME -> value`, joined by commas.", source=ZEEK),
        Column("x_forwarded_for", pa.string(), "X-Forwarded-For header.", source="HTTP header"),
        Column(
            "orig_mime_types",
            pa.string(),
            "Media type of the request body by its first bytes, else as declared.",
            source=ZEEK,
        ),
        Column(
            "resp_mime_types",
            pa.string(),
            "Media type of the response body by its first bytes, else as declared.",
            source=ZEEK,
            ecs="http.response.mime_type",
        ),
        *_PACKETS,
    ),
)

SSL = Family(
    "net/ssl",
    "The hellos of one TLS or SSL connection.",
    (
        *_CONTACT,
        Column("version", pa.string(), "Version the server chose (TLSv12, TLSv13 …).", source=ZEEK, ecs="tls.version"),
        Column("cipher", pa.string(), "Cipher suite the server chose.", source=ZEEK, ecs="tls.cipher"),
        Column("curve", pa.string(), "Key-exchange group the server chose.", source=ZEEK, ecs="tls.curve"),
        Column(
            "server_name",
            pa.string(),
            "Server Name Indication of the client.",
            source=ZEEK,
            ecs="tls.client.server_name",
        ),
        Column(
            "resumed",
            pa.bool_(),
            "The server repeated the client's session id before TLS 1.3.",
            source=ZEEK,
            ecs="tls.resumed",
        ),
        Column("last_alert", pa.string(), "Last alert sent in clear.", source=ZEEK),
        Column(
            "next_protocol",
            pa.string(),
            "Application protocol the server chose in clear.",
            source=ZEEK,
            ecs="tls.next_protocol",
        ),
        Column(
            "established", pa.bool_(), "Both sides went on to encrypted records.", source=ZEEK, ecs="tls.established"
        ),
        Column("ja3", pa.string(), "JA3 of the client hello.", source="JA3", ecs="tls.client.ja3"),
        Column("ja3s", pa.string(), "JA3S of the server hello.", source="JA3", ecs="tls.server.ja3s"),
        Column("ja4", pa.string(), "JA4 of the client hello.", source="JA4"),
        *_PACKETS,
    ),
)

FAMILIES = (CONN, DNS, HTTP, SSL)
