"""Logons: who, from where, how, how often, with what result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from timelines.meanings import meaning
from timelines.messages import codes
from timelines.schema import TIME, Column
from timelines.scope import Scope
from timelines.statistics import Statistic

_SECURITY = "Microsoft-Windows-Security-Auditing"

_COLUMNS = (
    Column("account", pa.string(), "Account that was used, without domain, ignoring case; null where the events name none."),
    Column("domains", pa.string(), "Domains that the events give it, in order, joined by commas."),
    Column("address", pa.string(), "Address that it came from; null where the event gives none, as at the keyboard."),
    Column("workstation", pa.string(), "Name of the machine that it came from, as that machine gave it."),
    Column("how", pa.string(), "Logon type in words (4624, 4625), else what the event reports."),
    Column("host", pa.string(), "Machine that wrote the events: the one logged on to, or the one that checked."),
    Column("successes", pa.int64(), "Events that report success."),
    Column("failures", pa.int64(), "Events that report failure."),
    Column("rows", pa.int64(), "All of them. More than the two together where an event (4648) says only that it was tried."),
    Column("reasons", pa.string(), "Why the failures failed, most frequent first, each with its number."),
    Column("targets", pa.string(), "Servers (4648) and services (4769) asked for, in order, joined by commas."),
    Column("events", pa.string(), "Event ids counted here, in order, joined by commas."),
    Column("first", TIME, "The earliest.", "ns"),
    Column("last", TIME, "The latest.", "ns"),
)  # fmt: skip
# Events by family and by a part of the channel's name, since other Remote Desktop logs use these numbers for other things.
_EVENTS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("windows/security", "security"): ("4624", "4625", "4648", "4768", "4769", "4771", "4776", "4778"),
    ("windows/terminalservices", "localsessionmanager"): ("21", "25"),
    ("windows/terminalservices", "remoteconnectionmanager"): ("1149",),
}
_OWN = {
    "channel": ("Channel",),
    "named": ("TargetUserName", "AccountName"),
    "domain": ("TargetDomainName", "AccountDomain", "Param2"),
    "station": ("WorkstationName", "Workstation", "ClientName"),
    "type": ("LogonType",),
    "status": ("Status",),
    "sub_status": ("SubStatus",),
    "server": ("TargetServerName",),
    "service": ("ServiceName",),
}
_WHICH = " or ".join(
    f"(family = '{family}' and contains(lower(channel), '{channel}') and event in {(*events, '')})"
    for (family, channel), events in _EVENTS.items()
)


def _joined(lists: str) -> str:
    return f"nullif(array_to_string(list_sort(list_distinct(flatten(list({lists})))), ', '), '')"


# The core column `user` gives the account that reports where an event names none that was used, so it is not asked here. Kerberos events
# name a principal, `account@REALM`. A sub-status says more than a status, where there is one. A workstation may come as `\\NAME`, and
# `-` stands for none.
_COUNTS = f"""
, types as (select unnest(?) as number, unnest(?) as said),
titles as (select unnest(?) as of_family, unnest(?) as of_event, unnest(?) as said),
meanings as (select unnest(?) as by_kerberos, unnest(?) as by_code, unnest(?) as said),
tried as (
    select case when family <> 'windows/security' then "user" when event in ('4768', '4769') then regexp_replace(named, '@.*$', '')
        else nullif(regexp_replace(named, '^[^\\\\]*\\\\', ''), '-') end as account,
    nullif(domain, '-') as domain, src_ip as address, nullif(ltrim(station, '\\'), '-') as workstation,
    coalesce(types.said, case when event in ('4624', '4625') then type end, titles.said) as how, host, event,
    case when event <> '4648' then outcome end as outcome, time,
    case when event = '4648' then nullif(server, '-') when event = '4769' then service end as target,
    event in ('4768', '4769', '4771') as kerberos,
    lower(case when event = '4625' and not regexp_matches(coalesce(sub_status, '0x0'), '^0x0+$') then sub_status else status end) as code
    from taken left join types on event in ('4624', '4625') and types.number = taken.type
    left join titles on of_family = family and of_event = event),
by_reason as (
    select lower(account) as a, address, lower(workstation) as w, how, lower(host) as h, min(account) as account,
    min(workstation) as workstation, min(host) as host, case when outcome = 'failure' then coalesce(said, code) end as reason,
    count(*) as n, count(*) filter (outcome = 'success') as good, count(*) filter (outcome = 'failure') as bad,
    min(time) as first, max(time) as last, list(distinct domain) as domains, list(distinct target) as targets,
    list(distinct event) as events
    from tried left join meanings on by_kerberos = kerberos and by_code = code
    group by a, address, w, how, h, reason)
select min(account) as account, {_joined("domains")} as domains, address, min(workstation) as workstation, how, min(host) as host,
sum(good)::bigint as successes, sum(bad)::bigint as failures, sum(n)::bigint as "rows",
string_agg(reason || ' (' || n || ')', ', ' order by n desc, reason) as reasons, {_joined("targets")} as targets,
{_joined("events")} as events,
min(first) as first, max(last) as last
from by_reason group by a, address, w, how, h
order by failures desc, successes desc, "rows" desc, a nulls last, address nulls last, w nulls last, h nulls last, how nulls last
"""


def _count(scope: Scope) -> pa.Table:
    return scope.ask(_COUNTS, TABLE.needs, _OWN, _WHICH, _meanings(scope.lang))


def _meanings(lang: str) -> list[Any]:
    """The parameters of `_COUNTS`: logon types, titles of the other events, and codes of failures, each as columns."""
    types = codes.table("logon_type")
    titles = [(family, event) for (family, _), events in _EVENTS.items() for event in events]
    failures = [
        (kerberos, f"0x{int(code):x}", said[lang])  # as the events write them; the tables spell numbers in decimal
        for kerberos, name in ((False, "ntstatus"), (True, "kerberos"))
        for code, said in codes.table(name).items()
    ]
    named = [meaning(family, _SECURITY if family == "windows/security" else None, event) for family, event in titles]
    return [
        list(types),
        [said[lang] for said in types.values()],
        *map(list, zip(*titles, strict=True)),
        [found.title[lang] for found in named],
        *map(list, zip(*failures, strict=True)),
    ]


TABLE = Statistic(
    "logons",
    "Logons",
    "One row an account, source, way of logging on and machine; most failures first, then most successes.",
    ("windows/security", "windows/terminalservices"),
    _COLUMNS,
    ("account", "address", "how", "successes", "failures", "last", "reasons", "workstation", "first"),
    _count,
)
