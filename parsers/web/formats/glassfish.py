"""GlassFish and Payara: `%client.name% %auth-user-name% %datetime% %request% %status% %response.length%`, text values in quotes.

https://glassfish.org/docs/latest/administration-guide.html (Access Logging)
"""

from __future__ import annotations

from parsers.web.combined import requests
from parsers.web.instants import Clf
from parsers.web.kinds import STATUS, Request, Text, Whole
from parsers.web.layout_format import LayoutFormat
from parsers.web.line_layout import Part, Value
from parsers.web.words import Matching

_NAME = Matching(r"[^\" ]+", "NULL-CLIENT-NAME")
_HEAD: tuple[Part, ...] = (
    b'"', Value("c_ip", _NAME), b'" "', Value("cs_username", Matching(r"[^\"]+", "NULL-AUTH-USER")), b'" "',
    Value("time", Clf(), width=26), b'" "', Value("request", Request()), b'" ', Value("sc_status", STATUS), b" ",
    Value("sc_bytes", Whole()),
)  # fmt: skip

FORMAT = LayoutFormat(
    "glassfish",
    (
        requests(*_HEAD, time_desc="Request received"),
        requests(*_HEAD, b' "', Value("cs_user_agent", Text()), b'"', time_desc="Request received"),
        requests(
            *_HEAD, b' "', Value("cs_user_agent", Text()), b'"', time_desc="Request received", raw=True
        ),  # nothing is escaped
    ),
)
