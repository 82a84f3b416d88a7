"""Web server logs: who asked, for what, with which program, and how the server answered."""

from __future__ import annotations

import pyarrow as pa

from timelines.schema import TIME, Column
from timelines.scope import Scope
from timelines.statistics import Statistic

_COLUMNS = (
    Column(
        "kind",
        pa.string(),
        "`agent` (User-Agent), `client` (address), `method`, `path` (target without query), `status` (of the answer).",
    ),
    Column("value", pa.string(), "As logged."),
    Column("rows", pa.int64(), "Requests."),
    Column("refused", pa.int64(), "Of these, answered with a status from 400 to 499."),
    Column("errors", pa.int64(), "Of these, answered with a status from 500 on."),
    Column("clients", pa.int64(), "Distinct client addresses."),
    Column("bytes", pa.int64(), "Sent to the clients, as logged.", "bytes"),
    Column("first", TIME, "The earliest.", "ns"),
    Column("last", TIME, "The latest.", "ns"),
)
_OWN = {
    "client": ("c_ip",),
    "status": ("sc_status",),
    "method": ("cs_method",),
    "path": ("cs_uri_stem",),
    "agent": ("cs_user_agent",),
    "sent": ("sc_bytes",),
}
_COUNTS = """
, each as (select unnest([{'kind': 'agent', 'value': agent}, {'kind': 'client', 'value': client}, {'kind': 'method', 'value': method},
    {'kind': 'path', 'value': path}, {'kind': 'status', 'value': status}]) as pair,
    client, try_cast(status as integer) as status, try_cast(sent as bigint) as sent, time from taken)
select pair.kind as kind, pair.value as value, count(*) as "rows", count(*) filter (status between 400 and 499) as refused,
count(*) filter (status >= 500) as errors, count(distinct client) as clients, sum(sent)::bigint as bytes, min(time) as first,
max(time) as last
from each where pair.value is not null group by pair.kind, pair.value order by kind, "rows" desc, value
"""


def _count(scope: Scope) -> pa.Table:
    return scope.ask(_COUNTS, TABLE.needs, _OWN)


TABLE = Statistic(
    "web",
    "Web server logs",
    "One row a client, status, method, path and agent, list after list in order of kind; within a list the most frequent first.",
    ("web/access",),
    _COLUMNS,
    ("kind", "value", "rows", "refused", "clients", "last"),
    _count,
    per="kind",
)
