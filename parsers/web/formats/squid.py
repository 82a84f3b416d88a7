"""Squid's access.log, in its native layout and in `combined`.

`%ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %[un %Sh/%<a %mt`; the time is that of the answer's end.
https://www.squid-cache.org/Doc/config/logformat/ and https://wiki.squid-cache.org/Features/LogFormat
"""

from __future__ import annotations

import re

import pyarrow as pa

from parsers.web.combined import COMMON, HEADERS, requests
from parsers.web.instants import Epoch
from parsers.web.kinds import MILLISECONDS, Whole
from parsers.web.layout_format import LayoutFormat
from parsers.web.line_layout import Blanks, Part, Value
from parsers.web.targets import Target
from parsers.web.words import Counted, Matching

_WORD = Matching("[^ ]+")
_RESULT = Value("squid_result", Matching("[A-Z]+(_[A-Z0-9]+)*"), "squid_result")
_HIERARCHY = Value("squid_hierarchy", Matching("[A-Z]+(_[A-Z0-9]+)*"), "squid_hierarchy")
_NATIVE: tuple[Part, ...] = (
    Value("time", Epoch()), Blanks(), Value("duration", MILLISECONDS), b" ", Value("c_ip", _WORD), b" ", _RESULT, b"/",
    Value("sc_status", Counted(pa.int32())), b" ", Value("sc_bytes", Whole()), b" ", Value("cs_method", _WORD), b" ",
    Value("cs_uri", Target()), b" ", Value("cs_username", _WORD), b" ", _HIERARCHY, b"/", Value("upstream", _WORD), b" ",
    Value("content_type", _WORD, "content_type"),
)  # fmt: skip

FORMATS = (
    LayoutFormat("squid", (requests(*_NATIVE, time_desc="Request answered"),), re.compile(rb"^[0-9]{1,11}\.[0-9]{3} ")),
    LayoutFormat(
        "squid-combined",
        (requests(*COMMON, *HEADERS, b" ", _RESULT, b":", _HIERARCHY, time_desc="Request answered"),),
        re.compile(rb"[A-Z]:[A-Z_]+$"),
    ),
)
