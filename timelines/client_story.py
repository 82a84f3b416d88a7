"""A client's story: every row, of whatever source, in which one address acts, is contacted, or is merely claimed; web visits marked.

What a server saw (`seen`: the other end of the connection), whom others contacted (`contacted`) and whom a header names (`claimed`:
X-Forwarded-For, Forwarded, CF-Connecting-IP, which any client can write) are told apart, row by row.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from timelines.query import Filter, QueryError
from timelines.schema import CORE, CORE_NAMES, Column
from timelines.scope import Scope
from timelines.statistics.web_sessions import BREAK

if TYPE_CHECKING:
    from timelines.query import Timeline

STANCES = ("seen", "contacted", "claimed")
OWN: tuple[Column, ...] = (
    Column("stance", pa.string(), "`seen` (it acts), `contacted` (others reach it) or `claimed` (a header names it)."),
    Column("seen_as", pa.string(), "Address that the source saw act: another one where this one is claimed."),
    Column("claims", pa.string(), "Client that a header of this request names, not verified."),
    Column(
        "visit", pa.int64(), "Number of the web visit (see `web_sessions`), in order of their begin; only of requests."
    ),
    Column("agent", pa.string(), "User-Agent, as logged."),
    Column("status", pa.int32(), "HTTP status of the answer."),
    Column("bytes", pa.int64(), "Sent to the client, as logged.", "bytes"),
    Column("rules", pa.string(), "Rules that the row matched, the gravest first, between semicolons."),
    Column("findings", pa.string(), "Findings that cite the row, between commas."),
)
COLUMNS: tuple[Column, ...] = (*CORE, *OWN, Column("message", pa.string(), "What the row says."))
NAMES: tuple[str, ...] = tuple(column.name for column in COLUMNS)
_ROWS = "client_rows"
_SOURCES = {
    "client": ("c_ip",),
    "agent": ("cs_user_agent", "user_agent"),
    "status": ("sc_status", "status_code"),
    "sent": ("sc_bytes", "response_body_len"),
    "first_claimed": ("client_claimed",),
    "for_claimed": ("x_forwarded_for",),
    "header_claimed": ("forwarded",),
    "cdn_claimed": ("cf_connecting_ip",),
}
_CLAIMS = ("first_claimed", "for_claimed", "header_claimed", "cdn_claimed")
_MEANT = "coalesce(lower(client), '') in (select unnest(?)) or coalesce(src_ip, '') in (select unnest(?))"
_TAKEN = f"{_MEANT} or coalesce(dst_ip, '') in (select unnest(?)) or " + " or ".join(
    f"regexp_matches(coalesce({name}, ''), ?)" for name in _CLAIMS
)
_LEVELS = "['critical', 'high', 'medium', 'low', 'informational']"
_STORY = f"""
, marked as (select row_id, time, family, exhibit, file, "offset", client, agent, coalesce(client, src_ip) as seen_as,
    case when {_MEANT} then 'seen' when coalesce(dst_ip, '') in (select unnest(?)) then 'contacted' else 'claimed' end as stance,
    coalesce({", ".join(_CLAIMS)}) as claims, try_cast(status as integer) as status, try_cast(sent as bigint) as bytes from taken),
begun as (select row_id, exhibit, client, agent, time, file, "offset",
    case when epoch_ns(time) - lag(epoch_ns(time)) over w > {int(BREAK.value) * 1_000_000_000} then 1 else 0 end as begins
    from marked where family = 'web/access' and client is not null and time is not null
    window w as (partition by exhibit, client, agent order by time, file, "offset", row_id)),
parts as (select row_id, exhibit, client, agent, time, sum(begins) over
    (partition by exhibit, client, agent order by time, file, "offset", row_id) as part from begun),
firsts as (select exhibit, client, agent, part, row_number() over (order by min(time), exhibit, client, agent nulls first) as visit
    from parts group by exhibit, client, agent, part),
visits as (select p.row_id, f.visit from parts p join firsts f on p.exhibit = f.exhibit and p.client = f.client
    and p.agent is not distinct from f.agent and p.part = f.part)
select row_id, time, family, stance, seen_as, claims, visit, agent, status, bytes, {{rules}} as rules, {{findings}} as findings
from marked left join visits using (row_id) {{joined}} order by row_id
"""
_RULES = f"""left join (select row_id, array_to_string(list(level || ': ' || rule_title
    order by list_position({_LEVELS}, level), rule_title), '; ') as rules
    from (select distinct row_id, level, rule_title from matches) group by row_id) using (row_id)"""
_FINDINGS = """left join (select row_id, array_to_string(list_sort(list(distinct finding_id)), ', ') as findings
    from (select unnest("rows") as row_id, finding_id from findings) group by row_id) using (row_id)"""


@dataclass(frozen=True)
class Story:
    """What one client did. `told` has a row for each row of the story, in order of row ids: `row_id`, `time`, `family` and OWN."""

    timeline: Timeline
    address: str
    told: pa.Table

    def batches(
        self, chosen: Filter | None = None, columns: Sequence[str] = NAMES, lang: str = "en"
    ) -> Iterator[pa.Table]:
        """The story in the timeline's order, some 100,000 rows a table. `chosen` takes some of its rows; visits keep their numbers."""
        known_columns(columns)
        chosen = chosen or Filter()
        mine = f"row_id in (select row_id from {_ROWS})"
        chosen = replace(chosen, where=f"({chosen.where}) and {mine}" if chosen.where else mine)
        read = [name for name in columns if name in (*CORE_NAMES, "message")]
        beside = self.timeline.beside(_ROWS, self.told.select(["row_id"]))
        ids = self.told.column("row_id").combine_chunks()
        own = self.told.select([column.name for column in OWN])
        for table in beside.batches(chosen, list(dict.fromkeys(["row_id", *read])), lang):
            places = pc.index_in(table.column("row_id").combine_chunks(), value_set=ids)
            mine_too = own.take(places)
            for name in own.schema.names:
                table = table.append_column(name, mine_too.column(name))
            yield table.select(list(columns))

    def visits(self) -> list[dict[str, Any]]:
        """The web visits in order: visit, first, last (UTC ns), requests, refused, errors, seen_as, agent."""
        rows = self.told.filter(pc.is_valid(self.told.column("visit")))
        status = rows.column("status")
        for name, low, high in (("refused", 400, 499), ("errors", 500, 999)):
            inside = pc.and_(pc.greater_equal(status, low), pc.less_equal(status, high))
            rows = rows.append_column(name, pc.fill_null(inside, False).cast(pa.int64()))
        rows = rows.set_column(rows.schema.get_field_index("time"), "time", rows.column("time").cast(pa.int64()))
        counted = rows.group_by("visit").aggregate(
            [
                ("time", "min"),
                ("time", "max"),
                ("row_id", "count"),
                ("refused", "sum"),
                ("errors", "sum"),
                ("seen_as", "min"),
                ("agent", "min"),
            ]
        )
        names = ("visit", "first", "last", "requests", "refused", "errors", "seen_as", "agent")
        held = (
            "visit",
            "time_min",
            "time_max",
            "row_id_count",
            "refused_sum",
            "errors_sum",
            "seen_as_min",
            "agent_min",
        )
        found: list[dict[str, Any]] = (
            counted.select(list(held)).rename_columns(list(names)).sort_by("visit").to_pylist()
        )
        return found

    def counts(self, name: str) -> dict[str, int]:
        """Rows by `family` or `stance`, most first."""
        found = pc.value_counts(self.told.column(name).combine_chunks()).to_pylist()
        return {one["values"]: one["counts"] for one in sorted(found, key=lambda one: (-one["counts"], one["values"]))}


def known_columns(names: Sequence[str]) -> None:
    """Raises QueryError for a name that is no column of a story."""
    for name in names:
        if name not in NAMES:
            raise QueryError(f"no column {name!r} in a client's story; expected one of {', '.join(NAMES)}")


def story(timeline: Timeline, address: str) -> Story:
    """The story of an address (or of a name, where a server logs names). Raises ValueError for an empty one."""
    forms = spellings(address)
    pattern = _standing(forms)
    given: list[Any] = [forms, forms, forms, *[pattern] * len(_CLAIMS), forms, forms, forms]
    held = timeline.extras
    query = _STORY.format(
        rules="rules" if "matches" in held else "null::varchar",
        findings="findings" if "findings" in held else "null::varchar",
        joined=" ".join([_RULES] * ("matches" in held) + [_FINDINGS] * ("findings" in held)),
    )
    told = Scope(timeline).ask(query, ("*",), _SOURCES, _TAKEN, given, twice="each")
    kinds = {column.name: column.type for column in COLUMNS}
    return Story(timeline, address, told.cast(pa.schema([(name, kinds[name]) for name in told.schema.names])))


def spellings(address: str) -> list[str]:
    """The address as sources may write it, in small letters: as given, in its shortest form, and an IPv4 one inside IPv6."""
    text = address.strip().lower()
    if not text:
        raise ValueError("--client needs an address, such as 203.0.113.7 or 2001:db8::7")
    found = [text]
    try:
        known = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return found
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped:
        known = known.ipv4_mapped
    found.append(str(known))
    if isinstance(known, ipaddress.IPv4Address):
        found.append(f"::ffff:{known}")
    return list(dict.fromkeys(found))


def _standing(forms: Sequence[str]) -> str:
    """A pattern of one of the spellings standing alone in a header: not as part of a longer address or name."""
    port = (
        ""
        if any(form.count(":") > 1 and not form.startswith("::ffff:") for form in forms)
        else r"|:\d{1,5}(?:$|[^0-9.:])"
    )
    return rf"(?i)(?:^|[^0-9a-z.:_-])(?:{'|'.join(map(re.escape, forms))})(?:$|[^0-9a-z.:_-]{port})"
