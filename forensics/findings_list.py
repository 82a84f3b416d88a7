"""Findings on the terminal: those that stand, those that the examiner set aside, and one with its words, its decisions and its rows."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cases import findings as kept
from cases.citations import roles_of
from cases.examiner import LIMITS, Decision
from cases.reviews import Reviewed, reviews
from forensics import rules_coverage
from forensics.listing import cells
from forensics.terminal import as_json, instant, narrow, say, table
from timelines.findings import LEVELS

if TYPE_CHECKING:
    from forensics.api import OpenCase

NS = 1_000_000_000

_FATES = {
    "matched": "matched",
    "suppressed": "found only what the allow-list names",
    "silent": "ran and found nothing",
    "no-data": "had no data to look at",
    "excluded": "were excluded",
    "refused": "could not be run",
}


def show(case: OpenCase, level: str | None = None, json: bool = False, limit: int | None = None) -> None:
    """Findings, gravest first; and what became of the rules, so that silence is never taken for absence."""
    known = reviews(case.case)
    found = [one for one in known.findings if level is None or rank(one.finding.level) >= rank(level)]
    if json:
        as_json([row(one) for one in found])
        return
    standing = [one for one in found if one.review.stands]
    aside = [one for one in found if not one.review.stands]
    rows = [_line(one) for one in standing[:limit]]
    left = len(standing) - len(rows)
    note = f"{left} more: athar findings {case.case.folder}" if left else f"{len(standing)} findings"
    headers: tuple[str, ...] = ("id", "level", "grade", "first", "rows", "technique", "review", "title")
    if sys.stdout.isatty() and all(one.review.state == "open" for one in standing):
        headers, rows = _without_review(headers), [_without_review(line) for line in rows]
    if narrow():
        headers, rows = _for_narrow(headers), [_for_narrow(line) for line in rows]
    table("Findings", headers, rows, note)
    if aside and limit is not None:
        say(f"{len(aside)} findings were set aside by the examiner: athar findings {case.case.folder}")
    elif aside:
        say()
        taken = [(one.finding.finding_id, *_last(one), title(one)) for one in aside]
        table("Set aside by the examiner", ("id", "review", "by", "when", "why", "title"), taken)
    _orphans(known.orphans)
    _rules(case, sys.stdout.isatty() or limit is not None)


def _line(one: Reviewed) -> tuple[object, ...]:
    """A finding as a row. On a terminal the time is to the second and only the first technique named, so that the title has room."""
    f = one.finding
    first, techniques = instant(f.first), ",".join(f.attack)
    if sys.stdout.isatty():
        first = instant(f.first // NS * NS) if f.first is not None else first
        techniques = f.attack[0] + (f" +{len(f.attack) - 1}" if len(f.attack) > 1 else "") if f.attack else ""
    return f.finding_id, f.level, f.grade, first, len(f.rows), techniques, one.review.state, title(one)


def _without_review(line: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*line[:6], *line[7:])


def _for_narrow(line: tuple[Any, ...]) -> tuple[Any, ...]:
    """Without grade, time and technique, which a finding shown alone has."""
    return (*line[:2], line[4], *line[6:])


def _last(one: Reviewed) -> tuple[str, str, str, str]:
    """What set a finding aside: the review, by whom, when, why."""
    fate = [d for d in one.review.decisions if d.action in ("reject", "merge")][-1]
    state = f"merged into {one.review.into}" if one.review.into else one.review.state
    return state, fate.who, fate.time, fate.why


def _orphans(orphans: Sequence[Decision]) -> None:
    if orphans:
        say()
        rows = [(d.finding, d.action, d.who, d.time, d.why) for d in orphans]
        table("Reviewed, but no longer found", ("id", "decision", "by", "when", "why"), rows)


def _rules(case: OpenCase, told: bool) -> None:
    """What became of the rules; `athar findings` into a pipe stays a table."""
    if not kept.analysed(case.case.findings_folder):
        say("No rules have been run: athar analyze " + str(case.case.folder))
        return
    fates = Counter(str(o.fate) for o in kept.load_outcomes(case.case.findings_folder))
    if told:
        say("Rules: " + ", ".join(f"{fates[fate]:,} {text}" for fate, text in _FATES.items() if fates[fate]))
        say(f"       athar case show {case.case.folder} --rules says which, and why")
        if blind := rules_coverage.blind_spots(case):
            say(blind)


def show_one(case: OpenCase, wanted: str, json: bool = False) -> None:
    """One finding with its words, the decisions on it, and its rows. Raises CaseError when there is none."""
    one = reviews(case.case).find(wanted)
    finding = one.finding
    if json:
        decisions = [asdict(decision) for decision in one.review.decisions]
        as_json({**row(one), "why": finding.why, "row_ids": list(finding.rows), "decisions": decisions})
        return
    table(finding.finding_id, ("", ""), _facts(one))
    if one.review.decisions:
        say()
        rows = [(d.action, d.who, d.time, d.why, _remark(d)) for d in one.review.decisions]
        table("Decided by the examiner", ("decision", "by", "when", "why", "remark"), rows)
    from timelines.query import Filter

    columns, roles = ("row_id", "time", "family", "host", "message"), roles_of(finding)
    tables = case.query.batches(Filter(row_ids=(*finding.rows[:200], *roles)), columns)
    listed = [tuple(line.values()) for part in tables for line in cells(part)]
    say()
    note = f"{len(finding.rows)} rows" + ("" if len(finding.rows) <= 200 else "; the first 200 shown, all with --json")
    if not roles:
        table("Rows", columns, listed, note)
        return
    marked = [
        (line[0], line[1], f"followed: {roles[line[0]]}" if line[0] in roles else "", *line[2:]) for line in listed
    ]
    table("Rows", (*columns[:2], "cited as", *columns[2:]), marked, note)


def _facts(one: Reviewed) -> list[tuple[str, str]]:
    """What there is to say of a finding; the examiner's words come before the rule's and are marked."""
    finding, mine, theirs = one.finding, one.review.words("en"), one.finding.texts.get("en", {})
    facts = [("review", one.review.state + (f" into {one.review.into}" if one.review.into else ""))]
    facts += [(f"{name.replace('_', ' ')} (examiner)", text) for name, text in mine.items()]
    facts += [("title", finding.title), ("level", finding.level), ("grade", finding.grade), ("rule", finding.rule_id)]
    facts += [("first", instant(finding.first)), ("last", instant(finding.last))]
    facts.append(("technique", ", ".join(finding.attack)))
    facts += [("weakness", ", ".join(finding.cve))] if finding.cve else []
    facts += [(name.replace("_", " "), theirs[name]) for name in LIMITS if name in theirs]
    facts += [(kind, ", ".join(values)) for kind, values in finding.entities.items() if values]
    facts += [("merged here", ", ".join(one.review.merged))] if one.review.merged else []
    return [*facts, ("why", finding.why)]


def _remark(decision: Decision) -> str:
    said = [f"into {decision.into}"] if decision.into else []
    said += [f"{name.replace('_', ' ')}: {text}" for name, text in decision.words.items()]
    said += ["the finding has changed since"] if decision.changed else []
    return "; ".join(said)


def title(one: Reviewed) -> str:
    """The examiner's title where there is one, marked; else the rule's."""
    mine = one.review.words("en").get("title")
    return f"{mine} (examiner)" if mine and one.finding.kind != "human" else mine or one.finding.title


def rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else -1


def row(one: Reviewed) -> dict[str, Any]:
    """A finding for programs: what was found, under the rule's own title, and the state of its review."""
    finding = one.finding
    return {
        "finding_id": finding.finding_id,
        "kind": finding.kind,
        "title": finding.title,
        "level": finding.level,
        "grade": finding.grade,
        "first": instant(finding.first),
        "last": instant(finding.last),
        "rows": len(finding.rows),
        "attack": list(finding.attack),
        "cve": list(finding.cve),
        "followed": {role: list(rows) for role, rows in finding.followed.items()},
        "entities": {kind: list(values) for kind, values in finding.entities.items()},
        "rule_id": finding.rule_id,
        "review": one.review.state,
        "words": {language: dict(words) for language, words in one.review.texts.items()},
    }
