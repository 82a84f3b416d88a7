"""HTTP requests and responses (Zeek's http.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.schema import Column, Family


def _files(side: str, message: str) -> tuple[Column, ...]:
    return (
        Column(
            f"{side}_fuids",
            pa.string(),
            f"Files that the {message} carried, as in net/files, joined by commas.",
            source=ZEEK,
        ),
        Column(
            f"{side}_filenames",
            pa.string(),
            f"Names of the files that the {message} carried, joined by commas.",
            source=ZEEK,
        ),
        Column(
            f"{side}_mime_types",
            pa.string(),
            f"Media types of the files that the {message} carried by their first bytes, else as declared, joined by commas.",
            source=ZEEK,
            ecs="http.response.mime_type" if side == "resp" else "",
        ),
    )


FAMILIES = (
    Family(
        "net/http",
        "One HTTP request with its response, where both were seen.",
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
            Column(
                "username",
                pa.string(),
                "User of basic or digest authentication; credentials themselves are in net/credentials.",
                source=ZEEK,
                ecs="user.name",
            ),
            Column(
                "proxied", pa.string(), "Headers that show a proxy, as `NAME -> value`, joined by commas.", source=ZEEK
            ),
            Column("x_forwarded_for", pa.string(), "X-Forwarded-For header.", source="HTTP header"),
            Column(
                "content_range",
                pa.string(),
                "Which part of the file a 206 response carries: its Content-Range header.",
                source="HTTP header",
            ),
            *_files("orig", "request"),
            *_files("resp", "response"),
            Column(
                "client_header_names",
                pa.string(),
                "Header names of the request in order, joined by commas.",
                source=ZEEK,
            ),
            Column(
                "server_header_names",
                pa.string(),
                "Header names of the response in order, joined by commas.",
                source=ZEEK,
            ),
            Column("cookie_vars", pa.string(), "Names of the cookies sent, joined by commas.", source=ZEEK),
            Column(
                "uri_vars", pa.string(), "Names of the variables in the target's query, joined by commas.", source=ZEEK
            ),
            *PACKETS,
        ),
    ),
)
