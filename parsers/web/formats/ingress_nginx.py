"""Kubernetes' ingress-nginx: combined, then lengths, times and upstreams.

https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/log-format/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from parsers.web.formats import Page, Taken
from parsers.web.instants import Clf
from parsers.web.kinds import SECONDS, STATUS, Lists, Request, Text, Whole
from parsers.web.line_layout import LineLayout, Value, read

_WORD = Text(spaces=False)
_LAYOUT = LineLayout(
    "web/access",
    "http.request",
    "Request logged",
    (
        Value("c_ip", _WORD), b" - ", Value("cs_username", Text()), b" [", Value("time", Clf()), b'] "',
        Value("request", Request()), b'" ', Value("sc_status", STATUS), b" ", Value("sc_bytes", Whole()), b' "',
        Value("cs_referer", Text()), b'" "', Value("cs_user_agent", Text()), b'" ', Value("cs_bytes", Whole()), b" ",
        Value("duration", SECONDS), b" [", Value("upstream_name", Text()), b"] [",
        Value("upstream_alternative", Text()), b"] ",
        Value("", Lists("upstream", "upstream_bytes", "upstream_duration", "upstream_status", "request_id")),
    ),
)  # fmt: skip
_TAIL = re.compile(rb'" \d+ \d+\.\d{3} \[[^\]]*\] \[[^\]]*\] \S.* [0-9a-f]{32}$')


class IngressNginx:
    """Reader of `web/access` rows from ingress-nginx."""

    name = "ingress-nginx"
    family = "web/access"

    def sniff(self, sample: Sequence[bytes], state: Mapping[str, object]) -> Sequence[bool | None]:
        """Lines that end in a length, a time, two names in brackets, upstreams and a request id."""
        return [_TAIL.search(line) is not None for line in sample]

    def read(self, page: Page) -> Taken:
        return read(page, (_LAYOUT,))


FORMAT = IngressNginx()
