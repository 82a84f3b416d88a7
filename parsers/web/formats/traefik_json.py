"""Traefik's access log in JSON. Header fields that it is told to keep come as `request_…`, `origin_…` and `downstream_…`.

https://doc.traefik.io/traefik/observability/access-logs/ (`format = "json"`; "Available Fields")
"""

from __future__ import annotations

import pyarrow as pa

from parsers.web.instants import Iso
from parsers.web.json_kinds import NANOSECONDS, Target
from parsers.web.json_lines import JsonFormat, Meaning
from parsers.web.kinds import STATUS, Text, Whole

FORMAT = JsonFormat(
    name="traefik-json",
    family="web/access",
    event="http.request",
    time_desc="Request received",
    needs=(("StartUTC", "StartLocal", "time"), ("DownstreamStatus", "OriginStatus"), ("RequestPath", "RequestMethod")),
    times=(("StartUTC", Iso()), ("StartLocal", Iso()), ("time", Iso())),
    meanings=(
        Meaning("ClientHost", "c_ip", Text()),
        Meaning("ClientPort", "src_port", Whole(pa.int32())),
        Meaning("ClientUsername", "cs_username", Text()),
        Meaning("RequestMethod", "cs_method", Text()),
        Meaning("RequestPath", "cs_uri", Target()),
        Meaning("RequestProtocol", "cs_version", Text()),
        Meaning("RequestHost", "cs_host", Text()),
        Meaning("DownstreamStatus", "sc_status", STATUS),
        Meaning("DownstreamContentSize", "sc_bytes", Whole()),
        Meaning("RequestContentSize", "cs_bytes", Whole()),
        Meaning("Duration", "duration", NANOSECONDS),
        Meaning("request_User-Agent", "cs_user_agent", Text()),
        Meaning("request_Referer", "cs_referer", Text()),
        Meaning("request_X-Forwarded-For", "x_forwarded_for", Text()),
        Meaning("request_Forwarded", "forwarded", Text()),
        Meaning("request_Cf-Connecting-Ip", "cf_connecting_ip", Text()),
        Meaning("TLSVersion", "tls_protocol", Text()),
        Meaning("TLSCipher", "tls_cipher", Text()),
        Meaning("request_Cookie", "cs_cookie", Text()),
        Meaning("ServiceAddr", "upstream", Text()),
        Meaning("ServiceName", "upstream_name", Text()),
        Meaning("OriginStatus", "upstream_status", Text()),
    ),
)
