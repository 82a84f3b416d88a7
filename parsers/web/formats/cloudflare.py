"""Cloudflare Logpush, data set HTTP requests: JSON lines with the fields that the job was told to push.

Instants come as RFC 3339, as seconds or as nanoseconds since 1970, as the job says.
https://developers.cloudflare.com/logs/logpush/logpush-job/datasets/zone/http_requests/
https://developers.cloudflare.com/logs/logpush/logpush-job/log-output-options/
"""

from __future__ import annotations

import pyarrow as pa

from parsers.web.instants import Epoch, Iso
from parsers.web.json_kinds import EpochNs, Target
from parsers.web.json_lines import JsonFormat, Meaning
from parsers.web.kinds import STATUS, Text, Whole

_WRITTEN = (Iso(), Epoch(), EpochNs())

FORMAT = JsonFormat(
    name="cloudflare",
    family="web/access",
    event="http.request",
    time_desc="Request received at the edge",
    needs=(
        ("EdgeStartTimestamp", "EdgeEndTimestamp"),
        ("ClientRequestURI", "ClientRequestPath", "ClientRequestMethod", "RayID"),
    ),
    times=tuple((name, kind) for name in ("EdgeStartTimestamp", "EdgeEndTimestamp") for kind in _WRITTEN),
    meanings=(
        Meaning("ClientIP", "c_ip", Text()),
        Meaning("ClientSrcPort", "src_port", Whole(pa.int32())),
        Meaning("ClientRequestMethod", "cs_method", Text()),
        Meaning("ClientRequestURI", "cs_uri", Target()),
        Meaning("ClientRequestPath", "cs_uri_stem", Text(True)),
        Meaning("ClientRequestProtocol", "cs_version", Text()),
        Meaning("ClientRequestHost", "cs_host", Text()),
        Meaning("EdgeResponseStatus", "sc_status", STATUS),
        Meaning("EdgeResponseBytes", "sc_bytes", Whole()),
        Meaning("ClientRequestBytes", "cs_bytes", Whole()),
        Meaning("ClientRequestUserAgent", "cs_user_agent", Text()),
        Meaning("ClientRequestReferer", "cs_referer", Text()),
        Meaning("ClientSSLProtocol", "tls_protocol", Text()),
        Meaning("ClientSSLCipher", "tls_cipher", Text()),
        Meaning("OriginIP", "upstream", Text()),
        Meaning("OriginResponseStatus", "upstream_status", Text()),
        Meaning("OriginResponseDurationMs", "upstream_duration", Text()),
        Meaning("RayID", "request_id", Text()),
    ),
)
