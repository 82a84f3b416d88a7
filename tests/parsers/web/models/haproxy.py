"""HAProxy: HTTP with and without captures, HTTPS, TCP.

https://docs.haproxy.org/3.0/configuration.html#8.2, #8.6 (non printable characters), #8.8 (captures)
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.parsers.web.models import Model, escaping
from tests.parsers.web.models.pieces import Piece, endpoint, given, line, number, request, status, taken, text, utc_time

HEAD = line(
    endpoint("c_ip", "c_port"), b" [", utc_time("%d/%b/%Y:%H:%M:%S.%f", 3), b"] ", given("frontend", "http-in", "http-in~"), b" ",
    given("upstream_name", "web/web1", "web/<NOSRV>", "http-in/<NOSRV>"), b" ",
)  # fmt: skip


def timer(column: str) -> SearchStrategy[Piece]:
    return st.integers(-1, 99_999).map(lambda n: (str(n).encode(), {column: str(n)}))


COUNTS = line(
    given("termination_state", "----", "SC--", "cR--", "CD--"), b" ", timer("actconn"), b"/", timer("feconn"), b"/", timer("beconn"),
    b"/", timer("srv_conn"), b"/", given("retries", "0", "+2"), b" ", timer("srv_queue"), b"/", timer("backend_queue"),
)  # fmt: skip
COOKIES = line(
    given("captured_request_cookie", "-", "SID=a"), b" ", given("captured_response_cookie", "-", "SID=b"), b" "
)


def http(captures: SearchStrategy[Piece], tail: SearchStrategy[Piece], early: bytes = b"") -> SearchStrategy[Piece]:
    return line(
        HEAD, timer("timer_request"), b"/", timer("timer_queue"), b"/", timer("timer_connect"), b"/", timer("timer_response"), b"/", early,
        taken("duration", 10**6), b" ", status("-1"), b" ", early, number("sc_bytes", nothing=None), b" ", COOKIES, COUNTS, captures,
        b' "', request(escaping.haproxy), b'"', tail,
    )  # fmt: skip


BOTH = line(
    b" {",
    text("captured_request_headers", escaping.haproxy, b"", 2),
    b"|x} {",
    text("captured_response_headers", escaping.haproxy),
    b"}",
)  # what stands between bars is a header each; none holds a bar of its own
BOTH = BOTH.map(
    lambda piece: (piece[0], {"captured_request_headers": f"{piece[1]['captured_request_headers'] or ''}|x"})
)
TLS = line(
    b" 0/", given("ssl_fc_err", "0", "1000000000000000"), b"/0/0/", given("ssl_fc_is_resumed", "0", "1"), b" ",
    given("ssl_fc_sni", "www.example.org", "-"), b"/", given("tls_protocol", "TLSv1.3"), b"/",
    given("tls_cipher", "TLS_AES_256_GCM_SHA384"),
)  # fmt: skip
MODELS = (
    Model("haproxy-http", http(line(), line())),
    Model("haproxy-http captures", http(BOTH, line())),
    Model("haproxy-http tls", http(line(), TLS)),
    Model("haproxy-http logasap", http(line(), line(), b"+")),
    Model(
        "haproxy-tcp",
        line(
            HEAD, timer("timer_queue"), b"/", timer("timer_connect"), b"/", taken("duration", 10**6), b" ",
            number("sc_bytes", nothing=None), b" ", COUNTS.map(lambda p: (p[0].replace(b"-- ", b" ", 1), {"retries": p[1]["retries"]})),
        ),
    ),
)  # fmt: skip
