"""Rows an hour by family: the rhythm of each source, to be plotted."""

from __future__ import annotations

import pyarrow as pa

from timelines.schema import TIME, Column
from timelines.statistics import Statistic
from timelines.statistics._scope import Scope

HOUR = 3_600_000_000_000  # ns

_COLUMNS = (
    Column("hour", TIME, "Beginning of the hour, in UTC.", "ns"),
    Column("family", pa.string(), "Family of the rows."),
    Column("rows", pa.int64(), "How many rows have their time in that hour."),
)
_COUNTS = """
select make_timestamp_ns((epoch_ns(time) // ?) * ?) as hour, family, count(*) as "rows" from taken
where time is not null group by all order by hour, family
"""


def _count(scope: Scope) -> pa.Table:
    return scope.ask(_COUNTS, TABLE.needs, values=[HOUR, HOUR])


TABLE = Statistic(
    "activity",
    "Rows an hour",
    "One row an hour and family in which there are rows, in order of time; hours without rows are left out, rows without a time too.",
    ("*",),
    _COLUMNS,
    ("hour", "family", "rows"),
    _count,
)
