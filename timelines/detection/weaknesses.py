"""Published weaknesses (CVE) that rules look for: by their tags, and, where a rule has several, by the selections that bear a number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from timelines.detection.cited import RuleHits
from timelines.detection.columns import Ints
from timelines.detection.expressions import conjunction
from timelines.detection.found_rows import FoundRows
from timelines.detection.rules import Rule, Weakness

if TYPE_CHECKING:
    from sigma.rule import SigmaRule

_TAG = re.compile(r"\d{4}-\d{4,}")  # a tag `cve.2021-41773`, Sigma's appendix on tags
_SELECTION = re.compile(r"(?i)cve[-_](\d{4})[-_](\d{4,})(?:[-_].*)?")


def numbers_of(tags: Iterable[Any]) -> tuple[str, ...]:
    """The numbers that pySigma's tags name, in order; what is no number is left out."""
    names = {str(tag.name) for tag in tags if str(tag.namespace).lower() == "cve"}
    return tuple(sorted(f"CVE-{name}" for name in names if _TAG.fullmatch(name)))


def weaknesses_of(rule: SigmaRule, numbers: Sequence[str]) -> tuple[Weakness, ...]:
    """The selections of a rule of several numbers that bear one of them (`CVE-2021-41773`, `CVE-2014-6271_agent`), by number."""
    from sigma.conditions import SigmaCondition

    from timelines.detection.sigma_conditions import expression_of

    found = []
    for name in rule.detection.detections if len(numbers) > 1 else ():
        named = _SELECTION.fullmatch(name)
        if named is not None and (number := f"CVE-{named[1]}-{named[2]}") in numbers:
            found.append(Weakness(number, expression_of(SigmaCondition(name, rule.detection))))
    return tuple(sorted(found, key=lambda weakness: weakness.cve))


@dataclass(frozen=True)
class Parts:
    """Rules of one weakness each, to be evaluated beside the rules that they are parts of, from place `first` on; and whose they are."""

    rules: tuple[Rule, ...]
    owners: tuple[tuple[int, str], ...]
    first: int

    @classmethod
    def of(cls, rules: Sequence[Rule]) -> Parts:
        made, owners = [], []
        for at, rule in enumerate(rules):
            for weakness in rule.weaknesses if rule.output else ():
                both = conjunction([rule.condition, weakness.condition])
                made.append(
                    Rule(replace(rule.about, rule_id=f"{rule.about.rule_id}/{weakness.cve}"), both, rule.sources, False)
                )
                owners.append((at, weakness.cve))
        return cls(tuple(made), tuple(owners), len(rules))

    def taken_from(self, found: FoundRows) -> tuple[FoundRows, dict[int, dict[str, Ints]]]:
        """The hits of the rules alone; and by a rule's place and number the found rows that show the weakness."""
        hits: Mapping[int, RuleHits] = {at: mine for at, mine in found.hits.items() if at < self.first}
        shown: dict[int, dict[str, list[Ints]]] = {}
        for place, (at, number) in enumerate(self.owners, self.first):
            if place in found.hits:
                shown.setdefault(at, {}).setdefault(number, []).append(found.hits[place].rows)
        joined = {at: {n: np.concatenate(rows) for n, rows in mine.items()} for at, mine in shown.items()}
        return replace(found, hits=hits), joined


def numbers_in(rule: Rule, shown: Mapping[str, Ints], rows: Ints) -> tuple[str, ...]:
    """The weaknesses that a finding over these cited rows speaks of: of a rule that tells them apart those that its rows show."""
    if not rule.weaknesses:
        return rule.about.cve
    return tuple(sorted(number for number, mine in shown.items() if np.isin(rows, mine).any()))
