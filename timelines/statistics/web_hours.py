"""A site hour by hour: how much was asked, how it was answered, and what had never been seen before."""

from __future__ import annotations

import pyarrow as pa

from timelines.schema import TIME, Column
from timelines.scope import Scope
from timelines.statistics import Statistic

_COLUMNS = (
    Column("hour", TIME, "Begin of the hour.", "ns"),
    Column("requests", pa.int64(), "Requests."),
    Column("clients", pa.int64(), "Distinct client addresses."),
    Column("refused", pa.int64(), "Requests answered with a status from 400 to 499."),
    Column("errors", pa.int64(), "Requests answered with a status from 500 on."),
    Column("bytes", pa.int64(), "Sent to the clients, as logged.", "bytes"),
    Column("new_clients", pa.int64(), "Addresses seen for the first time."),
    Column("new_agents", pa.int64(), "User-Agents seen for the first time."),
    Column(
        "new_paths",
        pa.int64(),
        "Paths (targets without query) that were answered with success (200 to 299) for the first time.",
    ),
)
_OWN = {
    "client": ("c_ip",),
    "status": ("sc_status",),
    "path": ("cs_uri_stem",),
    "agent": ("cs_user_agent",),
    "sent": ("sc_bytes",),
}
_HOURS = """
, requests as (select time_bucket(interval 1 hour, time at time zone 'UTC') as hour, client, agent, path,
    try_cast(status as integer) as status, try_cast(sent as bigint) as sent from taken where time is not null),
seen as (select min(hour) as hour, 'client' as kind from requests where client is not null group by client
    union all select min(hour), 'agent' from requests where agent is not null group by agent
    union all select min(hour), 'path' from requests where path is not null and status between 200 and 299 group by path),
firsts as (select hour, count(*) filter (kind = 'client') as new_clients, count(*) filter (kind = 'agent') as new_agents,
    count(*) filter (kind = 'path') as new_paths from seen group by hour),
hours as (select hour, count(*) as requests, count(distinct client) as clients, count(*) filter (status between 400 and 499) as refused,
    count(*) filter (status >= 500) as errors, sum(sent)::bigint as bytes from requests group by hour)
select hour at time zone 'UTC' as hour, requests, clients, refused, errors, bytes, coalesce(new_clients, 0) as new_clients,
coalesce(new_agents, 0) as new_agents, coalesce(new_paths, 0) as new_paths from hours left join firsts using (hour) order by hour
"""


def _count(scope: Scope) -> pa.Table:
    return scope.ask(_HOURS, TABLE.needs, _OWN)


TABLE = Statistic(
    "web_hours",
    "Web server logs by hour",
    "One row an hour that has requests, in order of time. What is new is new among the rows that count.",
    ("web/access",),
    _COLUMNS,
    ("hour", "requests", "clients", "refused", "new_paths", "new_agents"),
    _count,
    drawn=("requests", "refused", "errors", "new_paths", "new_agents"),
)
