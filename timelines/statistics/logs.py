"""Logs: what each file holds of each, from which record to which, and how many numbers between have no record."""

from __future__ import annotations

import pyarrow as pa

from timelines.schema import TIME, Column
from timelines.scope import Scope
from timelines.statistics import Statistic

_COLUMNS = (
    Column("exhibit", pa.string(), "E001 …: what was handed in."),
    Column("file", pa.string(), "Path inside the exhibit."),
    Column("log", pa.string(), "Windows channel; the family of rows that have none."),
    Column("host", pa.string(), "Machine that wrote it; null where the evidence names none."),
    Column("rows", pa.int64(), "Rows read from it."),
    Column(
        "again",
        pa.int64(),
        "Of these, lines of a web log that stand in another file too, or earlier in this one: other tables count them once.",
    ),
    Column("recovered", pa.int64(), "Of these, rows recovered from slack or damage; not counted in what follows."),
    Column("first_record", pa.uint64(), "Lowest record id, packet or line number."),
    Column("last_record", pa.uint64(), "Highest one."),
    Column(
        "missing",
        pa.uint64(),
        "Windows only: record numbers between the two that no row has. Many in a file of chosen events, none in a whole log; "
        "`integrity` says which are remarkable. Null under a filter by event, account, address or condition.",
    ),
    Column("first", TIME, "The earliest.", "ns"),
    Column("last", TIME, "The latest.", "ns"),
    Column("span_s", pa.int64(), "From the earliest to the latest, whole seconds.", "s"),
)
# Distinct numbers are counted 32 at a time, one bit each: a set of numbers would hold every one of them in memory.
_COUNTS = """
, numbered as (
    select exhibit, file, coalesce(channel, family) as log, coalesce(computer, host) as host, starts_with(family, 'windows/') as windows,
    time, record, again, contains(coalesce(flags, ''), 'recovered') as slack from taken),
words as (
    select exhibit, file, lower(log) as l, lower(host) as h, windows, slack, record // 32 as word, min(log) as log, min(host) as host,
    count(*) as n, count(*) filter (again) as twice, min(record) as low, max(record) as high, min(time) as first, max(time) as last,
    bit_count(bit_or(1::bigint << (record % 32)::integer)) as held
    from numbered group by exhibit, file, l, h, windows, slack, word)
select exhibit, file, min(log) as log, min(host) as host, sum(n)::bigint as "rows", sum(twice)::bigint as again,
coalesce(sum(n) filter (slack), 0)::bigint as recovered, min(low) filter (not slack) as first_record,
max(high) filter (not slack) as last_record,
(case when windows then max(high) filter (not slack) - min(low) filter (not slack)
 - (sum(held) filter (not slack) - 1)::ubigint end)::ubigint as missing,
min(first) filter (not slack) as first, max(last) filter (not slack) as last,
(epoch_ns(max(last) filter (not slack)) - epoch_ns(min(first) filter (not slack))) // 1000000000 as span_s
from words group by exhibit, file, l, h, windows
order by exhibit, file, l, h nulls first
"""


def _count(scope: Scope) -> pa.Table:
    table = scope.ask(_COUNTS, TABLE.needs, {"channel": ("Channel",), "computer": ("Computer",)}, twice="marked")
    chosen = scope.chosen
    if not (chosen.events or chosen.users or chosen.ips or chosen.row_ids or chosen.where):
        return table
    # A filter makes holes of its own: no number says which of them are the log's.
    return table.set_column(table.schema.get_field_index("missing"), "missing", pa.nulls(table.num_rows, pa.uint64()))


TABLE = Statistic(
    "logs",
    "Logs",
    "One row a file, log and machine, in order of exhibit and file. With a filter, of the rows that it takes.",
    ("*",),
    _COLUMNS,
    ("file", "log", "rows", "missing", "last", "first"),
    _count,
)
