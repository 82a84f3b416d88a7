"""Which rules run: by level, status, tag and exclusion; what is left out is listed with why, and steps of correlations stay."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from timelines.detection import RuleSet, detect
from timelines.detection.rules import About
from timelines.detection.selection import Selection, excluded_in_place, fits, select

ABOUT = About(
    "0-1", "Odd [process] start", "medium", "/r/windows/odd.yml", "odd", status="test", tags=("attack.t1059.001",)
)
LOW = {"id": "00000000-0000-4000-8000-00000000000a", "title": "Low", "level": "low", "status": "stable"}
HIGH = {"id": "00000000-0000-4000-8000-00000000000b", "title": "High", "tags": ["attack.execution"]}
TOGETHER = """
title: Together
id: 00000000-0000-4000-8000-0000000000c1
correlation:
  type: temporal
  rules: [00000000-0000-4000-8000-00000000000a, 00000000-0000-4000-8000-00000000000b]
  timespan: 1m
  generate: true
level: high
"""
SAW = {"selection": {"F": "x"}}


@pytest.mark.parametrize(
    ("selection", "why"),
    [
        (Selection(), ""),
        (Selection(level="medium"), ""),
        (Selection(level="high"), "level medium; asked for high and above"),
        (Selection(statuses=("stable", "test")), ""),
        (Selection(statuses=("stable",)), "status test; asked for stable"),
        (Selection(tags=("cve.*", "attack.T1059*")), ""),
        (Selection(tags=("attack.t1059",)), "has no tag attack.t1059"),
        (Selection(exclude=("odd.yml",)), "excluded by 'odd.yml'"),
    ],
)
def test_why_not(selection: Selection, why: str) -> None:
    assert selection.why_not(ABOUT) == why


@pytest.mark.parametrize(
    "pattern", ["0-1", "odd", "ODD *", "odd.yml", "windows/odd.yml", "r/*/odd.*", "Odd ?process? start"]
)
def test_a_pattern_names_a_rule(pattern: str) -> None:
    assert fits(pattern, ABOUT)


@pytest.mark.parametrize("pattern", ["0", "dd.yml", "Od", "windows", "", "process"])
def test_part_of_a_name_is_no_name(pattern: str) -> None:
    assert not fits(pattern, ABOUT)


def test_a_pattern_that_fits_nothing_is_told() -> None:
    assert Selection(exclude=("odd", "oddd")).unused([ABOUT]) == ["oddd"]


def fates(
    rules: RuleSet, selection: Selection, make_timeline: Callable
) -> tuple[dict[str, tuple[str, str]], list[str]]:
    wanted, left = select(rules, selection)
    found = detect(make_timeline(("windows/sysmon", [{"F": "x", "time": 1}])), wanted)
    outcomes = excluded_in_place(found.outcomes, left)
    return {o.title: (o.fate, o.reason) for o in outcomes}, sorted(f.title for f in found.findings)


def test_steps_of_wanted_correlations_run_and_say_that_they_are_left_out(
    load: Callable[..., RuleSet], rule: Callable[..., str], make_timeline: Callable
) -> None:
    rules = load(rule(SAW, **LOW), rule(SAW, **HIGH), TOGETHER)
    told, findings = fates(rules, Selection(level="high"), make_timeline)
    assert told["Low"] == ("excluded", "level low; asked for high and above; still a step of correlations")
    assert (told["High"][0], told["Together"][0]) == ("matched", "matched")
    assert findings == ["High", "Together"]


def test_a_step_that_is_excluded_by_name_is_told_of_though_it_stays_one(
    load: Callable[..., RuleSet], rule: Callable[..., str], make_timeline: Callable
) -> None:
    rules = load(rule(SAW, **LOW, athar={"output": False}), rule(SAW, **HIGH), TOGETHER)
    told, findings = fates(rules, Selection(exclude=("low",)), make_timeline)
    assert told["Low"] == ("excluded", "excluded by 'low'; still a step of correlations")
    assert findings == ["High", "Together"]
    told, _ = fates(rules, Selection(level="high"), make_timeline)
    assert told["Low"][0] == "matched"  # a step that nobody named is still the step it was


def test_a_rule_that_nothing_needs_does_not_run(
    load: Callable[..., RuleSet], rule: Callable[..., str], make_timeline: Callable
) -> None:
    rules = load(rule(SAW, **LOW), rule(SAW, **HIGH), TOGETHER)
    selection = Selection(exclude=("together", "low"))
    told, findings = fates(rules, selection, make_timeline)
    assert told["Low"] == ("excluded", "excluded by 'low'")
    assert told["Together"] == ("excluded", "excluded by 'together'")
    assert findings == ["High"]
    assert [r.about.title for r in select(rules, selection)[0].rules] == ["High"]
