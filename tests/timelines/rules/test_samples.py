"""Every rule of ours finds its matching samples and leaves its near misses alone."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest

from tests.our_rules import our_rules
from timelines.detection import RuleSet

from .conftest import SAMPLES, findings_of, rows_of, samples_of

RULES = Path(str(files("timelines") / "rules"))
NAMES = sorted(path.relative_to(RULES).with_suffix("").as_posix() for path in RULES.rglob("*.yml"))


@cache
def alone(name: str) -> tuple[str, RuleSet]:
    """The id of a rule, and the rule set with only that rule and what it refers to giving results."""
    loaded = our_rules()
    about = next(item.about for item in (*loaded.rules, *loaded.correlations) if item.about.path == f"athar:{name}.yml")
    needed, queue = {about.rule_id}, [about.rule_id]
    while queue:
        asked = queue.pop()
        for correlation in loaded.correlations:
            if correlation.about.rule_id == asked:
                queue += [rule for rule in correlation.rules if rule not in needed]
                needed |= set(correlation.rules)
    rules = tuple(
        replace(rule, output=rule.about.rule_id == about.rule_id)
        for rule in loaded.rules
        if rule.about.rule_id in needed
    )
    correlations = tuple(
        replace(item, output=item.about.rule_id == about.rule_id)
        for item in loaded.correlations
        if item.about.rule_id in needed
    )
    return about.rule_id, RuleSet(rules, correlations)


def cases(kind: str) -> list[tuple[str, int]]:
    return [
        (name, at) for name in NAMES if (SAMPLES / f"{name}.yml").exists() for at in range(len(samples_of(name)[kind]))
    ]


def test_every_rule_loads() -> None:
    assert our_rules().refused == ()
    assert len(our_rules().rules) + len(our_rules().correlations) == len(NAMES)


def test_every_rule_has_samples_of_both_kinds_and_every_sample_a_rule() -> None:
    lacking = [
        name
        for name in NAMES
        if not (SAMPLES / f"{name}.yml").exists() or not all(samples_of(name).get(k) for k in ("match", "no_match"))
    ]
    assert lacking == []
    assert sorted(path.relative_to(SAMPLES).with_suffix("").as_posix() for path in SAMPLES.rglob("*.yml")) == NAMES


@pytest.mark.parametrize(("name", "at"), cases("match"))
def test_sample_is_found(name: str, at: int, tmp_path: Path) -> None:
    rule_id, rules = alone(name)
    samples = samples_of(name)
    assert findings_of(rows_of(samples["base"], samples["match"][at]), rules, tmp_path) == [rule_id]


@pytest.mark.parametrize(("name", "at"), cases("no_match"))
def test_near_miss_is_left_alone(name: str, at: int, tmp_path: Path) -> None:
    _, rules = alone(name)
    samples = samples_of(name)
    assert findings_of(rows_of(samples["base"], samples["no_match"][at]), rules, tmp_path) == []
