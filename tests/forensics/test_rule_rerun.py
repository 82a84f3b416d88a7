"""`athar verify --rerun-rules`: the same rules on the same rows give the same findings, or it is said."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cases import findings
from cases.case import Case
from forensics import pipeline
from forensics.rule_rerun import rerun

SIGMA = """
title: Any request of the portal
id: 7d4b4e0e-1111-4c55-9a4e-00000000abcd
logsource: {category: webserver}
detection:
  asked: {cs-method: POST}
  condition: asked
level: low
"""


@pytest.fixture
def case(some_logs, tmp_path: Path) -> Case:
    shutil.copytree(some_logs / "case", tmp_path / "case")
    return Case.open(tmp_path / "case")


def keep(case: Case, kept: list) -> None:
    folder = case.findings_folder
    findings.save(folder, kept, findings.load_matches(folder), findings.load_outcomes(folder))


def test_taken_away_added_and_altered_findings_are_named(case: Case) -> None:
    kept = findings.load_findings(case.findings_folder)
    gone, altered, other, *rest = kept
    forged = replace(other, finding_id="F-ffffffffff")
    keep(case, [replace(altered, rows=altered.rows[1:], level="low"), other, forged, *rest])
    found = {check.subject: (check.state, check.detail) for check in rerun(case)}
    assert found[gone.finding_id] == ("failed", f"found now, not kept in the case: {gone.title}")
    assert found[altered.finding_id] == ("failed", f"found again, but different in level, rows: {altered.title}")
    assert found["F-ffffffffff"] == ("failed", f"kept in the case, not found again: {other.title}")
    assert found[f"{len(kept) - 2} findings"][0] == "ok"


def test_a_rule_that_was_not_given_again_leaves_its_findings_unchecked(case: Case, tmp_path: Path, athar) -> None:
    rule = tmp_path / "any.yml"
    rule.write_text(SIGMA, "utf-8")
    pipeline.analyze(case, [rule])
    (unchecked,) = [check for check in rerun(case) if check.state != "ok"]
    assert unchecked.state == "not-checked"
    assert "made by 1 rules that were not given, such as 7d4b4e0e-1111-4c55-9a4e-00000000abcd" in unchecked.detail
    done = athar("verify", case.folder, "--limit", 0, "--rerun-rules", "--rules", rule)
    assert (done.code, "found again alike" in done.out) == (0, True)  # 1 where a check is not ok
    assert athar("verify", case.folder, "--rules", rule).code == 2
    assert athar("verify", case.folder, "--rerun-rules", "--rules", tmp_path / "none.yml").code == 2


def test_the_findings_are_found_again_whatever_the_cache_holds(demo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules are read from their files: a set that someone put into the user's cache folder must not vouch for itself."""

    def planted(*_: object) -> object:
        raise AssertionError("the cache was asked")

    monkeypatch.setattr("timelines.detection.rule_cache.cached", planted)
    case = Case.open(demo.case)
    kept = findings.load_findings(case.findings_folder)
    (check,) = rerun(case)
    assert (check.state, check.subject) == ("ok", f"{len(kept)} findings")
