"""Rows of the checklist on the summary: what it says, what it never says, and that it says the same anywhere.

The docstring of each test is its row; `docs/validation/README.md` is made from them. A row that does not hold has no test here.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from .sample import DAY, LANGUAGES


def test_row_08_the_same_case_gives_the_same_bytes_anywhere(small, tmp_path, athar, monkeypatch):
    """Same inputs → same bytes; report date is an input."""
    found = []
    for name, zone in (("here", "UTC"), ("elsewhere/deeper", "Pacific/Kiritimati")):
        monkeypatch.setenv("TZ", zone)
        monkeypatch.setenv("LC_ALL", "C")
        if hasattr(time, "tzset"):
            time.tzset()
        case = tmp_path / name / "case"
        shutil.copytree(small / "case", case)
        assert athar("report", case, "--lang", "ar", "--format", "html", *DAY).code == 0
        assert athar("report", case, "--lang", "fr", "--format", "json", *DAY).code == 0
        found.append([path.read_bytes() for path in sorted((case / "reports").iterdir()) if path.is_file()])
    monkeypatch.undo()
    if hasattr(time, "tzset"):
        time.tzset()
    assert len(found[0]) == 4  # two summaries, each with its annex
    assert found[0] == found[1]


def test_row_11_rules_without_hits_are_listed_with_what_they_saw(copy, issued):
    """Rules run with 0 hits listed; "not found" bounded by source + window."""
    rules = issued(copy)["rules"]
    by_fate = {
        fate: [line for line in rules["lines"] if line["fate"] == fate] for fate in ("silent", "no-data", "matched")
    }
    assert all(by_fate.values())
    assert all(line["rows_seen"] > 0 for line in by_fate["silent"])
    assert all(line["rows_seen"] == 0 for line in by_fate["no-data"])  # nothing to look at is not "nothing found"
    assert rules["silences"]
    assert all(silence["rows"] > 0 and silence["first"] and silence["last"] for silence in rules["silences"])


def test_row_12_observed_inferred_and_said_are_separate_records(copy, athar, issued):
    """Observed / inferred / human opinion as separate record types."""
    found = (copy / "findings" / "findings.json").read_bytes()
    assert athar("case", "note", copy, "The scan was announced.", "--who", "A. Analyst").code == 0
    summary = issued(copy)
    assert [said["text"] for said in summary["opinions"]] == ["The scan was announced."]
    assert summary["inferences"]
    for inference in summary["inferences"]:
        assert inference["rule_id"]
        assert all(seen["row_id"] and seen["sentences"]["fr"] for seen in inference["observations"])
    assert (copy / "findings" / "findings.json").read_bytes() == found


RULE = """title: Page one
id: 11111111-2222-4333-8444-555555555555
status: test
logsource: {category: webserver}
detection: {sel: {cs-uri-stem|contains: '/page/1.php'}, condition: sel}
level: low
"""


def test_row_13_a_finding_without_its_limits_keeps_the_summary_a_draft(small, copy, tmp_path, athar, issued):
    """Each finding: alternatives, what would change it, "shows / does not show"."""
    needed = {"shows", "does_not_show", "alternatives", "would_change"}
    own = issued(copy)
    assert all(needed <= set(i["texts"][lang]) for i in own["inferences"] for lang in LANGUAGES)
    assert own["draft"]["limits"] == {}
    (tmp_path / "rule.yml").write_text(RULE, encoding="utf-8")
    assert athar("analyze", copy, "--rules", tmp_path / "rule.yml", "--quiet").code == 0
    summary = issued(copy, "en", "json", "--reason", "a rule more")
    assert {i["title"] for i in summary["inferences"] if not needed <= set(i["texts"].get("fr", ()))} == {"Page one"}
    (number,) = [i["number"] for i in summary["inferences"] if i["title"] == "Page one"]
    assert set(summary["draft"]["limits"]) == set(LANGUAGES)
    assert all(numbers == [number] for numbers in summary["draft"]["limits"].values())
    assert 'class="watermark"' in issued(copy, form="html")


NAMING = {
    "en": r"\b(?:the|an) (?:attacker|hacker|culprit|criminal|suspect|perpetrator)\b|\bbelongs to (?:Mr|Mrs|the person)",
    "fr": r"\b(?:l['’]attaquant|le pirate|le coupable|le suspect|l['’]auteur des faits|le délinquant)\b",
    "ar": "المهاجم|الجاني|المخترق|المجرم|المشتبه",
}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_row_14_no_sentence_makes_a_person_of_an_address_or_an_account(demo, tmp_path, lang, athar):
    """No identity claim from an IP or account."""
    shutil.copytree(demo.case, tmp_path / "case")
    assert athar("report", tmp_path / "case", "--lang", lang, "--format", "html", *DAY).code == 0
    (page,) = (tmp_path / "case" / "reports").glob("*.html")
    text = re.sub(r"<[^>]+>", " ", page.read_text("utf-8"))
    assert re.findall(NAMING[lang], text, re.IGNORECASE) == []
    assert len(text) > 10_000


@pytest.mark.parametrize("lang", LANGUAGES)
def test_row_15_a_missing_field_prints_as_not_supplied(copy, issued, lang):
    """Missing field prints "not supplied", never guessed."""
    words = tomllib.loads((resources.files("cases.languages") / f"{lang}.toml").read_text("utf-8"))
    (absent,) = [
        words[table]["not_supplied"]
        for table in words
        if isinstance(words[table], dict) and "not_supplied" in words[table]
    ]
    summary = issued(copy, lang)
    blank = ("number", "request_number", "authority", "examiner", "laboratory")
    assert [summary["case"][name] for name in blank] == [None] * len(blank)
    assert issued(copy, lang, "html").count(absent) >= len(blank)


def test_row_17_a_redacted_copy_holds_no_value_that_it_replaced(copy, issued, athar):
    """Redaction = allow-list; hashes stay; log what/why/who; full copy sealed; derived text, metadata too."""
    full = json.dumps(issued(copy))
    digest = hashlib.sha256((put := copy / "reports" / "summary-en-v1.json").read_bytes()).hexdigest()
    assert put.is_file()
    assert "203.0.113.9" in full
    ran = athar("report", copy, "--lang", "en", "--format", "html", "--redact", "public", *DAY)
    assert ran.code == 0, ran.err
    page = Path(ran.out.strip()).read_text("utf-8")
    ran = athar("report", copy, "--lang", "en", "--format", "json", "--redact", "public", *DAY)
    told = json.loads(Path(ran.out.strip()).read_text("utf-8"))
    assert "203.0.113.9" not in page + json.dumps(told)
    hashes = {entry["sha256"] for entry in told["exhibits"][0]["entries"]}
    assert {entry["sha256"] for entry in json.loads(full)["exhibits"][0]["entries"]} == hashes
    log = told["redaction"]
    assert all(log[name] for name in ("profile", "why", "who"))
    assert digest in json.dumps(log)
    assert put.is_file()
