"""Filters, allow-lists and coverage through the whole face: outcomes, custody, summaries, terminal."""

from __future__ import annotations

import json
import shutil

import pytest

import forensics
from cases.errors import CaseError
from cases.exporters import exporters
from cases.languages import language
from cases.summarise import summarise
from cases.verify import verify
from forensics.chosen_rules import Chosen
from forensics.rule_rerun import rerun
from timelines.hashing import sha256_file

ALLOW = """allow:
- {rule: Event log cleared, reason: cleared by our own technician, host: srv02*, fields: {EventID: 104}}
- {rule: scanner_agent, reason: our own scan}
"""


@pytest.fixture
def case(demo, tmp_path):
    shutil.copytree(demo.case, tmp_path / "case")
    return forensics.open_case(tmp_path / "case")


@pytest.fixture(scope="module")
def narrowed(demo, tmp_path_factory):
    """A copy of the demo case, its rules run again with a level, a rule left out and a list of what is known, which lies beside it."""
    folder = tmp_path_factory.mktemp("narrowed")
    shutil.copytree(demo.case, folder / "case")
    (folder / "known.yaml").write_text(ALLOW)
    narrowed = forensics.open_case(folder / "case")
    narrowed.analyze(level="medium", exclude="Large amount*", allow=folder / "known.yaml")
    return narrowed


@pytest.fixture(scope="module")
def demo_summary(demo):
    return summarise(forensics.open_case(demo.case).case, "2026-02-01")


@pytest.fixture(scope="module")
def summed_up(narrowed):
    return summarise(narrowed.case, "2026-02-01")


def outcomes(case):
    return {row.title: row for row in case.rules().itertuples()}


def test_what_is_left_out_and_allowed_is_listed_counted_and_kept_in_custody(demo, narrowed):
    case = narrowed
    before, after = outcomes(forensics.open_case(demo.case)), outcomes(case)
    assert set(after) == set(before)  # nothing goes without a word
    assert after["Requests from a scanning tool"].fate == "suppressed"
    assert after["Requests from a scanning tool"].suppressed == before["Requests from a scanning tool"].matches
    cleared = after["Event log cleared"]
    assert (cleared.fate, cleared.suppressed) == ("matched", 1)
    assert cleared.reason == "allowed: cleared by our own technician (1)"
    assert cleared.matches == before["Event log cleared"].matches - 1
    assert after["Large amount of data sent out"].fate == "excluded"
    assert after["Web request by a command-line tool"].reason == "level low; asked for medium and above"
    assert "Requests from a scanning tool" not in set(case.findings()["title"])
    told = [e.act for e in case.case.custody.entries() if e.act.action == "rules-run"][-1].options
    assert (told["level"], told["exclude"]) == ("medium", ["Large amount*"])
    assert (told["allow"], told["allow_sha256"]) == (
        "known.yaml",
        sha256_file(case.case.folder.with_name("known.yaml")),
    )
    assert told["matches_suppressed"] == sum(row.suppressed for row in after.values())
    assert verify(case.case).ok


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("en", "set aside because the examiner’s list"),
        ("fr", "mises à l’écart parce que la liste"),
        ("ar", "قائمة المحلل تقول"),
    ],
)
def test_summaries_count_both_in_each_language(summed_up, code, said):
    page = exporters()["html"].render(summed_up, language(code)).decode()
    assert said in page
    assert language(code).word("fate.excluded") in page
    assert language(code).word("fate.suppressed") in page
    assert "our own scan" in page


def test_rules_run_again_need_the_same_options(some_logs, tmp_path):
    shutil.copytree(some_logs / "case", tmp_path / "case")
    case = forensics.open_case(tmp_path / "case")
    allow = tmp_path / "known.yaml"
    allow.write_text(ALLOW)
    case.analyze(level="high", allow=allow)
    assert {check.state for check in rerun(case.case, Chosen(level="high", allow=allow))} == {"ok"}
    states = {check.subject: check for check in rerun(case.case)}
    assert states["options"].state == "not-checked"
    assert "level, allow_sha256" in states["options"].detail
    assert "failed" not in {check.state for check in states.values()}


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"level": "huge"}, "level 'huge'"),
        ({"status": "fresh"}, "status 'fresh'"),
        ({"allow": "missing.yaml"}, "missing.yaml: no such file"),
        ({"pipeline": "missing.yaml"}, "missing.yaml: no such file"),
        ({"placeholders": "missing.yaml"}, "missing.yaml: no such file"),
    ],
)
def test_what_cannot_be_used_stops_before_any_work(case, chosen, said):
    with pytest.raises(CaseError, match=said):
        case.analyze(**chosen)


def test_options_without_effect_are_told_and_coverage_is_kept_shown_and_a_frame(case, athar):
    (case.case.findings_folder / "coverage.json").unlink()
    ran = athar("analyze", case.case.folder, "--exclude", "No such rule")
    assert (ran.code, "--exclude 'No such rule': no rule is so named" in ran.err) == (0, True)
    frame = case.coverage()
    assert {"seen", "no-log"} <= set(frame["state"])
    seen = frame[(frame["state"] == "seen") & (frame["host"] != "")]
    assert (seen["first"] <= seen["last"]).all()
    rows = json.loads(athar("rules", "coverage", case.case.folder, "--json").out)
    assert len(rows) == int((frame["state"] != "seen").sum())
    assert all(row["statement"] for row in rows)
    everything = json.loads(athar("rules", "coverage", case.case.folder, "--all", "--json").out)
    assert len(everything) == len(frame)
    assert athar("findings", case.case.folder, "--coverage", "--json").out == athar(
        "rules", "coverage", case.case.folder, "--json"
    ).out  # fmt: skip
    assert "Unseen: " in athar("case", "show", case.case.folder).out


def test_a_case_without_coverage_says_what_to_do(case, athar):
    (case.case.findings_folder / "coverage.json").unlink(missing_ok=True)
    ran = athar("rules", "coverage", case.case.folder)
    assert (ran.code, "run `athar analyze` again" in ran.err) == (2, True)


def test_findings_by_host_technique_and_rule(case, athar):
    folder = case.case.folder
    total = len(json.loads(athar("findings", folder, "--json").out))
    for by in ("host", "technique"):
        lines = athar("findings", folder, "--by", by).out.splitlines()
        assert lines[0].split("\t") == ["host", "technique", "id", "level", "grade", "first", "rows", "title", "why"]
        assert len(lines) == total + 1
        assert all(line.split("\t")[8] for line in lines[1:])
    assert len({tuple(row["group"]) for row in json.loads(athar("findings", folder, "--by", "host", "--json").out)}) > 3
    counted = json.loads(athar("findings", folder, "--by", "rule", "--json").out)
    assert [row["matches"] for row in counted] == sorted((row["matches"] for row in counted), reverse=True)
    assert {row["title"]: row["matches"] for row in counted} == {
        title: row.matches for title, row in outcomes(case).items() if row.matches
    }


@pytest.mark.parametrize(("code", "said"), [("en", "Rules that could see nothing"), ("fr", "ne pouvaient rien voir"), ("ar", "أن ترى شيئًا")])  # fmt: skip # noqa: E501
def test_summaries_say_what_was_not_there_to_look_at(demo, demo_summary, code, said):
    case, found = forensics.open_case(demo.case), demo_summary
    frame = case.coverage()
    unseen = frame[frame["state"] != "seen"]
    assert {b.host: (b.rules, b.kinds) for b in found.rules.blind} == {
        host: (int(rows["rules"].sum()), len(rows)) for host, rows in unseen.groupby("host")
    }
    page = exporters()["html"].render(found, language(code)).decode()
    assert said in page
    assert found.rules.blind[0].logsources[0] in page
