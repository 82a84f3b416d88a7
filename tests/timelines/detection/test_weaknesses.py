"""Which published weaknesses a finding speaks of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.our_rules import our_rules
from timelines.detection import RuleSet, detect
from timelines.detection.samples import rows_of, timeline_of
from timelines.query import Timeline

WEB = {"category": "webserver"}
BOTH = {"tags": ["attack.t1190", "cve.2021-41773", "cve.2021-42013"], "logsource": WEB}


def asked(path: str, client: str = "203.0.113.7", **more: Any) -> dict[str, Any]:
    return {"family": "web/access", "c_ip": client, "cs_uri": path, "cs_uri_stem": path, **more}


def found(rules: RuleSet, rows: list[dict[str, Any]], folder: Path) -> list[tuple[str, ...]]:
    assert rules.refused == ()
    return [finding.cve for finding in detect(timeline_of(rows_of({}, rows), folder), rules).findings]


def test_a_tag_is_told(load: Callable[..., RuleSet], rule: Callable[..., str], tmp_path: Path) -> None:
    rules = load(rule({"selection": {"cs-uri|contains": "/x"}}, tags=["cve.2023-46214", "attack.t1190"], logsource=WEB))
    assert found(rules, [asked("/x")], tmp_path) == [("CVE-2023-46214",)]


def test_of_several_tags_without_selections_of_their_own_all_are_told(load: Any, rule: Any, tmp_path: Path) -> None:
    rules = load(rule({"selection": {"cs-uri|contains": "/x"}}, **BOTH))
    assert found(rules, [asked("/x")], tmp_path) == [("CVE-2021-41773", "CVE-2021-42013")]


@pytest.mark.parametrize(
    ("paths", "numbers"),
    [
        (["/a"], ("CVE-2021-41773",)),
        (["/b"], ("CVE-2021-42013",)),
        (["/b", "/a", "/c"], ("CVE-2021-41773", "CVE-2021-42013")),
        (["/c"], ()),
    ],
)
def test_a_selection_that_bears_a_number_is_told_for_its_rows(
    load: Any, rule: Any, tmp_path: Path, paths: list[str], numbers: tuple[str, ...]
) -> None:
    block = {
        "CVE-2021-41773_path": {"cs-uri|contains": "/a"},
        "cve_2021_42013": {"cs-uri|contains": "/b"},
        "other": {"cs-uri|contains": "/c"},
        "condition": "1 of them",
    }
    rules = load(rule(block, **BOTH))
    assert found(rules, [asked(path) for path in paths], tmp_path) == [numbers]


def test_a_row_that_the_rule_leaves_alone_shows_no_weakness(load: Any, rule: Any, tmp_path: Path) -> None:
    block = {
        "CVE-2021-41773": {"cs-uri|contains": "/a"},
        "CVE-2021-42013": {"cs-uri|contains": "/b"},
        "own": {"c-ip": "192.0.2.1"},
        "condition": "(CVE-2021-41773 or CVE-2021-42013) and not own",
    }
    rules = load(rule(block, **BOTH))
    rows = [asked("/a", "192.0.2.1"), asked("/b")]
    assert found(rules, rows, tmp_path) == [("CVE-2021-42013",)]


def test_each_address_has_its_own(make_timeline: Callable[..., Timeline]) -> None:
    paths = {"203.0.113.7": "/vpn/%2e%2e/vpns/cfg/smb.conf", "203.0.113.8": "/cgi-bin/%%32%65%%32%65/bin/sh"}
    rows = [{"src_ip": ip, "c_ip": ip, "cs_uri": path, "cs_uri_stem": path, "time": 1} for ip, path in paths.items()]
    detected = detect(make_timeline(("web/access", rows)), our_rules())
    told = {f.entities["ips"]: f.cve for f in detected.findings if f.title.startswith("Request for a path known")}
    assert told == {("203.0.113.7",): ("CVE-2019-19781",), ("203.0.113.8",): ("CVE-2021-42013",)}
    assert not [o for o in detected.outcomes if "/CVE" in o.rule_id]


def test_every_number_of_our_own_rule_has_a_selection_of_its_own() -> None:
    (rule,) = [rule for rule in our_rules().rules if rule.about.name == "known_weakness_path"]
    assert {weakness.cve for weakness in rule.weaknesses} == set(rule.about.cve)
