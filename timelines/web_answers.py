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

from timelines.analyzers._conclude import Observed, filled, moment, present
from timelines.cited_requests import Requests, cited_requests, with_asked
from timelines.findings import Finding
from timelines.followed_requests import Followed, followed_by, rows_with
from timelines.web_answer_words import WORDS
from timelines.web_login_answers import answered_otherwise, of_logins

if TYPE_CHECKING:
    from timelines.query import Timeline

ATTEMPTS = frozenset(("T1190", "T1505.003"))  # techniques whose findings are asked about: attempts on a site
_CLASSES = {"ok": 2, "moved": 3, "refused": 4, "failed": 5}  # first digit of the status


def with_answers(timeline: Timeline, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings in their order; those of attempts on a site, or to log in to it, have what the answers say in their words and reason."""
    columns = present(timeline, "web/access")
    told = _attempts(timeline, findings)
    if columns >= {"sc_status", "cs_uri_stem", "c_ip", "cs_method"}:
        told = _logins(timeline, told)
    return told


def _logins(timeline: Timeline, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    places = [place for place, finding in enumerate(findings) if of_logins(finding)]
    if not places:
        return tuple(findings)
    asked = [findings[place] for place in places]
    found = answered_otherwise(with_asked(timeline, asked))
    after = {number: asked[number] for number, row in found.items() if row["row_id"] not in asked[number].rows}
    rows = rows_with(timeline, after, {number: {"login": found[number]} for number in after})
    told = list(findings)
    for number, place in enumerate(places):
        finding = asked[number]
        if number in rows:
            finding = _marked(finding, rows[number], {"login": found[number]["row_id"]})
        told[place] = _with_login(finding, found.get(number))
    return tuple(told)


def _with_login(finding: Finding, row: Mapping[str, Any] | None) -> Finding:
    if row is None:
        return _saying(finding, [("no_login", {})], "no attempt answered otherwise than the others")
    place = f"{row['file']}, {row['offset']}"
    values = {name: str(row[name]) for name in ("client", "what", "status", "usual", "tried")}
    said = [("login", {**values, "place": place, "time": moment(row["time"])})]
    usual = f"{row['tried']} attempts (status {row['usual']})"
    why = f"answered otherwise than {usual}: status {row['status']} at {row['file']} offset {row['offset']}"
    return _saying(finding, said, why)


def _attempts(timeline: Timeline, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    asked = [f for f in findings if "web/access" in f.families and f.rows and ATTEMPTS.intersection(f.attack)]
    if not asked or not present(timeline, "web/access") >= {"sc_status", "sc_bytes", "cs_uri_stem", "c_ip"}:
        return tuple(findings)
    beside = with_asked(timeline, asked)
    known = followed_by(beside)
    told = {}
    for number, mine in cited_requests(beside, asked):
        if mine.table.column("status").null_count < mine.table.num_rows:
            told[number] = _told(asked[number], mine, known.get(number, {}))
    after = {number: finding for number, finding in told.items() if number in known}
    for number, rows in rows_with(timeline, after, known).items():
        told[number] = _marked(told[number], rows, {kind: row["row_id"] for kind, row in known[number].items()})
    by_id = {finding.finding_id: finding for finding in told.values()}
    return tuple(by_id.get(finding.finding_id, finding) for finding in findings)


def _marked(finding: Finding, rows: Sequence[str], followed: Mapping[str, str]) -> Finding:
    """The finding with the rows that followed among its own, in the timeline's order, marked, so that the sentence can be checked."""
    named = {kind: (row,) for kind, row in followed.items() if row not in finding.rows}
    known = {**finding.followed, **named}
    return replace(finding, rows=tuple(rows), followed=dict(sorted(known.items())))


def _told(finding: Finding, mine: Requests, followed: Followed) -> Finding:
    said = _counts(mine)
    said += _sizes(mine)
    for kind, row in followed.items():
        shown = {"place": f"{row['file']}, {row['offset']}", "client": row["client"], "time": moment(row["time"])}
        said.append((kind, {**shown, "what": row["what"]}))
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


def _reason(mine: Requests, followed: Followed) -> str:
    counts, compared = _by_class(mine), int(mine.comparable.sum())
    parts = [f"answers: {counts['ok']} 2xx, {counts['moved']} 3xx, {counts['refused']} 4xx, {counts['failed']} 5xx"]
    if compared:
        parts.append(f"{int(mine.unlike.sum())} of {compared} comparable sizes unlike the path's ordinary answers")
    parts += [f"followed by {kind} at {row['file']} offset {row['offset']}" for kind, row in followed.items()]
    return "; ".join(parts)
