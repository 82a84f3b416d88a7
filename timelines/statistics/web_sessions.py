"""Visits of a site: what one address asked for with one program, without a long break."""

from __future__ import annotations

import pyarrow as pa

from timelines.analyzers import Threshold
from timelines.schema import TIME, Column
from timelines.scope import Scope
from timelines.statistics import Statistic

BREAK = Threshold(
    "BREAK", 1_800, "s", "Half an hour without a request ends a visit, as web statistics commonly have it."
)
_COLUMNS = (
    Column("client", pa.string(), "Address, as logged."),
    Column("agent", pa.string(), "User-Agent, as logged; null where none was."),
    Column("first", TIME, "The first request of the visit.", "ns"),
    Column("last", TIME, "The last.", "ns"),
    Column("seconds", pa.int64(), "From the first to the last request.", "s"),
    Column("requests", pa.int64(), "Requests."),
    Column("paths", pa.int64(), "Distinct paths asked for (targets without query)."),
    Column("sent_data", pa.int64(), "Requests with POST, PUT or PATCH."),
    Column("refused", pa.int64(), "Requests answered with a status from 400 to 499."),
    Column("errors", pa.int64(), "Requests answered with a status from 500 on."),
    Column("bytes", pa.int64(), "Sent to the client, as logged.", "bytes"),
    Column("accounts", pa.string(), "Accounts that the server knew the client under, in order."),
    Column("entry", pa.string(), "The first path."),
    Column("exhibit", pa.string(), "Exhibit of the log."),
)
_OWN = {
    "client": ("c_ip",),
    "status": ("sc_status",),
    "method": ("cs_method",),
    "path": ("cs_uri_stem",),
    "agent": ("cs_user_agent",),
    "sent": ("sc_bytes",),
    "account": ("cs_username",),
}
_VISITS = f"""
, requests as (select exhibit, client, agent, path, method, account, try_cast(status as integer) as status,
    try_cast(sent as bigint) as sent, time, epoch_ns(time) as t, row_number() over w as place,
    case when epoch_ns(time) - lag(epoch_ns(time)) over w > {int(BREAK.value) * 1_000_000_000} then 1 else 0 end as begins
    from taken where client is not null and time is not null
    window w as (partition by exhibit, client, agent order by time, file, "offset", row_id)),
visits as (select *, sum(begins) over (partition by exhibit, client, agent order by place) as visit from requests)
select client, agent, min(time) as first, max(time) as last, (max(t) - min(t)) // 1000000000 as seconds, count(*) as requests,
count(distinct path) as paths, count(*) filter (upper(method) in ('POST', 'PUT', 'PATCH')) as sent_data,
count(*) filter (status between 400 and 499) as refused, count(*) filter (status >= 500) as errors, sum(sent)::bigint as bytes,
nullif(array_to_string(list_sort(list(distinct account) filter (account is not null)), ', '), '') as accounts,
arg_min(path, place) as entry, exhibit
from visits group by exhibit, client, agent, visit order by requests desc, first, client, agent nulls first, exhibit
"""


def _count(scope: Scope) -> pa.Table:
    return scope.ask(_VISITS, TABLE.needs, _OWN)


TABLE = Statistic(
    "web_sessions",
    "Visits of web sites",
    "One row a visit: requests of one address with one program, until neither was seen for BREAK. Those with the most requests first. "
    "Lines without a time or an address have no part. `athar timeline CASE --client ADDRESS` tells them request by request.",
    ("web/access",),
    _COLUMNS,
    ("client", "first", "requests", "paths", "refused", "agent"),
    _count,
    thresholds=(BREAK,),
)
