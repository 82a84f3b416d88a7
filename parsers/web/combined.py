"""The parts that the Common Log Format and its kin share, as layouts name them.

https://httpd.apache.org/docs/2.4/mod/mod_log_config.html#examples
"""

from __future__ import annotations

from parsers.web.instants import Clf
from parsers.web.kinds import STATUS, Request, Text, Whole
from parsers.web.line_layout import LineLayout, Part, Value
from parsers.web.words import ADDRESS, Matching

CLIENT = Value("c_ip", Matching(ADDRESS + r"|[A-Za-z0-9_.-]+"))
USER = Value("cs_username", Text(empty=False))
STAMP: tuple[Part, ...] = (b" [", Value("time", Clf(), width=26), b'] "')
REQUEST: tuple[Part, ...] = (
    *STAMP,
    Value("request", Request()),
    b'" ',
    Value("sc_status", STATUS),
    b" ",
    Value("sc_bytes", Whole()),
)
HEADERS: tuple[Part, ...] = (b' "', Value("cs_referer", Text()), b'" "', Value("cs_user_agent", Text()), b'"')
COMMON: tuple[Part, ...] = (CLIENT, b" ", Value("ident", Text(spaces=False)), b" ", USER, *REQUEST)


def requests(*parts: Part, time_desc: str = "Request received or logged", raw: bool = False) -> LineLayout:
    """A layout of `web/access` lines; neighbouring fixed texts become one."""
    joined: list[Part] = []
    for part in parts:
        if isinstance(part, bytes) and joined and isinstance(joined[-1], bytes):
            joined[-1] += part
        else:
            joined.append(part)
    return LineLayout("web/access", "http.request", time_desc, tuple(joined), raw=raw)
