"""Machines: what each wrote, and from when to when."""

from __future__ import annotations

import pyarrow as pa

from timelines.schema import TIME, Column
from timelines.scope import Scope, listed
from timelines.statistics import Statistic

_COLUMNS = (
    Column("host", pa.string(), "Machine as the evidence names it, first spelling; null: rows that name none."),
    Column("rows", pa.int64(), "Rows that speak of it."),
    Column("files", pa.int64(), "Files in which they lie."),
    Column("accounts", pa.int64(), "Distinct accounts in them, ignoring case."),
    Column("addresses", pa.int64(), "Distinct source addresses in them."),
    Column("first", TIME, "The earliest.", "ns"),
    Column("last", TIME, "The latest.", "ns"),
    Column("families", pa.string(), "Families of the rows, in order, joined by commas."),
)
_COUNTS = f"""
select min(host) as host, count(*) as "rows", count(distinct struct_pack(a := exhibit, b := file)) as files,
count(distinct lower("user")) as accounts, count(distinct src_ip) as addresses, min(time) as first, max(time) as last,
{listed("family")} as families
from taken group by lower(host) order by "rows" desc, lower(host) nulls last
"""


def _count(scope: Scope) -> pa.Table:
    return scope.ask(_COUNTS, TABLE.needs)


TABLE = Statistic(
    "hosts",
    "Machines",
    "One row a machine, the one with most rows first. Names are compared ignoring case; a short name and a full one are two.",
    ("*",),
    _COLUMNS,
    ("host", "rows", "first", "last"),
    _count,
)
