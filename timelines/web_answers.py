"""Did it work? What the server's answers, and what the same addresses were given afterwards, say of an attempt on a site.

Findings of attempts get sentences about it, in every language: how the requests were answered; whether a successful answer has a size
that no ordinary answer of the same path has; and which script, known to nobody before, or which account served the address within the
hour after. Findings of attempts to log in say whether one was answered otherwise than the others. The rows that say so are put among the
finding's, marked. A log keeps no contents: these are signs for or against, and the sentences say no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from timelines.analyzers import Threshold
from timelines.analyzers._conclude import Observed, filled, moment, present
from timelines.cited_requests import Requests, cited_requests, with_asked
from timelines.findings import Finding
from timelines.query import ORDER
from timelines.web_answer_words import WORDS
from timelines.web_login_answers import answered_otherwise, of_logins

if TYPE_CHECKING:
    from timelines.query import Timeline

ATTEMPTS = frozenset(("T1190", "T1505.003"))  # techniques whose findings are asked about: attempts on a site
AFTER = Threshold("AFTER", 3_600, "s", "What an address does within the hour after it asked.")
SCRIPT = r"(?i)\.(?:php\d?|phtml|phar|aspx?|ashx|asmx|jspx?|cfm|cgi|pl)$"
_NS = 1_000_000_000
_CLASSES = {"ok": 2, "moved": 3, "refused": 4, "failed": 5}  # first digit of the status


def with_answers(timeline: Timeline, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings in their order; those of attempts on a site, or to log in to it, have what the answers say in their words and reason."""
    columns = present(timeline, "web/access")
    told = _attempts(timeline, findings)
    if columns >= {"sc_status", "cs_uri_stem", "c_ip", "cs_method"}:
        told = tuple(_with_login(timeline, one) if of_logins(one) else one for one in told)
    return told


def _with_login(timeline: Timeline, finding: Finding) -> Finding:
    row = answered_otherwise(timeline, finding.rows)
    if row is None:
        return _saying(finding, [("no_login", {})], "no attempt answered otherwise than the others")
    place = f"{row['file']}, {row['offset']}"
    values = {name: str(row[name]) for name in ("client", "what", "status", "usual", "tried")}
    said = [("login", {**values, "place": place, "time": moment(row["time"])})]
    usual = f"{row['tried']} attempts (status {row['usual']})"
    why = f"answered otherwise than {usual}: status {row['status']} at {row['file']} offset {row['offset']}"
    follows = {} if row["row_id"] in finding.rows else {"login": row["row_id"]}
    return _saying(_with_rows(timeline, finding, follows), said, why)


def _attempts(timeline: Timeline, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    asked = [f for f in findings if "web/access" in f.families and f.rows and ATTEMPTS.intersection(f.attack)]
    if not asked or not present(timeline, "web/access") >= {"sc_status", "sc_bytes", "cs_uri_stem", "c_ip"}:
        return tuple(findings)
    told = {}
    beside = with_asked(timeline, asked)
    for number, mine in cited_requests(beside, asked):
        finding = asked[number]
        if mine.table.column("status").null_count < mine.table.num_rows:
            followed = _followed(beside, number, mine)
            found = _with_rows(timeline, finding, {kind: row["row_id"] for kind, row in followed.items()})
            told[finding.finding_id] = _told(found, mine, followed)
    return tuple(told.get(finding.finding_id, finding) for finding in findings)


_SCRIPTS = """
with asked as (select unnest(?) as exhibit, unnest(?) as client, unnest(?) as first, unnest(?) as last)
select a.row_id, a.cs_uri_stem as path, a.file, a."offset", a.c_ip as client, epoch_ns(a.time) as time from web_access a join asked
    on a.exhibit = asked.exhibit and a.c_ip = asked.client and epoch_ns(a.time) > first and epoch_ns(a.time) <= last
where a.sc_status = 200 and regexp_matches(a.cs_uri_stem, ?)
    and a.row_id not in (select row_id from asked_rows where finding = ?) and not exists (
    select 1 from web_access b where b.exhibit = a.exhibit and b.cs_uri_stem = a.cs_uri_stem and b.sc_status between 200 and 399
    and epoch_ns(b.time) <= first)
order by a.time, a.file, a."offset" limit 1
"""
_ACCOUNTS = """
with asked as (select unnest(?) as exhibit, unnest(?) as client, unnest(?) as first, unnest(?) as last)
select a.row_id, a.cs_username as account, a.file, a."offset", a.c_ip as client, epoch_ns(a.time) as time from web_access a join asked
    on a.exhibit = asked.exhibit and a.c_ip = asked.client and epoch_ns(a.time) > first and epoch_ns(a.time) <= last
where a.sc_status between 200 and 399 and a.cs_username is not null
    and a.row_id not in (select row_id from asked_rows where finding = ?) and not exists (
    select 1 from web_access b where b.exhibit = a.exhibit and b.c_ip = a.c_ip and b.cs_username = a.cs_username
    and b.sc_status between 200 and 399 and epoch_ns(b.time) <= first)
order by a.time, a.file, a."offset" limit 1
"""


def _followed(beside: Timeline, number: int, mine: Requests) -> dict[str, dict[str, Any]]:
    """The first script that nobody was given before, and the first account, that served an address within the hour after it asked."""
    spans = mine.spans()
    if not spans:
        return {}
    given: list[Any] = [[exhibit for exhibit, _ in spans], [client for _, client in spans]]
    given += [[first for first, _ in spans.values()], [last + int(AFTER.value) * _NS for _, last in spans.values()]]
    found = {"script": beside.sql(_SCRIPTS, [*given, SCRIPT, number]).to_pylist()}
    if "cs_username" in present(beside, "web/access"):
        found["account"] = beside.sql(_ACCOUNTS, [*given, number]).to_pylist()
    return {kind: rows[0] for kind, rows in found.items() if rows}


def _with_rows(timeline: Timeline, finding: Finding, followed: Mapping[str, str]) -> Finding:
    """The finding with the rows that followed among its own, in the timeline's order, marked, so that the sentence can be checked."""
    if not followed:
        return finding
    rows = sorted({*finding.rows, *followed.values()})
    ordered = timeline.sql(f"select row_id from timeline where row_id in (select unnest(?)) {ORDER}", [rows])
    named = {kind: (row,) for kind, row in followed.items() if row not in finding.rows}
    known = {**finding.followed, **named}
    return replace(finding, rows=tuple(ordered.column("row_id").to_pylist()), followed=dict(sorted(known.items())))


def _told(finding: Finding, mine: Requests, followed: Mapping[str, dict[str, Any]]) -> Finding:
    said = _counts(mine)
    said += _sizes(mine)
    for kind, row in followed.items():
        shown = {"place": f"{row['file']}, {row['offset']}", "client": row["client"], "time": moment(row["time"])}
        said.append((kind, {**shown, "what": row.get("path") or row.get("account") or ""}))
    if not followed:
        said.append(("nothing", {}))
    return _saying(finding, said, _reason(mine, followed))


def _saying(finding: Finding, said: Sequence[tuple[str, dict[str, str]]], why: str) -> Finding:
    """The finding with more sentences, by their names in WORDS, and more of a reason."""
    texts = dict(finding.texts)
    for language in WORDS:
        more = " ".join(
            filled({language: {"": WORDS[language][key]}}, Observed("", (), (), "", v))[language][""] for key, v in said
        )
        if language in texts and "shows" in texts[language]:
            texts[language] = {**texts[language], "shows": f"{texts[language]['shows']} {more}"}
    return replace(finding, texts=texts, why=f"{finding.why}; {why}")


def _counts(mine: Requests) -> list[tuple[str, dict[str, str]]]:
    counts = _by_class(mine)
    values = {name: str(count) for name, count in counts.items()}
    return [("counts" if counts["ok"] else "none_ok", {**values, "requests": str(mine.table.num_rows)})]


def _by_class(mine: Requests) -> dict[str, int]:
    return {name: mine.of_class(digit) for name, digit in _CLASSES.items()}


def _sizes(mine: Requests) -> list[tuple[str, dict[str, str]]]:
    """What the sizes say: of the successful answers unlike all ordinary ones, the first is the example."""
    if not mine.of_class(2):
        return []
    compared, unlike = int(mine.comparable.sum()), np.flatnonzero(mine.unlike)
    if not compared:
        return [("no_usual", {})]
    if not len(unlike):
        return [("like", {"compared": str(compared)})]
    one = mine.row(int(unlike[0]))
    example = {name: one[name] for name in ("size", "path", "least", "median", "most")} | {"ordinary": one["count"]}
    shown = {"unlike": str(len(unlike)), "compared": str(compared), "place": f"{one['file']}, {one['offset']}"}
    return [("unlike", {**shown, **{name: str(value) for name, value in example.items()}})]


def _reason(mine: Requests, followed: Mapping[str, dict[str, Any]]) -> str:
    counts, compared = _by_class(mine), int(mine.comparable.sum())
    parts = [f"answers: {counts['ok']} 2xx, {counts['moved']} 3xx, {counts['refused']} 4xx, {counts['failed']} 5xx"]
    if compared:
        parts.append(f"{int(mine.unlike.sum())} of {compared} comparable sizes unlike the path's ordinary answers")
    parts += [f"followed by {kind} at {row['file']} offset {row['offset']}" for kind, row in followed.items()]
    return "; ".join(parts)
