"""Traefik's common format: headers between quotes as they came.

https://doc.traefik.io/traefik/observability/access-logs/
"""

from __future__ import annotations

from tests.parsers.web.models import Model, escaping
from tests.parsers.web.models.pieces import address, clf_time, given, line, number, request, status, taken, text, word

MODEL = Model(
    "traefik-clf",
    line(
        address("c_ip"), b" - ", word("cs_username"), b" ", clf_time(), b' "', request(escaping.nothing, b'"'), b'" ', status(), b" ",
        number("sc_bytes", nothing=None), b' "', text("cs_referer", escaping.unquoted), b'" "', text("cs_user_agent", escaping.unquoted),
        b'" ', number("request_count", nothing=None).map(lambda p: (p[0], {"request_count": p[0].decode()})), b' "',
        given("upstream_name", "web@docker", "-"), b'" "', given("upstream", "http://198.51.100.9:80", "-"), b'" ',
        taken("duration", 10**6), b"ms",
    ),
)  # fmt: skip
