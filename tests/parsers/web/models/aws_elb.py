"""AWS load balancers, application and classic.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html, https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/access-log-collection.html
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.parsers.web.models import Model, escaping
from tests.parsers.web.models.pieces import Piece, endpoint, given, line, number, request, status, text, utc_time

TIMES = tuple(
    given(name, "0.000086", "-1")
    for name in ("request_processing_time", "upstream_duration", "response_processing_time")
)
TIMES = tuple(one.map(lambda p: (p[0], {k: None if v == "-1" else v for k, v in p[1].items()})) for one in TIMES)
MESSAGE = line(
    utc_time("%Y-%m-%dT%H:%M:%S.%fZ", 6), b" ", given("elb", "app/my-loadbalancer/50dc6c495c0c9188"), b" ", endpoint("c_ip", "c_port"),
    b" ", given("upstream", "198.51.100.9:80", "-"), b" ", TIMES[0], b" ", TIMES[1], b" ", TIMES[2], b" ", status("-"), b" ",
    given("upstream_status", "200", "-"), b" ", number("cs_bytes", nothing=None), b" ", number("sc_bytes", nothing=None), b' "',
    request(escaping.nginx), b'"',
)  # fmt: skip
AGENT = line(
    b' "', text("cs_user_agent", escaping.nginx), b'" ', given("tls_cipher", "ECDHE-RSA-AES128-GCM-SHA256", "-"), b" ",
    given("tls_protocol", "TLSv1.2", "-"),
)  # fmt: skip


def quoted(column: str, *choices: str) -> SearchStrategy[Piece]:
    return line(b' "', given(column, *choices, "-"), b'"')


GROUP = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/a/7"
ADDED = (
    line(b" ", given("upstream_name", GROUP, "-"), quoted("request_id", "Root=1-5")),
    line(quoted("virtual_host", "www.example.org"), quoted("chosen_cert_arn", "session-reused")),
    line(
        b" ", given("matched_rule_priority", "0", "-1", "-"), b" ", given("request_creation_time", "2026-01-02T03:04:05.123456Z"),
        quoted("actions_executed", "waf,forward"),
    ),
    line(b' "', text("redirect_url", escaping.nginx), b'"'),
    quoted("error_reason", "LambdaInvalidResponse"),
    line(quoted("target:port_list", "198.51.100.9:80"), quoted("target_status_code_list", "200")),
    line(quoted("classification", "Ambiguous"), quoted("classification_reason", "UndefinedContentLengthSemantics")),
    line(b" ", given("conn_trace_id", "TID_1234abcd5678ef90", "-")),
    line(
        quoted("transformed_host", "example.org"), b' "', text("transformed_uri", escaping.nginx), b'"',
        quoted("request_transform_status", "TransformSuccess"),
    ),
)  # fmt: skip
KIND = given("type", "http", "https", "h2", "grpcs", "ws", "wss")
MODELS = (
    Model(
        "aws-alb", st.integers(1, len(ADDED)).flatmap(lambda count: line(KIND, b" ", MESSAGE, AGENT, *ADDED[:count]))
    ),
    Model("aws-elb", line(MESSAGE, AGENT)),
    Model("aws-elb 2014", MESSAGE),
)
