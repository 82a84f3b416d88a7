"""nginx with `log_format … escape=json`: the names are the administrator's own; those that are nginx's variables or commonly chosen for
them are known.

https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format (escape=json)
https://nginx.org/en/docs/http/ngx_http_core_module.html#variables
"""

from __future__ import annotations

import pyarrow as pa

from parsers.web.instants import Clf, Epoch, Iso
from parsers.web.json_kinds import SECONDS, Target
from parsers.web.json_lines import JsonFormat, Meaning
from parsers.web.kinds import STATUS, Kind, Request, Text, Whole

# The variable itself first, then names that common configurations give it.
_NAMES: tuple[tuple[str, Kind, tuple[str, ...]], ...] = (
    ("c_ip", Text(), ("remote_addr", "remote_ip", "client_ip", "clientip", "client")),
    ("src_port", Whole(pa.int32()), ("remote_port",)),
    ("cs_username", Text(), ("remote_user", "user")),
    ("request", Request(), ("request", "request_line")),
    ("cs_method", Text(), ("request_method", "method", "verb")),
    ("cs_uri", Target(), ("request_uri",)),
    ("cs_uri_stem", Text(True), ("uri", "document_uri", "url", "path")),
    ("cs_uri_query", Text(True), ("args", "query_string")),
    ("cs_version", Text(), ("server_protocol", "protocol", "http_version")),
    ("sc_status", STATUS, ("status", "status_code", "response", "response_code")),
    ("sc_bytes", Whole(), ("body_bytes_sent", "bytes_sent", "bytes", "size")),
    ("cs_bytes", Whole(), ("request_length", "bytes_received")),
    ("duration", SECONDS, ("request_time", "responsetime", "response_time")),
    ("cs_referer", Text(), ("http_referer", "http_referrer", "referer", "referrer")),
    ("cs_user_agent", Text(), ("http_user_agent", "user_agent", "agent", "useragent")),
    ("x_forwarded_for", Text(), ("http_x_forwarded_for", "x_forwarded_for", "xff")),
    ("forwarded", Text(), ("http_forwarded",)),
    ("cf_connecting_ip", Text(), ("http_cf_connecting_ip", "cf_connecting_ip")),
    ("cs_host", Text(), ("http_host", "host", "domain", "vhost")),
    ("cs_cookie", Text(), ("http_cookie",)),
    ("virtual_host", Text(), ("server_name",)),
    ("virtual_port", Whole(pa.int32()), ("server_port",)),
    ("s_ip", Text(), ("server_addr",)),
    ("upstream", Text(), ("upstream_addr", "upstream", "upstreamhost")),
    ("upstream_status", Text(), ("upstream_status",)),
    ("upstream_bytes", Text(), ("upstream_response_length",)),
    ("upstream_duration", Text(), ("upstream_response_time", "upstreamtime")),
    ("upstream_name", Text(), ("proxy_upstream_name",)),
    ("request_id", Text(), ("request_id",)),
    ("tls_protocol", Text(), ("ssl_protocol",)),
    ("tls_cipher", Text(), ("ssl_cipher",)),
)  # fmt: skip
_TIMES: tuple[tuple[str, Kind], ...] = (
    ("time_iso8601", Iso()), ("time_local", Clf()), ("msec", Epoch()),
    *((name, kind) for name in ("@timestamp", "timestamp", "time", "ts", "date") for kind in (Iso(), Clf(), Epoch())),
)  # fmt: skip
_STATUS = ("status", "status_code", "response", "response_code")
_ASKED = ("request", "request_line", "request_uri", "uri", "document_uri", "url", "path")

FORMAT = JsonFormat(
    name="nginx-json",
    family="web/access",
    event="http.request",
    time_desc="Request answered",
    needs=(tuple(dict.fromkeys(name for name, _ in _TIMES)), _STATUS, _ASKED),
    never=("logger", "DownstreamStatus", "RayID", "resourceId", "transaction", "log", "MESSAGE"),
    times=_TIMES,
    meanings=tuple(Meaning(name, column, kind) for column, kind, names in _NAMES for name in names),
)
