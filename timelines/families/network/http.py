"""HTTP requests and responses (Zeek's http.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.schema import Column, Family

FAMILIES = (
    Family(
        "net/http",
        "One HTTP/1 request with its response, where both were seen.",
        (
            *CONTACT,
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
                "version",
                pa.string(),
                "HTTP version: the response's, else the request's.",
                source=ZEEK,
                ecs="http.version",
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
            Column(
                "proxied", pa.string(), "Headers that show a proxy, as `NAME -> value`, joined by commas.", source=ZEEK
            ),
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
            *PACKETS,
        ),
    ),
)
