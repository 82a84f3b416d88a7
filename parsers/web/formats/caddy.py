"""Caddy's access log: JSON lines of the logger `http.log.access`.

https://caddyserver.com/docs/logging
https://caddyserver.com/docs/caddyfile/directives/log
"""

from __future__ import annotations

import pyarrow as pa

from parsers.web.instants import Clf, Epoch, Iso
from parsers.web.json_kinds import SECONDS, Target
from parsers.web.json_lines import JsonFormat, Meaning
from parsers.web.kinds import STATUS, Text, Whole

FORMAT = JsonFormat(
    name="caddy",
    family="web/access",
    event="http.request",
    time_desc="Request answered",
    needs=(("ts",), ("logger",), ("request.uri",), ("status",)),
    says={"logger": r"^http\.log\.access"},
    times=(("ts", Epoch()), ("ts", Iso()), ("ts", Clf())),
    meanings=(
        Meaning("request.remote_ip", "c_ip", Text()),
        Meaning("request.remote_addr", "c_ip", Text()),  # address and port, before 2.5
        Meaning("request.remote_port", "src_port", Whole(pa.int32())),
        Meaning("user_id", "cs_username", Text()),
        Meaning("request.method", "cs_method", Text()),
        Meaning("request.uri", "cs_uri", Target()),
        Meaning("request.proto", "cs_version", Text()),
        Meaning("request.host", "cs_host", Text()),
        Meaning("status", "sc_status", STATUS),
        Meaning("size", "sc_bytes", Whole()),
        Meaning("bytes_read", "cs_bytes", Whole()),
        Meaning("duration", "duration", SECONDS),
        Meaning("request.headers.User-Agent", "cs_user_agent", Text()),
        Meaning("request.headers.Referer", "cs_referer", Text()),
        Meaning("request.headers.X-Forwarded-For", "x_forwarded_for", Text()),
        Meaning("request.headers.Forwarded", "forwarded", Text()),
        Meaning("request.headers.Cf-Connecting-Ip", "cf_connecting_ip", Text()),
        Meaning("request.headers.Cookie", "cs_cookie", Text()),
        Meaning("request.tls.version", "tls_protocol", Text()),
        Meaning("request.tls.cipher_suite", "tls_cipher", Text()),
    ),
)
