"""Common or combined with the time taken behind: Tomcat's `%D` and `%F`, Apache's `%D` and `%T`, nginx's `$request_time`.

A number with a decimal point counts seconds; of a whole one no line says the unit (Tomcat counts milliseconds before 10.1, microseconds
since, Apache microseconds), so it stays as written, under Tomcat's names. `--log-format` says which it is.
https://tomcat.apache.org/tomcat-10.1-doc/config/valve.html#Access_Log_Valve
"""

from __future__ import annotations

import re

from parsers.web.combined import COMMON, HEADERS, requests
from parsers.web.kinds import SECONDS
from parsers.web.layout_format import LayoutFormat
from parsers.web.line_layout import Part, Value
from parsers.web.words import Matching

_NUMBER = Matching("[0-9]{1,12}|-")
_TAKEN: tuple[Part, ...] = (b" ", Value("taken", _NUMBER, "%D"))
_COMMITTED: tuple[Part, ...] = (*_TAKEN, b" ", Value("committed", _NUMBER, "%F"))
_DECIMAL: tuple[Part, ...] = (b" ", Value("duration", SECONDS))

FORMAT = LayoutFormat(
    "timed",
    tuple(
        requests(*COMMON, *headers, *tail)
        for headers in (HEADERS, ())
        for tail in (_TAKEN, _DECIMAL, _COMMITTED)
    ),
    re.compile(rb"[\"0-9-] (?:[0-9.]+|-)$"),
)  # fmt: skip
