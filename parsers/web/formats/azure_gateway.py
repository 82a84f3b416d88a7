"""Azure Application Gateway (v1, v2) and Azure Front Door access logs, one JSON record a line as storage accounts keep them.

https://learn.microsoft.com/en-us/azure/application-gateway/monitor-application-gateway-reference
https://learn.microsoft.com/en-us/azure/frontdoor/monitor-front-door-reference
"""

from __future__ import annotations

import pyarrow as pa

from parsers.web.instants import Iso
from parsers.web.json_kinds import SECONDS, Target
from parsers.web.json_lines import JsonFormat, Meaning
from parsers.web.kinds import STATUS, Kind, Text, Whole


def _meanings(*known: tuple[str, str, Kind]) -> tuple[Meaning, ...]:
    return tuple(Meaning(f"properties.{name}", column, kind) for name, column, kind in known)


GATEWAY = JsonFormat(
    name="azure-application-gateway",
    family="web/access",
    event="http.request",
    time_desc="Request answered",
    needs=(("timeStamp", "time"), ("category",), ("properties.httpMethod", "properties.requestUri")),
    says={"category": "^ApplicationGatewayAccessLog$"},
    times=(("timeStamp", Iso()), ("time", Iso())),
    meanings=_meanings(
        ("clientIP", "c_ip", Text()),
        ("clientIp", "c_ip", Text()),
        ("clientPort", "src_port", Whole(pa.int32())),
        ("httpMethod", "cs_method", Text()),
        ("originalRequestUriWithArgs", "cs_uri", Target()),
        ("requestUri", "cs_uri_stem", Text(True)),
        ("httpVersion", "cs_version", Text()),
        ("host", "cs_host", Text()),
        ("originalHost", "cs_host", Text()),
        ("httpStatus", "sc_status", STATUS),
        ("sentBytes", "sc_bytes", Whole()),
        ("receivedBytes", "cs_bytes", Whole()),
        ("timeTaken", "duration", SECONDS),
        ("userAgent", "cs_user_agent", Text()),
        ("instanceId", "s_computername", Text()),
        ("serverRouted", "upstream", Text()),
        ("serverStatus", "upstream_status", Text()),
        ("serverResponseLatency", "upstream_duration", Text()),
        ("transactionId", "request_id", Text()),
        ("sslProtocol", "tls_protocol", Text()),
        ("sslCipher", "tls_cipher", Text()),
    ),
)
FRONT_DOOR = JsonFormat(
    name="azure-front-door",
    family="web/access",
    event="http.request",
    time_desc="Request received at the edge",
    needs=(("time",), ("category",), ("properties.httpMethod", "properties.requestUri")),
    says={"category": "^Front[Dd]oorAccessLog$"},
    times=(("time", Iso()),),
    meanings=_meanings(
        ("socketIp", "c_ip", Text()),  # who connected; clientIp is what an X-Forwarded-For claims, where there is one
        ("clientIp", "c_ip", Text()),
        ("clientPort", "src_port", Whole(pa.int32())),
        ("securityProtocol", "tls_protocol", Text()),
        ("securityCipher", "tls_cipher", Text()),
        ("httpMethod", "cs_method", Text()),
        ("requestUri", "cs_uri", Target()),
        ("httpVersion", "cs_version", Text()),
        ("hostName", "cs_host", Text()),
        ("httpStatusCode", "sc_status", STATUS),
        ("responseBytes", "sc_bytes", Whole()),
        ("requestBytes", "cs_bytes", Whole()),
        ("timeTaken", "duration", SECONDS),
        ("userAgent", "cs_user_agent", Text()),
        ("referer", "cs_referer", Text()),
        ("referrer", "cs_referer", Text()),
        ("originName", "upstream_name", Text()),
        ("originIp", "upstream", Text()),
        ("trackingReference", "request_id", Text()),
    ),
)
FORMATS = (GATEWAY, FRONT_DOOR)
