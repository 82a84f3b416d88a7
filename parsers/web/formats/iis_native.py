"""IIS's own log file format: 15 values with `, ` between them, the server's wall time, month before day.

The comma behind the last value belongs to it. Two digits of a year are those of 1995 (the first IIS) to 2094.
https://learn.microsoft.com/en-us/windows/win32/http/iis-logging
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers.gather import Bools, Bytes, Int64s
from parsers.web.combined import requests
from parsers.web.kinds import MILLISECONDS, Text, matches, texts
from parsers.web.layout_format import LayoutFormat
from parsers.web.line_layout import Part, Value
from parsers.web.table import UNKNOWN, Table
from parsers.web.words import Counted, Matching
from timelines import times

_STAMP = (
    r"^(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})/(?P<year>[0-9]{4}|[0-9]{2}), "
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})$"
)
_FIRST_YEAR = 95


@dataclass(frozen=True, slots=True)
class _Wall:
    """`m/d/yy, h:mm:ss`."""

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        return matches(texts(data, starts, ends), _STAMP)

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        said = pc.extract_regex(table.spans.text(place), _STAMP)
        names = ("year", "month", "day", "hour", "minute", "second")
        year, *rest = (np.asarray(pc.struct_field(said, name).cast(pa.int64()).to_numpy()) for name in names)
        year = np.where(year >= 100, year, year + np.where(year < _FIRST_YEAR, 2000, 1900))
        table.put_time(*times.from_civil(year, *rest), UNKNOWN)


_ADDRESS = Matching("[0-9A-Fa-f.:%]+")
_LINE: tuple[Part, ...] = (
    Value("c_ip", Matching("[^ ,]+")), b", ", Value("cs_username", Matching("[^,]+")), b", ", Value("time", _Wall()), b", W3SVC",
    Value("s_sitename", Matching("W3SVC[0-9]+", before=5)), b", ", Value("s_computername", Matching("[^ ,]+")), b", ",
    Value("s_ip", _ADDRESS), b", ", Value("duration", MILLISECONDS), b", ", Value("cs_bytes", Counted()), b", ",
    Value("sc_bytes", Counted()), b", ", Value("sc_status", Counted(pa.int32())), b", ", Value("sc_win32_status", Counted()), b", ",
    Value("cs_method", Matching("[^ ,]+")), b", ", Value("cs_uri_stem", Text()), b", ", Value("cs_uri_query", Text()), b",",
)  # fmt: skip

FORMAT = LayoutFormat("iis-native", (requests(*_LINE, time_desc="Request logged"),))
