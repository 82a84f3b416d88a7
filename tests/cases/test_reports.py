"""An issued summary is recorded with its hash and never overwritten."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cases.case import Case
from cases.custody import Subject
from cases.errors import CaseError
from cases.exporters import exporter, exporters
from cases.languages import codes, language
from cases.reports import issue
from cases.review import accept
from cases.verify import verify
from timelines.hashing import sha256_file

DATE = "2026-03-06"


def test_formats_are_found_by_walking_the_folder() -> None:
    assert {name: form.suffix for name, form in exporters().items()} == {
        "html": ".html",
        "json": ".json",
        "pdf": ".pdf",
    }
    with pytest.raises(CaseError, match="no report format 'docx'; expected one of html, json, pdf"):
        exporter("docx")


def test_issued_summaries_get_versions_and_are_recorded(filled: Case) -> None:
    first = issue(filled, "fr", "html", DATE)
    accept(filled, "F-00000000aa", "the log was read line by line")
    second = issue(filled, "fr", "html", DATE, reason="a finding was reviewed")
    third = issue(filled, "ar", "json", DATE)
    assert [p.name for p in (first, second, third)] == [
        "summary-fr-v1.html",
        "summary-fr-v2.html",
        "summary-ar-v1.json",
    ]
    acts = [entry.act for entry in filled.custody.entries() if entry.act.action == "report-issued"]
    assert [a.subjects[0] for a in acts] == [
        Subject(f"reports/{p.name}", sha256_file(p)) for p in (first, second, third)
    ]
    asked = {"language": "fr", "format": "html", "date": DATE, "draft": True}
    begun = {"name": "summary-fr-v1.html", "version": 1, "reason": None, "predecessor": None}
    again = {
        "name": "summary-fr-v2.html",
        "version": 2,
        "reason": "a finding was reviewed",
        "predecessor": sha256_file(first),
    }
    annexes = [
        {"annex": {"name": a.subjects[1].name.removeprefix("reports/"), "lines": 43, "records": 43}} for a in acts
    ]
    assert [a.options for a in acts[:2]] == [{**asked, **begun, **annexes[0]}, {**asked, **again, **annexes[1]}]
    assert verify(filled).ok


@pytest.mark.parametrize("code", codes())
def test_a_new_version_prints_its_reason_and_the_hash_of_the_one_before(filled: Case, code: str) -> None:
    first = issue(filled, code, "html", DATE)
    second = issue(filled, code, "html", DATE, reason="Une erreur <b>\u202e</b> : corrigée")
    page = second.read_text("utf-8")
    assert sha256_file(first) in page
    assert "Une erreur &lt;b&gt;⟨U+202E⟩&lt;/b&gt; : corrigée" in page
    assert language(code).word("issue.first") in first.read_text("utf-8")
    told = json.loads(issue(filled, code, "json", DATE).read_bytes())["issue"]
    assert told == {"version": 1, "reason": None, "predecessor": None}


def test_a_new_version_needs_a_reason(filled: Case) -> None:
    issue(filled, "en", "html", DATE)
    entries = len(filled.custody.entries())
    with pytest.raises(CaseError, match=r"summary-en-v1\.html, version 1, was issued.*--reason TEXT"):
        issue(filled, "en", "html", "2026-03-07")
    with pytest.raises(CaseError, match="--reason: empty"):
        issue(filled, "en", "html", DATE, reason=" ")
    assert len(filled.custody.entries()) == entries
    assert sorted(path.suffix for path in filled.reports_folder.iterdir()) == [".csv", ".html"]


def test_asking_again_for_what_was_issued_gives_its_bytes(filled: Case, tmp_path: Path) -> None:
    first = issue(filled, "en", "html", DATE)
    entries = len(filled.custody.entries())
    assert issue(filled, "en", "html", DATE) == first
    assert len(filled.custody.entries()) == entries
    copy = issue(filled, "en", "html", DATE, tmp_path / "copy.html")
    assert copy.read_bytes() == first.read_bytes()
    second = issue(filled, "en", "html", DATE, reason="signed anew")
    again = issue(filled, "en", "html", DATE, tmp_path / "again.html")
    assert again.read_bytes() == second.read_bytes() != first.read_bytes()
    assert filled.custody.entries()[-1].act.options["version"] == 2


def test_versions_go_on_from_summaries_that_older_cases_hold(filled: Case) -> None:
    for name in ("summary-en-v1.html", "summary-en-v2.html"):
        (filled.reports_folder / name).write_text("as issued then", "utf-8")
        filled.log("report-issued", {"language": "en", "format": "html", "name": name}, [f"reports/{name}"])
    with pytest.raises(CaseError, match="version 2, was issued"):
        issue(filled, "en", "html", DATE)
    third = issue(filled, "en", "html", DATE, reason="made anew")
    assert third.name == "summary-en-v3.html"
    assert sha256_file(filled.reports_folder / "summary-en-v2.html") in third.read_text("utf-8")


def test_a_damaged_journal_does_not_keep_a_summary_from_being_issued(filled: Case) -> None:
    first = issue(filled, "en", "html", DATE)
    journal = filled.custody.journal
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([lines[0], b"torn\n", *lines[2:]]))
    second = issue(filled, "en", "html", DATE, reason="the journal was damaged")
    assert second.name == "summary-en-v2.html"
    page = second.read_text("utf-8")
    assert sha256_file(first) in page
    assert language("en").word("custody.faults") in page


def test_an_issued_summary_that_changes_is_caught(filled: Case) -> None:
    path = issue(filled, "en", "html", DATE)
    path.write_bytes(path.read_bytes().replace(b"corroborated", b"inconclusive"))
    assert [check.subject for check in verify(filled).failed] == ["reports/summary-en-v1.html"]


def test_nothing_is_overwritten(filled: Case, tmp_path: Path) -> None:
    path = tmp_path / "elsewhere.html"
    assert issue(filled, "en", "html", DATE, path) == path
    subject, _ = filled.custody.entries()[-1].act.subjects
    assert (subject.name, subject.sha256) == ("outside/elsewhere.html", sha256_file(path))
    before, entries = path.read_bytes(), len(filled.custody.entries())
    with pytest.raises(CaseError, match="an issued summary is never overwritten; give another name"):
        issue(filled, "en", "html", DATE, path)
    assert path.read_bytes() == before
    assert len(filled.custody.entries()) == entries
    assert verify(filled).ok


def test_wrong_wishes_write_nothing(filled: Case) -> None:
    for wish in (("de", "html", DATE), ("en", "docx", DATE), ("en", "html", "soon")):
        with pytest.raises(CaseError):
            issue(filled, *wish)
    assert list(filled.reports_folder.iterdir()) == []
