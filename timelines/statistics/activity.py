"""Rows an hour by family: the rhythm of each source, to be plotted."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from timelines.schema import TIME, Column
from timelines.scope import Scope
from timelines.statistics import Statistic

HOUR = 3_600_000_000_000  # ns

_COLUMNS = (
    Column("hour", TIME, "Beginning of the hour, in UTC.", "ns"),
    Column("family", pa.string(), "Family of the rows."),
    Column("rows", pa.int64(), "How many rows have their time in that hour."),
)
# SQL divides towards zero; spans before 1970 must count downwards.
_COUNTS = """
, instants as (select epoch_ns(time) as ns, family from taken where time is not null)
select (ns - (ns % {width} + {width}) % {width}) // {width} as place, family, count(*) as "rows" from instants
group by all order by place, family
"""


def every(scope: Scope, width: int) -> pa.Table:
    """Rows by family and span of `width` ns: `place` counts the spans since 1970, `family`, `rows`; in order of both."""
    return scope.ask(_COUNTS.format(width=width), TABLE.needs)


def _count(scope: Scope) -> pa.Table:
    table = every(scope, HOUR)
    return table.append_column("hour", pc.multiply(table.column("place"), HOUR).cast(TIME))


TABLE = Statistic(
    "activity",
    "Rows an hour",
    "One row an hour and family in which there are rows, in order of time; hours without rows are left out, rows without a time too.",
    ("*",),
    _COLUMNS,
    ("hour", "family", "rows"),
    _count,
)
