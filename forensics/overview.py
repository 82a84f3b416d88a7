"""A case on the terminal: what was read, what was found, what to look at next."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cases import findings as kept
from forensics.listing import cells
from forensics.terminal import Failure, amount, as_json, complain, instant, say, table
from timelines.findings import LEVELS, Finding

if TYPE_CHECKING:
    from forensics.api import OpenCase
    from forensics.pipeline import Ingest

SHOWN_FINDINGS = 15  # on the overview; `athar findings` lists them all


def show(case: OpenCase, reports: Sequence[Path], json: bool = False) -> None:
    """Exhibits, byte account, rows, rules, gravest findings, and where the summaries are."""
    if json:
        as_json(summary(case, reports))
        return
    entries = case.case.register.entries
    statuses = Counter(e.status for e in entries)
    exhibits = [(x.exhibit, x.name, x.files, amount(x.size), x.description or "") for x in case.case.register.exhibits]
    table("Exhibits", ("no.", "name", "files", "size", "description"), exhibits)
    say("\nFiles: " + ", ".join(f"{count:,} {status}" for status, count in sorted(statuses.items())))
    sums = case.ledger()[["size", "read", "free", "unsupported", "damaged"]].sum()
    say(
        f"Bytes: {amount(int(sums['size']))} = {amount(int(sums['read']))} read + {amount(int(sums['free']))} free"
        f" + {amount(int(sums['unsupported']))} unsupported + {amount(int(sums['damaged']))} damaged;"
        f" {len(case.problems()):,} problems (athar case show {case.case.folder} --problems)\n"
    )
    counts = case.query.counts()
    table("Timeline", ("family", "rows"), list(counts.items()), f"{sum(counts.values()):,} rows")
    say()
    show_findings(case, limit=SHOWN_FINDINGS)
    for path in reports:
        say(f"Summary: {path}")


def summary(case: OpenCase, reports: Sequence[Path] = ()) -> dict[str, Any]:
    """The same as data."""
    ledger = case.ledger()
    fates = Counter(o.fate for o in kept.load_outcomes(case.case.findings_folder))
    return {
        "case": str(case.case.folder),
        "exhibits": [
            {"exhibit": x.exhibit, "name": x.name, "files": x.files, "size": x.size}
            for x in case.case.register.exhibits
        ],
        "files": dict(sorted(Counter(e.status for e in case.case.register.entries).items())),
        "bytes": {name: int(ledger[name].sum()) for name in ("size", "read", "free", "unsupported", "damaged")},
        "problems": len(case.problems()),
        "rows": case.query.counts(),
        "rules": dict(sorted(fates.items())),
        "findings": [_finding_row(f) for f in kept.load_findings(case.case.findings_folder)],
        "reports": [str(path) for path in reports],
    }


def show_findings(case: OpenCase, level: str | None = None, json: bool = False, limit: int | None = None) -> None:
    """Findings, gravest first; and what became of the rules, so that silence is never taken for absence."""
    found = [
        f for f in kept.load_findings(case.case.findings_folder) if level is None or _rank(f.level) >= _rank(level)
    ]
    if json:
        as_json([_finding_row(f) for f in found])
        return
    rows = [
        (f.finding_id, f.level, f.grade, instant(f.first), len(f.rows), ",".join(f.attack), f.title)
        for f in found[:limit]
    ]
    left = len(found) - len(rows)
    note = f"{left} more: athar findings {case.case.folder}" if left else f"{len(found)} findings"
    table("Findings", ("id", "level", "grade", "first", "rows", "technique", "title"), rows, note)
    if not kept.analysed(case.case.findings_folder):
        say("No rules have been run: athar analyze " + str(case.case.folder))
        return
    fates = Counter(str(o.fate) for o in kept.load_outcomes(case.case.findings_folder))
    words = {
        "matched": "matched",
        "silent": "ran and found nothing",
        "no-data": "had no data to look at",
        "refused": "could not be run",
    }
    if sys.stdout.isatty():
        say("Rules: " + ", ".join(f"{fates[fate]:,} {text}" for fate, text in words.items() if fates[fate]))
        say(f"       athar case show {case.case.folder} --rules says which, and why")


def show_finding(case: OpenCase, wanted: str, json: bool = False) -> None:
    """One finding with its words and its rows."""
    found = [
        f for f in kept.load_findings(case.case.findings_folder) if f.finding_id.lower().startswith(wanted.lower())
    ]
    if not found:
        raise Failure(f"no finding {wanted!r} in this case; athar findings {case.case.folder} lists them")
    finding = found[0]
    if json:
        as_json({**_finding_row(finding), "why": finding.why, "row_ids": list(finding.rows)})
        return
    words = finding.texts.get("en", {})
    facts = [("title", finding.title), ("level", finding.level), ("grade", finding.grade), ("rule", finding.rule_id)]
    facts += [
        ("first", instant(finding.first)),
        ("last", instant(finding.last)),
        ("technique", ", ".join(finding.attack)),
    ]
    facts += [
        (name.replace("_", " "), words[name]) for name in ("shows", "does_not_show", "alternatives") if name in words
    ]
    facts += [(kind, ", ".join(values)) for kind, values in finding.entities.items() if values]
    facts.append(("why", finding.why))
    table(finding.finding_id, ("", ""), facts)
    from timelines.query import Filter

    columns = ("row_id", "time", "family", "host", "message")
    tables = case.query.batches(Filter(row_ids=finding.rows[:200]), columns)
    rows = [tuple(row.values()) for part in tables for row in cells(part)]
    say()
    note = f"{len(finding.rows)} rows" + ("" if len(finding.rows) <= 200 else "; the first 200 shown, all with --json")
    table("Rows", columns, rows, note)


def show_matches(case: OpenCase, level: str | None, json: bool) -> None:
    """Single matches with the reason of each."""
    listed = [
        m
        for m in cells(kept.load_matches(case.case.findings_folder))
        if level is None or _rank(m["level"]) >= _rank(level)
    ]
    if json:
        as_json(listed)
        return
    rows = [(m["row_id"], m["time"], m["level"], m["rule_title"], m["why"]) for m in listed]
    table("Matches", ("row_id", "time", "level", "rule", "why"), rows, f"{len(rows):,} matches")


def warn(ingested: Ingest) -> None:
    """Say on standard error what makes the exit code 1."""
    for name in ingested.changed:
        complain(f"{name}: the evidence changed while it was read; the case says so, and its rows cannot be relied on")
    if ingested.crashes:
        complain(
            f"{ingested.crashes} pieces of evidence were not fully read because a reader failed; athar case show CASE --problems"
        )


def _rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else -1


def _finding_row(finding: Finding) -> dict[str, Any]:
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
        "entities": {kind: list(values) for kind, values in finding.entities.items()},
        "rule_id": finding.rule_id,
    }
