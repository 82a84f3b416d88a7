"""Whatever event a rule asks for by its number, a finding can cite: it has a sentence of its own, in every language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from parsers.windows.events import family_of
from timelines.detection import RuleSet, load_rules
from timelines.detection.expressions import And, Expression, Number, Or, Test, Text
from timelines.detection.rules import Rule
from timelines.meanings import sources

SIGMA = Path(__file__).parents[4] / "shared" / "rules" / "sigma"
# Numbers that no log of the family holds: a rule asks Sysmon's numbers of all that writes the registry.
NONE_SUCH = {("windows/security", "12"), ("windows/security", "13")}


def asked(condition: Expression, field: str) -> Iterator[str]:
    """The values of a field that a condition asks for; what it denies is passed over."""
    match condition:
        case And(args) | Or(args):
            for arg in args:
                yield from asked(arg, field)
        case Test(name, Number("eq", number)) if name == field:
            yield str(number)
        case Test(name, Text("equals") as text) if name == field:
            yield text.shown or text.needle


def events(rules: tuple[Rule, ...]) -> Iterator[tuple[frozenset[str], str, str]]:
    """Families that may hold an event that a rule asks for, the event, and the rule."""
    for rule in rules:
        for source in rule.sources:
            channels = list(asked(source.condition, "Channel"))
            families = [family_of(channel) for channel in channels] if channels else source.families
            windows = frozenset(family for family in families if family.startswith("windows/"))
            if windows and "windows/*" not in windows:
                for event in {*asked(rule.condition, "EventID"), *asked(source.condition, "EventID")}:
                    yield windows, event, rule.about.title


def untold(rules: tuple[Rule, ...]) -> set[tuple[str, str, str]]:
    told = {(source.family, event) for source in sources() for event in source.events} | NONE_SUCH
    return {
        (", ".join(sorted(families)), event, title)
        for families, event, title in events(rules)
        if not any((family, event) in told for family in families)
    }


def test_our_own_rules() -> None:
    assert untold(load_rules([]).rules) == set()


@pytest.mark.evidence
@pytest.mark.skipif(not SIGMA.exists(), reason="the shared rules are not beside this checkout")
def test_all_of_sigmahq(sigmahq: RuleSet) -> None:
    rules = sigmahq.rules
    assert sum(1 for _ in events(rules)) > 3_000
    assert untold(rules) == set()
