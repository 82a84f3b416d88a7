"""Allow-lists: what they take away is exactly what they name, and every match that goes is counted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from timelines.detection import RuleSet, detect
from timelines.detection.allowed import AllowListError, Sieve, allow_list
from timelines.detection.detect import Detection

ROWS = [
    {"host": "PC1", "time": 1, "Image": "C:\\Tools\\backup.exe", "User": "alice"},
    {"host": "PC2", "time": 2, "Image": "C:\\Tools\\backup.exe", "User": "alice"},
    {"host": "PC1", "time": 3, "Image": "C:\\Temp\\backup.exe", "User": "bob"},
    {"host": "PC1", "time": 4, "Image": "C:\\Temp\\Backup.exe", "User": None},
]
RULE = {"selection": {"Image|endswith": "backup.exe"}}
SPRAY = """
title: Many
id: 00000000-0000-4000-8000-0000000000c1
correlation:
  type: event_count
  rules: [00000000-0000-4000-8000-000000000001]
  group-by: [User]
  timespan: 1m
  condition: {gte: 2}
  generate: true
level: high
"""
Run = Callable[..., Detection]


@pytest.fixture
def run(load: Callable[..., RuleSet], rule: Callable[..., str], make_timeline: Callable, tmp_path: Path) -> Run:
    def _run(text: str, suffix: str = ".yaml") -> Detection:
        path = tmp_path / f"allow{suffix}"
        path.write_text(text, "utf-8")
        sieve = Sieve(allow_list(path))
        return detect(make_timeline(("windows/sysmon", ROWS)), load(rule(RULE), SPRAY), sieve=sieve)

    return _run


def told(found: Detection) -> dict[str, tuple[str, int, int, str]]:
    return {o.title: (o.fate, o.matches, o.suppressed, o.reason) for o in found.outcomes}


@pytest.mark.parametrize(
    ("entry", "left"),
    [
        ("{rule: Test, reason: known}", 0),
        ("{rule: 00000000-0000-4000-8000-000000000001, reason: known}", 0),
        ("{rule: 'rules.y*', reason: known}", 0),
        ("{rule: T*t, reason: known, host: pc1}", 1),
        ("{rule: Test, reason: known, host: PC}", 4),
        ("{rule: Test, reason: known, host: [PC2, PC9]}", 3),
        ("{rule: Test, reason: known, fields: {Image: 'C:\\Tools\\*'}}", 4),  # Sigma: `\\*` is a star itself
        ("{rule: Test, reason: known, fields: {Image: 'c:\\tools\\\\*'}}", 2),
        ("{rule: Test, reason: known, fields: {Image: '*\\temp\\backup.exe', User: bob}}", 3),
        ("{rule: Test, reason: known, fields: {User: '*'}}", 1),  # the row without a user is not allowed by it
        ("{rule: Test, reason: known, fields: {Nothing: '*'}}", 4),
        ("{rule: Other, reason: known}", 4),
    ],
)
def test_what_is_left(run: Run, entry: str, left: int) -> None:
    found = run(f"allow:\n- {entry}\n")
    fate, matches, suppressed, reason = told(found)["Test"]
    assert (matches, suppressed) == (left, 4 - left)
    assert fate == ("matched" if left else "suppressed")
    assert reason == (f"allowed: known ({4 - left})" if left < 4 else "")
    single = [f for f in found.findings if f.kind == "match"]
    assert sum(len(f.rows) for f in single) == left
    assert found.matches.filter(_of(found, "Test")).num_rows == left


def _of(found: Detection, title: str):
    import pyarrow.compute as pc

    return pc.equal(found.matches["rule_title"], title)


def test_correlations_do_not_count_what_is_allowed(run: Run) -> None:
    assert told(run("allow: [{rule: None such, reason: x}]"))["Many"][:2] == ("matched", 1)
    assert told(run("allow: [{rule: Test, reason: x, host: PC2}]"))["Many"][0] == "silent"


def test_a_correlation_is_allowed_by_its_group_and_the_hosts_of_all_its_rows(run: Run) -> None:
    told_of = lambda entry: told(run(f"allow:\n- {entry}"))["Many"][:3]  # noqa: E731
    assert told_of("{rule: Many, reason: x, fields: {User: ALICE}}") == ("suppressed", 0, 1)
    assert told_of("{rule: Many, reason: x, fields: {User: bob}}") == ("matched", 1, 0)
    assert told_of("{rule: Many, reason: x, host: PC1}") == ("matched", 1, 0)
    assert told_of("{rule: Many, reason: x, host: PC?}") == ("suppressed", 0, 1)


def test_two_reasons_are_counted_apart_and_a_match_once(run: Run) -> None:
    found = run("allow: [{rule: Test, reason: first, host: PC2}, {rule: Test, reason: second}]")
    assert told(found)["Test"] == ("suppressed", 0, 4, "allowed: first (1); second (3)")


def test_toml(run: Run) -> None:
    found = run('[[allow]]\nrule = "Test"\nreason = "known"\nhost = "PC2"\n', ".toml")
    assert told(found)["Test"][1:3] == (3, 1)


def test_entries_that_can_have_no_effect_are_named(
    load: Callable[..., RuleSet], rule: Callable[..., str], tmp_path: Path
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        "allow: [{rule: Test, reason: x}, {rule: Tset, reason: x}, {rule: Many, reason: x, fields: {Image: y}}]"
    )
    assert Sieve(allow_list(path)).unused(load(rule(RULE), SPRAY)) == ["Tset", "Many"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("allow: [{rule: Test}]", "entry 1 (Test): `reason` is missing"),
        ("allow: [{rule: Test, reason: ' '}]", "`reason` is missing"),
        ("allow: [{reason: x}]", "entry 1: `rule` is missing"),
        ("allow: [{rule: Test, reason: x}, {rule: Test, reason: x, hosts: y}]", "entry 2: unknown key 'hosts'"),
        ("allow: [{rule: Test, reason: x, host: []}]", "host: expected a text"),
        ("allow: [{rule: Test, reason: x, fields: y}]", "expected a mapping"),
        ("allow: [x]", "entry 1: expected `rule` and `reason`"),
        ("allow: []", "expected a list `allow`"),
        ("suppress: []", "expected a list `allow`"),
        ("allow: [", ":2:1: not readable as YAML"),
    ],
)
def test_a_bad_list_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(AllowListError, match=r"a\.yaml") as error:
        allow_list(path)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_bad_toml_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("[[allow]\n")
    with pytest.raises(AllowListError, match="not readable as TOML"):
        allow_list(path)
