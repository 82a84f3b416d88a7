"""A case on the terminal: what was read, what was found, what to look at next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cases import findings as kept
from cases.integrity import stopped
from cases.reviews import reviews
from forensics import findings_list
from forensics.findings_list import rank
from forensics.listing import cells
from forensics.terminal import amount, as_json, complain, say, table
from timelines.inventory import CARVABLE
from timelines.visible import visible

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
    read = {e.sha256 for e in entries if e.status == "evidence"}
    if carvable := [e for e in entries if e.reason == CARVABLE and e.sha256 not in read]:
        say(
            f"       {len(carvable):,} with chunks of a Windows event log whose file header is missing or damaged, such as"
            f" {visible(f'{carvable[0].exhibit}/{carvable[0].file}')}: athar carve FILE --case {case.case.folder} reads them"
        )
    sums = _account(case)
    say(
        f"Bytes: {amount(sums['size'])} = {amount(sums['read'])} read + {amount(sums['free'])} free"
        f" + {amount(sums['unsupported'])} unsupported + {amount(sums['damaged'])} damaged;"
        f" {case.query.problems().num_rows:,} problems (athar case show {case.case.folder} --problems)\n"
    )
    counts = case.query.counts()
    table("Timeline", ("family", "rows"), list(counts.items()), f"{sum(counts.values()):,} rows")
    say()
    findings_list.show(case, limit=SHOWN_FINDINGS)
    for path in reports:
        say(f"Summary: {path}")


def summary(case: OpenCase, reports: Sequence[Path] = ()) -> dict[str, Any]:
    """The same as data."""
    fates = Counter(o.fate for o in kept.load_outcomes(case.case.findings_folder))
    return {
        "case": str(case.case.folder),
        "exhibits": [
            {"exhibit": x.exhibit, "name": x.name, "files": x.files, "size": x.size}
            for x in case.case.register.exhibits
        ],
        "files": dict(sorted(Counter(e.status for e in case.case.register.entries).items())),
        "bytes": _account(case),
        "problems": case.query.problems().num_rows,
        "rows": case.query.counts(),
        "rules": dict(sorted(fates.items())),
        "findings": [findings_list.row(one) for one in reviews(case.case).findings],
        "reports": [str(path) for path in reports],
    }


def _account(case: OpenCase) -> dict[str, int]:
    """What the ledger adds up to, in bytes. Asked of Arrow's columns: pandas takes longer to load than all that is shown here."""
    import pyarrow.compute as pc

    ledger = case.query.ledger()
    return {name: pc.sum(ledger[name]).as_py() or 0 for name in ("size", "read", "free", "unsupported", "damaged")}


def show_matches(case: OpenCase, level: str | None, json: bool) -> None:
    """Single matches with the reason of each."""
    listed = [
        m
        for m in cells(kept.load_matches(case.case.findings_folder))
        if level is None or rank(m["level"]) >= rank(level)
    ]
    if json:
        as_json(listed)
        return
    rows = [(m["row_id"], m["time"], m["level"], m["rule_title"], m["why"]) for m in listed]
    table("Matches", ("row_id", "time", "level", "rule", "why"), rows, f"{len(rows):,} matches")


def warn(ingested: Ingest) -> None:
    """Say on standard error what makes the exit code 1."""
    for name in ingested.changed:
        complain(f"{name}: the evidence is not what was registered; the case says so, and its rows cannot be relied on")
    if ingested.changed:
        complain(stopped(list(ingested.changed)))
    if ingested.crashes:
        complain(
            f"{ingested.crashes} pieces of evidence were not fully read because a reader failed; athar case show CASE --problems"
        )


def warn_unused(unused: Sequence[str]) -> None:
    """Say what was given that had no effect: a mistake in it would go unseen."""
    for what in unused:
        complain(f"{what}: no rule is so named, so it has no effect; athar rules list shows ids and titles")


def stop(ingested: Ingest, json: bool) -> int:
    """Say that a run ended because the evidence is not what was registered. Gives the exit code."""
    if json:
        as_json({"stopped": "evidence-changed", "changed": list(ingested.changed)})
    warn(ingested)
    return 1
