"""Which rules of a set the user wants: by level, status and tag, without those that are excluded. What is left out is listed, with why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import PurePath
from typing import TypeVar

from timelines.detection.rules import About, Correlation, Rule, RuleSet
from timelines.findings import LEVELS, Kind, RuleOutcome

_R = TypeVar("_R", Rule, Correlation)
STATUSES = ("stable", "test", "experimental", "deprecated", "unsupported")


def fits(pattern: str, about: About) -> bool:
    """Whether a pattern of the user's names the rule: its id, its title, or the end of its path; `*` and `?` stand for any text, case
    is ignored."""
    wanted, path = pattern.casefold(), "/" + PurePath(about.path).as_posix().casefold().removeprefix("athar:")
    if wanted in (about.rule_id.casefold(), about.name.casefold()):
        return True
    return fnmatchcase(about.title.casefold(), wanted) or fnmatchcase(path, f"*/{wanted.removeprefix('athar:')}")


def tags_of(about: About) -> tuple[str, ...]:
    """The rule's tags; those of an analyzer are its techniques."""
    return about.tags or tuple(f"attack.{technique.lower()}" for technique in about.attack)


@dataclass(frozen=True, slots=True)
class Selection:
    """`level`: this and above; `statuses`, `tags`: any of them (`attack.t1059*`); `exclude`: patterns as in `fits`. Empty: no limit."""

    level: str = ""
    statuses: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def names(self, about: About) -> bool:
        """Whether the user excluded this very rule."""
        return any(fits(pattern, about) for pattern in self.exclude)

    def why_not(self, about: About) -> str:
        """Why the rule is left out; empty when it is wanted."""
        out = next((pattern for pattern in self.exclude if fits(pattern, about)), None)
        if out is not None:
            return f"excluded by {out!r}"
        if self.level and _rank(about.level) < _rank(self.level):
            return f"level {about.level or 'not given'}; asked for {self.level} and above"
        if self.statuses and about.status not in self.statuses:
            return f"status {about.status or 'not given'}; asked for {', '.join(self.statuses)}"
        tags = tags_of(about)
        if self.tags and not any(fnmatchcase(tag.lower(), wanted.lower()) for tag in tags for wanted in self.tags):
            return f"has no tag {' or '.join(self.tags)}"
        return ""

    def unused(self, abouts: Iterable[About]) -> list[str]:
        """The patterns that exclude nothing: a mistake in one would go unseen."""
        known = list(abouts)
        return [pattern for pattern in self.exclude if not any(fits(pattern, about) for about in known)]


def _rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else -1


def select(rules: RuleSet, selection: Selection) -> tuple[RuleSet, tuple[RuleOutcome, ...]]:
    """The rules to run, and an outcome for each that is left out.

    A rule that a wanted correlation refers to still runs, as a step: its own matches are not findings, and its outcome says so.
    """
    wanted = [c for c in rules.correlations if not selection.why_not(c.about)]
    steps = _steps(wanted, rules.correlations)
    singles, left = _chosen(rules.rules, selection, steps)
    collections, more = _chosen(rules.correlations, selection, steps)
    return replace(rules, rules=singles, correlations=collections), (*left, *more)


def excluded_in_place(outcomes: Iterable[RuleOutcome], left: Iterable[RuleOutcome]) -> tuple[RuleOutcome, ...]:
    """All outcomes in one order; of a rule that ran as a step although it was left out, the one that says so."""
    out = {(item.rule_id, item.path): item for item in left}
    kept = [item for item in outcomes if (item.rule_id, item.path) not in out]
    return tuple(sorted((*kept, *out.values()), key=lambda item: (item.path, item.rule_id, item.title)))


def _steps(wanted: Iterable[Correlation], known: Iterable[Correlation]) -> set[str]:
    by_id = {correlation.about.rule_id: correlation for correlation in known}
    queue, found = [rule for correlation in wanted for rule in correlation.rules], set[str]()
    while queue:
        rule_id = queue.pop()
        if rule_id not in found:
            found.add(rule_id)
            queue += by_id[rule_id].rules if rule_id in by_id else ()
    return found


def _chosen(rules: tuple[_R, ...], selection: Selection, steps: set[str]) -> tuple[tuple[_R, ...], list[RuleOutcome]]:
    kept: list[_R] = []
    left: list[RuleOutcome] = []
    for rule in rules:
        about = rule.about
        reason = selection.why_not(about)
        needed = about.rule_id in steps
        named = bool(reason) and selection.names(about)
        if reason and needed and (rule.output or named):
            reason += "; still a step of correlations"
        if not reason or needed:
            kept.append(replace(rule, output=rule.output and not reason))
        if reason and (rule.output or not needed or named):  # a step that was not named stays what it was
            kind: Kind = "match" if isinstance(rule, Rule) else "correlation"
            left.append(
                RuleOutcome(about.rule_id, about.title, about.level, kind, "excluded", about.path, reason=reason)
            )
    return tuple(kept), left
