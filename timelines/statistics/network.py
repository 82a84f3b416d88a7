"""Captures: who spoke with whom, over which services, which names were asked for, and what was carried."""

from __future__ import annotations

import pyarrow as pa

from timelines.schema import TIME, Column
from timelines.scope import Scope
from timelines.statistics import Statistic

_COLUMNS = (
    Column(
        "kind",
        pa.string(),
        "`certificate` (subject, and issuer after `<`), `conversation` (originator > responder:port/transport), `credential` "
        "(protocol, scheme, user, and whether accepted; never the secret), `file` (protocol that carried it, media type by its "
        "content), `name` (asked of DNS, or named in TLS, QUIC or HTTP), `service` (protocol by its content, port, transport), "
        "`talker` (an address, whichever end it "
        "was), `tunnel` (its kind and carrier).",
    ),
    Column("value", pa.string(), "As the capture shows it."),
    Column(
        "rows",
        pa.int64(),
        "Connections; for names, questions, hellos and requests; for the other kinds, rows that tell of them.",
    ),
    Column("sources", pa.int64(), "Distinct addresses that opened them; for talkers, distinct other ends."),
    Column(
        "sent",
        pa.int64(),
        "Payload that the originators sent, or the talker; of files all bytes captured; null for the other kinds.",
        "bytes",
    ),
    Column(
        "received",
        pa.int64(),
        "Payload that the responders sent, or that the talker got; null for the kinds without.",
        "bytes",
    ),
    Column("first", TIME, "The earliest.", "ns"),
    Column("last", TIME, "The latest.", "ns"),
)
_OWN = {
    name: (name,)
    for name in (
        "proto", "service", "orig_bytes", "resp_bytes", "query", "server_name", "source", "mime_type", "seen_bytes", "scheme", "username",
        "accepted", "certificate_subject", "certificate_issuer", "tunnel_type",
    )
} | {"http_host": ("host_",)}  # fmt: skip
_COUNTS = """
, ends as (select *, try_cast(orig_bytes as bigint) as up, try_cast(resp_bytes as bigint) as down,
    case when contains(dst_ip, ':') then '[' || dst_ip || ']' else dst_ip end
    || coalesce(':' || dst_port, '') || coalesce('/' || proto, '') as far from taken),
each as (select time, unnest(case family
    when 'net/conn' then [
        {'kind': 'conversation', 'value': src_ip || ' > ' || far, 'other': src_ip, 'sent': up, 'received': down},
        {'kind': 'service', 'value': concat_ws(' ', service, coalesce(dst_port::varchar, '') || coalesce('/' || proto, '')),
            'other': src_ip, 'sent': up, 'received': down},
        {'kind': 'talker', 'value': src_ip, 'other': dst_ip, 'sent': up, 'received': down},
        {'kind': 'talker', 'value': case when dst_ip <> src_ip then dst_ip end, 'other': src_ip, 'sent': down, 'received': up}]
    when 'net/files' then [{'kind': 'file', 'value': concat_ws(' ', source, coalesce(mime_type, '?')), 'other': src_ip,
        'sent': try_cast(seen_bytes as bigint), 'received': null}]
    when 'net/credentials' then [{'kind': 'credential', 'value': concat_ws(' ', service, scheme, username,
        case accepted::varchar when 'true' then '(accepted)' when 'false' then '(refused)' end), 'other': src_ip, 'sent': null,
        'received': null}]
    when 'net/x509' then [{'kind': 'certificate', 'value': concat_ws(' < ', certificate_subject, certificate_issuer), 'other': src_ip,
        'sent': null, 'received': null}]
    when 'net/tunnel' then [{'kind': 'tunnel', 'value': concat_ws(' ', tunnel_type, src_ip || ' > ' || far), 'other': src_ip,
        'sent': null, 'received': null}]
    else [{'kind': 'name', 'value': lower(coalesce(query, server_name, http_host)), 'other': src_ip, 'sent': null, 'received': null}]
    end) as told from ends)
select told.kind as kind, told.value as value, count(*) as "rows", count(distinct told.other) as sources,
sum(told.sent)::bigint as sent, sum(told.received)::bigint as received, min(time) as first, max(time) as last
from each where told.value is not null and told.value <> '' group by told.kind, told.value order by kind, "rows" desc, value
"""


def _count(scope: Scope) -> pa.Table:
    return scope.ask(_COUNTS, TABLE.needs, _OWN)


TABLE = Statistic(
    "network",
    "Network captures",
    "One row a certificate, conversation, credential, kind of file, name, service, talker and tunnel, list after list in order "
    "of kind; within a list the most frequent first.",
    (
        "net/conn",
        "net/credentials",
        "net/dns",
        "net/files",
        "net/http",
        "net/quic",
        "net/ssl",
        "net/tunnel",
        "net/x509",
    ),
    _COLUMNS,
    ("kind", "value", "rows", "sources", "sent", "received", "last"),
    _count,
    per="kind",
)
