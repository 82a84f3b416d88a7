"""Rules and analyzers over a timeline: which of them, with what the user gave, and what they found. Nothing is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.chosen_rules import Chosen
from forensics.progress import Progress
from forensics.rare_collections import rare_collections
from timelines.query import Timeline

if TYPE_CHECKING:
    import pyarrow as pa

    from cases.case import Case
    from timelines.detection.coverage import Coverage
    from timelines.findings import Finding, RuleOutcome


@dataclass(frozen=True, slots=True)
class Search:
    """What rules and analyzers found. `unused`: what the user left out or allowed that no rule is named by."""

    matches: pa.Table
    findings: tuple[Finding, ...]
    outcomes: tuple[RuleOutcome, ...]
    unused: tuple[str, ...] = ()
    coverage: tuple[Coverage, ...] = ()


def to_search(case: Case) -> Timeline:
    """The timeline of a case with the list of its files: what was not read (empty, a duplicate) is not missing."""
    return Timeline(case.timeline_folder, {"inventory": inventory(case)})


def inventory(case: Case) -> pa.Table:
    """Every file of the case: exhibit, file, size, status."""
    import pyarrow as pa

    rows = [{"exhibit": e.exhibit, "file": e.file, "size": e.size, "status": e.status} for e in case.register.entries]
    schema = pa.schema([("exhibit", pa.string()), ("file", pa.string()), ("size", pa.int64()), ("status", pa.string())])
    return pa.Table.from_pylist(rows, schema)


def search(timeline: Timeline, chosen: Chosen, progress: Progress, afresh: bool = False) -> Search:
    """What our rules, those chosen and the analyzers find in a timeline. Nothing is kept. `afresh`: rules are read from their files,
    whatever an earlier run has kept of them."""
    from forensics.kept_memory import kept_memory  # loads pyarrow
    from timelines import analyzers
    from timelines.detection import detect, load_rules
    from timelines.detection.allowed import Sieve
    from timelines.detection.coverage import coverage
    from timelines.detection.rule_cache import cached
    from timelines.detection.selection import excluded_in_place, select
    from timelines.web_answers import with_answers

    chosen.check()
    progress.stage("Load rules", None)
    if afresh:
        loaded = load_rules(chosen.rules, given=chosen.given())
    else:
        loaded = cached(chosen.rules, chosen.inputs(), lambda: load_rules(chosen.rules, given=chosen.given()))
    selection, sieve = chosen.selection(), Sieve(chosen.allowances()) if chosen.allow is not None else None
    abouts = [*loaded.abouts, *(analyzer.about for analyzer in analyzers.all_analyzers().values())]
    unused = [f"--exclude {pattern!r}" for pattern in selection.unused(abouts)]
    unused += [f"--allow entry {rule!r}" for rule in sieve.unused(loaded)] if sieve is not None else []
    wanted, left = select(loaded, selection)
    progress.stage("Run rules", sum(timeline.counts().values()), "rows")
    with kept_memory(), rare_collections():
        result = detect(timeline, wanted, lambda _family, rows: progress.advance(rows), sieve)
    progress.stage("Ask analyzers", None)
    findings, outcomes = analyzers.analyze(timeline, selection.why_not)
    told = with_answers(timeline, result.findings)
    every = (*excluded_in_place(result.outcomes, left), *outcomes)
    return Search(result.matches, (*told, *findings), every, tuple(unused), coverage(timeline, wanted))
