"""A redacted copy: its full copy is sealed, both are in custody, the secret is made once, and no value is left."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cases.case import Case
from cases.errors import CaseError
from cases.redaction.issuing import Asked, issue, redact
from cases.redaction.profile import profile
from cases.redaction.pseudonyms import KEY_FILE, case_key
from cases.reports import issue as issue_full
from cases.summarise import summarise
from cases.verify import verify
from timelines.hashing import sha256_file

from ..conftest import fill

DATE = "2026-03-06"
FULL = ("reports/sealed/x.html", "0" * 64)


def asked(code: str = "en", form: str = "json", under: str = "public", reason: str | None = None) -> Asked:
    return Asked(code, form, DATE, profile(under), reason)


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


def test_the_full_copy_is_sealed_and_both_are_in_custody(filled: Case) -> None:
    path = issue(filled, asked())
    sealed = filled.reports_folder / "sealed" / "summary-en-v1.json"
    assert path.name == "summary-en-public-v1.json"
    full, copy = [entry.act for entry in filled.custody.entries()][-2:]
    assert [(s.name, s.sha256) for s in full.subjects[:1]] == [
        ("reports/sealed/summary-en-v1.json", sha256_file(sealed))
    ]
    assert [(s.name, s.sha256) for s in copy.subjects[:1]] == [(f"reports/{path.name}", sha256_file(path))]
    for act, folder in ((full, sealed.parent), (copy, path.parent)):
        assert act.subjects[1].sha256 == sha256_file(folder / act.options["annex"]["name"])
    assert copy.options["full"] == {"name": "reports/sealed/summary-en-v1.json", "sha256": sha256_file(sealed)}
    assert (copy.options["profile"], copy.options["replaced"]["address"]) == (
        "public",
        42,
    )  # 41 of the first finding, 1 of the second: the annex holds all of them
    log = json.loads(path.read_text("utf-8"))["redaction"]
    assert (log["full_sha256"], log["key"]) == (sha256_file(sealed), copy.options["key"])
    assert "198.51.100" not in json.dumps(copy.options)
    assert verify(filled).ok


def test_a_full_copy_that_was_issued_is_named_and_not_made_again(filled: Case) -> None:
    full = issue_full(filled, "en", "json", DATE)
    log = json.loads(issue(filled, asked()).read_text("utf-8"))["redaction"]
    assert (log["full_name"], log["full_sha256"]) == ("reports/summary-en-v1.json", sha256_file(full))
    assert not (filled.reports_folder / "sealed").exists()


def test_the_same_copy_again_is_the_same_bytes(filled: Case, tmp_path: Path) -> None:
    first = issue(filled, asked())
    entries = len(filled.custody.entries())
    assert issue(filled, asked()) == first
    assert len(filled.custody.entries()) == entries
    elsewhere = issue(filled, asked(), tmp_path / "copy.json")
    assert elsewhere.read_bytes() == first.read_bytes()
    with pytest.raises(CaseError, match="never overwritten"):
        issue(filled, asked(), tmp_path / "copy.json")
    assert issue_full(filled, "en", "json", DATE, tmp_path / "full.json").read_bytes() == (
        (filled.reports_folder / "sealed" / "summary-en-v1.json").read_bytes()
    )


def test_versions_follow_the_case_and_need_a_reason(filled: Case) -> None:
    issue(filled, asked())
    filled.amend(title="Another title")
    with pytest.raises(CaseError, match="--reason TEXT"):
        issue(filled, asked())
    second = issue(filled, asked(reason="asked for by analyst.one"))
    held = json.loads(second.read_text("utf-8"))
    assert (second.name, held["issue"]["version"]) == ("summary-en-public-v2.json", 2)
    assert "analyst.one" not in held["issue"]["reason"]
    assert held["redaction"]["full_name"] == "reports/sealed/summary-en-v2.json"


def test_no_address_is_left_and_what_can_be_checked_stays(filled: Case) -> None:
    summary = summarise(filled, DATE)
    changed, under = redact(filled, summary, profile("public"), FULL)
    assert {value for value in under.replaced if value.startswith("198.51.100.")}
    for code in ("en", "fr", "ar"):
        for found in changed.inferences:
            for seen in found.observations:
                assert not any(value in seen.sentences[code] for value in under.replaced if "." in value)
                assert "address-" in seen.sentences[code]
    for before, after in zip(summary.inferences, changed.inferences, strict=True):
        assert replace(after, observations=(), entities={}) == replace(before, observations=(), entities={})
        for old, new in zip(before.observations, after.observations, strict=True):
            assert replace(new, sentences={}) == replace(old, sentences={})
    assert [s.sha256 for s in changed.exhibits] == [s.sha256 for s in summary.exhibits]
    assert [line.hash for line in changed.custody.lines] == [line.hash for line in summary.custody.lines]
    assert {line.who for line in changed.custody.lines} == {under.whole("person", "analyst.one")}


def test_court_keeps_what_findings_name(filled: Case) -> None:
    changed, under = redact(filled, summarise(filled, DATE), profile("court"), FULL)
    assert changed.inferences[0].entities["ips"] == ("198.51.100.1",)
    assert "198.51.100.1" not in under.replaced
    assert "198.51.100.2" in under.replaced
    assert {line.who for line in changed.custody.lines} == {"analyst.one"}


def test_the_secret_is_made_once_and_differs_between_cases(filled: Case, tmp_path: Path) -> None:
    issue(filled, asked())
    key = case_key(filled.folder)
    assert case_key(filled.folder) == key
    for path in filled.reports_folder.rglob("*.json"):
        assert key.hex() not in path.read_text("utf-8")
    assert key.hex() not in filled.custody.journal.read_text("utf-8")
    assert case_key(tmp_path) != key


def test_a_lost_or_damaged_secret_is_not_replaced_by_another(filled: Case) -> None:
    issue(filled, asked())
    path = filled.folder / KEY_FILE
    held = path.read_text("ascii")
    path.unlink()
    for text in (None, "ab" * 32, "zz", "abcd"):
        if text is not None:
            path.write_text(text, "ascii")
        with pytest.raises(CaseError, match=r"redaction\.key: .*restore it from a copy"):
            issue(filled, asked(under="court"))
    path.write_text(held, "ascii")
    assert issue(filled, asked(under="court")).is_file()


@pytest.mark.parametrize(
    ("code", "mark"), [("en", "REDACTED COPY"), ("fr", "COPIE OCCULTÉE"), ("ar", "نسخة محجوبة البيانات")]
)
def test_a_copy_says_so_on_its_first_page_and_a_full_one_does_not(filled: Case, code: str, mark: str) -> None:
    page = issue(filled, asked(code, "html")).read_text("utf-8")
    assert page.index(mark) < page.index("<h1>")
    full = (filled.reports_folder / "sealed" / f"summary-{code}-v1.html").read_text("utf-8")
    assert mark not in full
    words = re.sub("<[^>]*>", "", page)
    assert re.sub("[\u2066\u2069]", "", profile("public").why[code]) in words


def test_hostile_values_are_replaced(case: Case) -> None:
    fill(case, hostile="<b>jane.doe@example.org</b>\u202e 0612345678")
    path = issue(case, asked())
    text = "\n".join(strings(json.loads(path.read_text("utf-8"))))
    assert "jane.doe" not in text
    assert "0612345678" not in text
    assert "email-" in text
