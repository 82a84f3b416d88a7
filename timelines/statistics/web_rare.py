"""Values that hardly anyone sent: a path, a program or a parameter that one client alone has, or that is seen once."""

from __future__ import annotations

import pyarrow as pa

from timelines.schema import TIME, Column
from timelines.scope import Scope
from timelines.statistics import Statistic
from timelines.statistics._web_values import EACH, FIRST, KINDS, SOURCES

_COLUMNS = (
    Column("kind", pa.string(), KINDS),
    Column("value", pa.string(), "As logged."),
    Column("rows", pa.int64(), "Requests."),
    Column("succeeded", pa.int64(), "Of these, answered with success (200 to 299)."),
    Column("client", pa.string(), "The only client that sent it; null where a request seen once names none."),
    Column("path", pa.string(), "Path of its first request."),
    Column("first", TIME, "The earliest.", "ns"),
    Column("last", TIME, "The latest.", "ns"),
    Column("row_id", pa.string(), "Row of its first request: `athar show CASE ROW_ID`."),
)
_RARE = f"""{EACH}
, counted as (select kind, value, count(*) as "rows", count(*) filter (status between 200 and 299) as succeeded, min(client) as client,
    min(time) as first, max(time) as last, {FIRST} as begin
    from each where value is not null group by kind, value having count(*) = 1 or min(client) = max(client))
select *, begin.path as path, begin.row_id as row_id from counted order by kind, least(succeeded, 1) desc, "rows", value
"""


def _count(scope: Scope) -> pa.Table:
    return scope.ask(_RARE, TABLE.needs, SOURCES)


TABLE = Statistic(
    "web_rare",
    "Rare values of web logs",
    "One row a value that one client alone sent, or that is seen once; list after list in order of kind. Within a list first those that "
    "were answered with success, the rarest first. What is rare is rare among the rows that count.",
    ("web/access",),
    _COLUMNS,
    ("kind", "value", "rows", "succeeded", "client", "first"),
    _count,
    per="kind",
)
