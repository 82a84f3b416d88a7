"""Captures: who spoke with whom, over which services, and which names were asked for."""

from __future__ import annotations

import pyarrow as pa

from timelines.schema import TIME, Column
from timelines.scope import Scope
from timelines.statistics import Statistic

_COLUMNS = (
    Column(
        "kind",
        pa.string(),
        "`conversation` (originator > responder:port/transport), `name` (asked of DNS, or named in TLS or HTTP), `service` (protocol "
        "by its content, port, transport).",
    ),
    Column("value", pa.string(), "As the capture shows it."),
    Column("rows", pa.int64(), "Connections; for names, questions, hellos and requests."),
    Column("sources", pa.int64(), "Distinct addresses that opened them."),
    Column("sent", pa.int64(), "Payload that the originators sent; null for names.", "bytes"),
    Column("received", pa.int64(), "Payload that the responders sent; null for names.", "bytes"),
    Column("first", TIME, "The earliest.", "ns"),
    Column("last", TIME, "The latest.", "ns"),
)
_OWN = {
    "proto": ("proto",),
    "service": ("service",),
    "orig_bytes": ("orig_bytes",),
    "resp_bytes": ("resp_bytes",),
    "query": ("query",),
    "server_name": ("server_name",),
    "http_host": ("host_",),
}
_COUNTS = """
, ends as (select *, case when contains(dst_ip, ':') then '[' || dst_ip || ']' else dst_ip end
    || coalesce(':' || dst_port, '') || coalesce('/' || proto, '') as far from taken),
each as (select unnest(case when family = 'net/conn' then [
    {'kind': 'conversation', 'value': src_ip || ' > ' || far},
    {'kind': 'service', 'value': concat_ws(' ', service, coalesce(dst_port::varchar, '') || coalesce('/' || proto, ''))}]
    else [{'kind': 'name', 'value': lower(coalesce(query, server_name, http_host))}] end) as pair,
    src_ip, try_cast(orig_bytes as bigint) as sent, try_cast(resp_bytes as bigint) as received, time from ends)
select pair.kind as kind, pair.value as value, count(*) as "rows", count(distinct src_ip) as sources,
case when kind <> 'name' then sum(sent)::bigint end as sent, case when kind <> 'name' then sum(received)::bigint end as received,
min(time) as first, max(time) as last
from each where pair.value is not null and pair.value <> '' group by pair.kind, pair.value order by kind, "rows" desc, value
"""


def _count(scope: Scope) -> pa.Table:
    return scope.ask(_COUNTS, TABLE.needs, _OWN)


TABLE = Statistic(
    "network",
    "Network captures",
    "One row a conversation, name and service, list after list in order of kind; within a list the most frequent first.",
    ("net/conn", "net/dns", "net/http", "net/ssl"),
    _COLUMNS,
    ("kind", "value", "rows", "sources", "sent", "received", "last"),
    _count,
    per="kind",
)
