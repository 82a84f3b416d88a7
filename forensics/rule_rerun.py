"""Rules run once more on the timeline, and what they find held against the findings that the case keeps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from cases import durable
from cases.case import Case
from cases.checks import Check
from cases.findings import load_findings, load_outcomes
from forensics.chosen_rules import Chosen
from forensics.progress import Progress, Silent
from timelines.findings import Finding

_NAME = "rules run again"
_OPTIONS = (
    *("level", "statuses", "tags", "exclude"),
    *("allow_sha256", "placeholders_sha256", "pipelines_sha256"),
)


def rerun(case: Case, rules: Sequence[Path] | Chosen = (), progress: Progress | None = None) -> list[Check]:
    """Our rules, those chosen and the analyzers, on the case's timeline. A kept finding whose rule was not given is `not-checked`, and so
    are all where the options of the run were others: what is left out or allowed changes what correlations find.

    Raises CaseError for a rule path that is not there. Nothing of the case is changed.
    """
    from forensics.searching import search, to_search

    chosen = rules if isinstance(rules, Chosen) else Chosen(tuple(rules))
    if other := _otherwise(case, chosen):
        chosen.check()
        detail = (
            f"the case was run with other {', '.join(other)}, which custody names; give the same to check its findings"
        )
        return [Check(_NAME, "options", "not-checked", detail)]
    result = search(to_search(case), chosen, progress or Silent(), afresh=True)  # a check trusts no cache
    kept = {finding.finding_id: finding for finding in load_findings(case.findings_folder)}
    found = {finding.finding_id: finding for finding in result.findings}
    outcomes = load_outcomes(case.findings_folder)
    given = {o.rule_id for o in result.outcomes if o.fate != "excluded"} | {f.rule_id for f in result.findings}
    before = {o.rule_id for o in outcomes} | {f.rule_id for f in kept.values()}
    judged = {key: f for key, f in kept.items() if f.rule_id in given}
    named = list(_compared(judged, found, before))
    same = len(judged) - sum(check.subject in judged for check in named)
    detail = f"found again alike, with the same rows, by {len(given)} rules"
    checks = [Check(_NAME, f"{same} findings", "ok", detail), *named]
    if len(judged) < len(kept):
        missing = sorted({finding.rule_id for key, finding in kept.items() if key not in judged})
        detail = f"made by {len(missing)} rules that were not given, such as {missing[0]}; name them with --rules"
        checks.append(Check(_NAME, f"{len(kept) - len(judged)} findings", "not-checked", detail))
    return checks


def _otherwise(case: Case, chosen: Chosen) -> list[str]:
    """The options of the case's last run that are other than those given now, but for the rules themselves."""
    entries = [entry.act for entry in case.custody.entries() if entry.act.action == "rules-run"]
    before, now = (entries[-1].options if entries else {}), chosen.told()
    return [name for name in _OPTIONS if before.get(name) != now.get(name)]


def _compared(kept: dict[str, Finding], found: dict[str, Finding], before: set[str]) -> Iterator[Check]:
    for key, finding in kept.items():
        again = found.get(key)
        if again is not None and (fields := _fields_that_differ(finding, again)):
            yield Check(_NAME, key, "failed", f"found again, but different in {', '.join(fields)}: {finding.title}")
        elif again is None:
            yield Check(_NAME, key, "failed", f"kept in the case, not found again: {finding.title}")
    for key, finding in found.items():
        if key not in kept and finding.rule_id in before:
            yield Check(_NAME, key, "failed", f"found now, not kept in the case: {finding.title}")


def _fields_that_differ(kept: Finding, again: Finding) -> list[str]:
    first, second = asdict(kept), asdict(again)
    return [name for name in first if durable.canonical(first[name]) != durable.canonical(second[name])]
