"""lighttpd's access log: combined, with the host that was asked for in the second field (`%h %V %u %t "%r" %>s %b …`).

https://redmine.lighttpd.net/projects/lighttpd/wiki/Mod_accesslog
"""

from __future__ import annotations

import re

from parsers.web.combined import HEADERS, REQUEST, USER, requests
from parsers.web.layout_format import LayoutFormat
from parsers.web.line_layout import Value
from parsers.web.words import ADDRESS, Matching

_HOST = r"([A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.[A-Za-z][A-Za-z0-9-]*|localhost|\[[0-9A-Fa-f:]+\]|[0-9]{1,3}(\.[0-9]{1,3}){3})(:[0-9]{1,5})?"

FORMAT = LayoutFormat(
    "lighttpd",
    (
        requests(
            Value("c_ip", Matching(ADDRESS)), b" ", Value("cs_host", Matching(_HOST)), b" ", USER, *REQUEST, *HEADERS,
            time_desc="Request received",
        ),
    ),
    re.compile(rb"^[0-9A-Fa-f:.%]+ [^ -]"),
)  # fmt: skip
