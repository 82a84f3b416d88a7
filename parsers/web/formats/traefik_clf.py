"""Traefik's access log in its own Common Log Format: combined, then number, router, server and milliseconds.

https://doc.traefik.io/traefik/observability/access-logs/#format
"""

from __future__ import annotations

from parsers.web.combined import CLIENT, HEADERS, REQUEST, USER, requests
from parsers.web.kinds import MILLISECONDS, Text
from parsers.web.layout_format import LayoutFormat
from parsers.web.line_layout import Value
from parsers.web.words import Matching

FORMAT = LayoutFormat(
    "traefik-clf",
    tuple(
        requests(
            CLIENT, b" - ", USER, *REQUEST, *HEADERS, b" ", Value("request_count", Matching("[0-9]{1,18}|-"), "RequestCount"),
            b' "', Value("upstream_name", Text()), b'" "', Value("upstream", Text()), b'" ', Value("duration", MILLISECONDS), b"ms",
            time_desc="Request received", raw=raw,
        )
        for raw in (True, False)  # Traefik puts headers between quotes as they came
    ),
)  # fmt: skip
