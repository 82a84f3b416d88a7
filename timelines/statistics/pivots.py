"""Lists an analyst pivots on: every account, address, program, name … with how often it is seen, the rare ones first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from timelines.schema import TIME, Column
from timelines.scope import Scope, listed
from timelines.statistics import Statistic


@dataclass(frozen=True, slots=True)
class Pivot:
    """One list: from which families, from which of their columns (core ones by name, their own by alias), and the SQL list of values
    that these give. `fold`: names that differ in case alone are one."""

    kind: str
    families: tuple[str, ...]
    core: tuple[str, ...]
    own: Mapping[str, tuple[str, ...]]
    values: str
    where: str = "true"
    fold: bool = True
    doc: str = field(kw_only=True)


_TASKS = "family = 'windows/taskscheduler' or event in ('4698', '4699', '4700', '4701', '4702')"
_SERVICES = (
    "(provider = 'Service Control Manager' and event in ('7036', '7040', '7045')) "
    "or (family = 'windows/security' and event = '4697')"
)
PIVOTS: tuple[Pivot, ...] = (
    Pivot("account", ("*",), ("user",), {}, '["user"]', doc="Accounts that act or are acted on."),
    Pivot(
        "address", ("*",), ("src_ip", "dst_ip"), {}, "[src_ip, dst_ip]", doc="Addresses on either side of a contact."
    ),
    Pivot(
        "workstation",
        ("windows/security", "net/rdp"),
        (),
        {"a": ("WorkstationName",), "b": ("Workstation",), "c": ("ClientName", "client_name")},
        "[ltrim(a, '\\'), ltrim(b, '\\'), ltrim(c, '\\')]",
        doc="Names that the machines at the other end of logons gave themselves.",
    ),
    Pivot(
        "process",
        ("windows/*",),
        ("process",),
        {"parent": ("ParentImage", "ParentProcessName")},
        "[process, parent]",
        doc="Programs that act, and those that started them.",
    ),
    Pivot(
        "service",
        ("windows/system", "windows/security"),
        (),
        {"provider": ("Provider_Name",), "name": ("ServiceName", "param1")},
        "[name]",
        _SERVICES,
        doc="Services installed, set or started (7036, 7040, 7045, 4697).",
    ),
    Pivot(
        "task",
        ("windows/taskscheduler", "windows/security"),
        (),
        {"name": ("TaskName",)},
        "[name]",
        _TASKS,
        doc="Scheduled tasks.",
    ),
    Pivot(
        "hash",
        ("windows/*",),
        (),
        {"a": ("Hashes", "Hash"), "b": ("FileHash",)},
        "list_concat(string_split(a, ','), [b])",
        doc="Hashes of programs and files, as the events write them.",
    ),
    Pivot(
        "fingerprint",
        ("net/ssl", "net/ssh"),
        (),
        {"a": ("ja3",), "b": ("ja3s",), "c": ("ja4",), "d": ("hassh",), "e": ("hasshServer",)},
        "['JA3=' || a, 'JA3S=' || b, 'JA4=' || c, 'HASSH=' || d, 'HASSHServer=' || e]",
        doc="Fingerprints of encrypted connections.",
    ),
    Pivot(
        "domain",
        ("net/dns", "net/http", "net/ssl", "windows/sysmon", "windows/dns", "web/access"),
        (),
        {
            "a": ("query",),
            "b": ("server_name",),
            "c": ("host_",),
            "d": ("QueryName",),
            "e": ("cs_host", "virtual_host"),
        },
        "list_transform([a, b, c, d, e], lambda x: rtrim(regexp_replace(x, ':[0-9]+$', ''), '.'))",
        doc="Names asked for or connected to.",
    ),
    Pivot(
        "url",
        ("net/http", "web/access", "windows/bits"),
        ("dst_ip",),
        {"host_": ("host_",), "path": ("uri",), "a": ("cs_uri",), "b": ("url",)},
        "[a, b, case when family = 'net/http' and path is not null then 'http://' || coalesce(host_, dst_ip) || path end]",
        fold=False,
        doc="Addresses of pages and downloads; a web server's own log gives them without the server's name.",
    ),
)
_COLUMNS = (
    Column("kind", pa.string(), f"{', '.join(f'`{p.kind}` ({p.doc[0].lower()}{p.doc[1:-1]})' for p in PIVOTS)}."),
    Column("value", pa.string(), "As the evidence gives it, first spelling."),
    Column("rows", pa.int64(), "Rows that hold it."),
    Column("hosts", pa.int64(), "Distinct machines that those rows speak of."),
    Column("first", TIME, "The earliest.", "ns"),
    Column("last", TIME, "The latest.", "ns"),
    Column("families", pa.string(), "Families of the rows, in order, joined by commas."),
)
# Rows that say the same are counted before their values are taken apart: there are far fewer of them.
_COUNTS = """
, alike as (select {columns}, family, host, count(*) as n, min(time) as first, max(time) as last from taken group by all),
each as (select unnest(list_distinct({values})) as value, family, host, n, first, last from alike)
select {kind} as kind, min(value) as value, sum(n)::bigint as "rows", count(distinct lower(host)) as hosts, min(first) as first,
max(last) as last, {families} as families
from (select * from each where trim(value) not in ('', '-')) group by {key}
order by "rows", {key}
"""


def _count(scope: Scope) -> pa.Table:
    tables = []
    for pivot in sorted(PIVOTS, key=lambda pivot: pivot.kind):
        key = "lower(value)" if pivot.fold else "value"
        columns = ", ".join(f'"{name}"' for name in (*pivot.core, *pivot.own))
        given = {
            "columns": columns,
            "values": pivot.values,
            "kind": f"'{pivot.kind}'",
            "families": listed("family"),
            "key": key,
        }
        asked = _COUNTS.format(**given)
        tables.append(scope.ask(asked, pivot.families, pivot.own, pivot.where))
    return pa.concat_tables(tables, promote_options="permissive")


TABLE = Statistic(
    "pivots",
    "Pivot lists",
    "One row a value, list after list in order of kind; within a list the rare values first. `--sort=-rows` turns that around.",
    ("*",),
    _COLUMNS,
    ("kind", "value", "rows", "hosts", "first", "last"),
    _count,
    per="kind",
)
