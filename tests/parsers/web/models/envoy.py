"""Envoy's default format and Istio's: headers between quotes as they came.

https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#default-format-string, https://istio.io/latest/docs/tasks/observability/logs/access-log/#default-access-log-format
"""

from __future__ import annotations

from tests.parsers.web.models import Model, escaping
from tests.parsers.web.models.pieces import endpoint, given, line, number, request, status, taken, text, utc_time

START = line(
    b"[",
    utc_time("%Y-%m-%dT%H:%M:%S.%fZ", 3),
    b'] "',
    request(escaping.nothing, b'"', whole=False),
    b'" ',
    status("0"),
    b" ",
    given("response_flags", "-", "UF,URX", "DC"),
    b" ",
).map(
    lambda p: (p[0], {k: v for k, v in p[1].items() if k != "sc_status" or v is not None})
)  # 0: the client left before an answer
BODY = line(
    number("cs_bytes", nothing=None), b" ", number("sc_bytes", nothing=None), b" ", taken("duration", 10**6), b" ",
    given("upstream_duration", "-", "12"), b' "', text("x_forwarded_for", escaping.unquoted), b'" "',
    text("cs_user_agent", escaping.unquoted), b'" "', given("request_id", "84961386-6d84-929d-98bd-c5aee93b5c88", "-"), b'" "',
    text("cs_host", escaping.unquoted), b'" "', given("upstream", "198.51.100.9:80", "-"), b'"',
)  # fmt: skip
FAILURE = line(b'"', given("upstream_transport_failure", "-", "delayed connect error: 111"), b'" ')
DETAILS = line(
    given("response_code_details", "via_upstream", "-"),
    b" ",
    given("connection_termination_details", "-"),
    b" ",
    FAILURE,
)
ENDS = line(
    b" ", given("upstream_name", "outbound|8000||httpbin.example.svc", "-"), b" ", given("upstream_local_address", "-", "198.51.100.3:4"),
    b" ", endpoint("s_ip", "s_port", True), b" ", endpoint("c_ip", "c_port", True), b" ", given("requested_server_name", "-", "a.example"),
    b" ", given("route_name", "default", "-"),
)  # fmt: skip
MODELS = (
    Model("envoy", line(START, BODY)),
    Model("envoy-istio", line(START, DETAILS, BODY, ENDS)),
    Model("envoy-istio 1.3", line(START, FAILURE, BODY, ENDS)),
)
