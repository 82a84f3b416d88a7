"""What a site had not seen before: each path answered, program, parameter … when it came for the first time, and from whom."""

from __future__ import annotations

import pyarrow as pa

from timelines.schema import TIME, Column
from timelines.scope import Scope
from timelines.statistics import Statistic
from timelines.statistics._web_values import EACH, FIRST, KINDS, SOURCES

_COLUMNS = (
    Column("kind", pa.string(), KINDS),
    Column(
        "value", pa.string(), "As logged. Paths and parameters only where they were answered with success (200 to 299)."
    ),
    Column("first", TIME, "When it came first.", "ns"),
    Column("after", pa.int64(), "How long the requests that count had gone on before, in the same exhibit.", "s"),
    Column("client", pa.string(), "Who sent it first."),
    Column("path", pa.string(), "Path of its first request."),
    Column("rows", pa.int64(), "Requests with it, of all clients, to the end."),
    Column("clients", pa.int64(), "Distinct client addresses that sent it, to the end."),
    Column("exhibit", pa.string(), "Exhibit of the log: the same value in another is told again."),
    Column("row_id", pa.string(), "Row of its first request: `athar show CASE ROW_ID`."),
)
_FIRST = f"""{EACH},
begins as (select exhibit, min(time) as begin from asked group by exhibit),
counted as (select kind, value, exhibit, min(time) as first, count(*) as "rows", count(distinct client) as clients, {FIRST} as one
    from each where value is not null and time is not null and (kind not in ('path', 'parameter') or status between 200 and 299)
    group by kind, value, exhibit)
select *, (epoch_ns(first) - epoch_ns(begin)) // 1000000000 as after, one.client as client, one.path as path, one.row_id as row_id
from counted join begins using (exhibit) order by kind, first desc, value, exhibit
"""


def _count(scope: Scope) -> pa.Table:
    return scope.ask(_FIRST, TABLE.needs, SOURCES)


TABLE = Statistic(
    "web_first",
    "First seen in web logs",
    "One row a value and exhibit; list after list in order of kind, within a list the newest first. Lines without a time have no part. "
    "What is new is new among the rows that count; `web_hours` counts it by hour.",
    ("web/access",),
    _COLUMNS,
    ("kind", "value", "first", "after", "client", "rows"),
    _count,
    per="kind",
)
