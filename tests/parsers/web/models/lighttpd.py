"""lighttpd: the host that was asked stands where others write identd's answer.

https://redmine.lighttpd.net/projects/lighttpd/wiki/Mod_accesslog (escapes as Apache does)
"""

from __future__ import annotations

from tests.parsers.web.models import Model, escaping
from tests.parsers.web.models.clf import headers
from tests.parsers.web.models.pieces import address, clf_time, given, line, number, request, status, word

MODEL = Model(
    "lighttpd",
    line(
        address("c_ip"), b" ", given("cs_host", "www.example.org", "example.org:8080", "[2001:db8::1]", "192.0.2.1"), b" ",
        word("cs_username"), b" ", clf_time(), b' "', request(escaping.apache), b'" ', status(), b" ", number("sc_bytes"),
        headers(escaping.apache),
    ),
)  # fmt: skip
