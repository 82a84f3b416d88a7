"""Analyzers: what a rule cannot say. One file each, found by walking this folder: each module declares `ANALYZER`.

Modules whose name begins with `_` are no analyzers: they hold what analyzers share.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from timelines.detection.rules import About
from timelines.findings import LEVELS, Fate, Finding, RuleOutcome

if TYPE_CHECKING:
    from timelines.query import Timeline


Words = Mapping[str, Mapping[str, str]]  # by language: title, shows, does_not_show, alternatives, would_change


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number that a decision hangs on: its unit, and why it is not smaller or larger."""

    name: str
    value: float
    unit: str
    reason: str


@runtime_checkable
class Analyzer(Protocol):
    """Something that reads a timeline and tells what it found. Pure: no clock, no network, the same findings in the same order each time.

    `needs` are the families without which it can say nothing (`windows/*` is every family of that folder): it is not asked where the
    case has no row of one of them. `about` says of it what a rule says of itself; a finding may carry another level. `words` are those of
    its findings, by what was seen.
    """

    name: str
    about: About
    needs: tuple[str, ...]
    thresholds: tuple[Threshold, ...]
    words: Mapping[str, Words]

    def find(self, timeline: Timeline) -> Iterator[Finding]: ...


@cache
def all_analyzers() -> dict[str, Analyzer]:
    """Every analyzer by name, in name order. Raises ValueError when two share a name."""
    found: dict[str, Analyzer] = {}
    for info in pkgutil.iter_modules(__path__):
        if info.name.startswith("_"):
            continue
        analyzer: Analyzer = importlib.import_module(f"{__name__}.{info.name}").ANALYZER
        if analyzer.name in found:
            raise ValueError(f"analyzer {analyzer.name!r} is declared twice")
        found[analyzer.name] = analyzer
    return dict(sorted(found.items()))


@cache
def of_logs() -> frozenset[str]:
    """Names of the analyzers that speak of a log itself, not of what it records: their modules say `OF_LOGS = True`. What they find bounds
    what the evidence can show."""
    found = (info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_"))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in found]
    return frozenset(module.ANALYZER.name for module in modules if getattr(module, "OF_LOGS", False))


def analyze(
    timeline: Timeline, why_not: Callable[[About], str] = lambda _: ""
) -> tuple[tuple[Finding, ...], tuple[RuleOutcome, ...]]:
    """Ask every analyzer but those for which `why_not` gives a reason. Returns the findings, gravest first, and what became of each
    analyzer, in name order."""
    findings: list[Finding] = []
    outcomes: list[RuleOutcome] = []
    counts = timeline.counts()
    for analyzer in all_analyzers().values():
        if reason := why_not(analyzer.about):
            about = analyzer.about
            outcomes.append(
                RuleOutcome(about.rule_id, about.title, about.level, "analyzer", "excluded", about.path, reason=reason)
            )
            continue
        families = _families(analyzer.needs, counts)
        found = list(analyzer.find(timeline)) if families else []
        findings += found
        outcomes.append(_outcome(analyzer, families, counts, len(found)))
    return tuple(sorted(findings, key=_gravest_first)), tuple(outcomes)


def _families(needs: Sequence[str], counts: Mapping[str, int]) -> tuple[str, ...]:
    """The families of this case that an analyzer reads; none where one of its needs is not met."""
    met = [[name for name, rows in counts.items() if rows and fnmatchcase(name, pattern)] for pattern in needs]
    return tuple(sorted({name for names in met for name in names})) if all(met) else ()


def _outcome(analyzer: Analyzer, families: tuple[str, ...], counts: Mapping[str, int], found: int) -> RuleOutcome:
    about = analyzer.about
    fate: Fate = "matched" if found else "silent" if families else "no-data"
    rows = sum(counts[name] for name in families)
    return RuleOutcome(about.rule_id, about.title, about.level, "analyzer", fate, about.path, families, rows, found)


def _gravest_first(finding: Finding) -> tuple[int, int, str, str]:
    first = finding.first if finding.first is not None else 2**63
    return -LEVELS.index(finding.level), first, finding.rule_id, finding.finding_id
