"""An issued summary is recorded with its hash and never overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.case import Case
from cases.errors import CaseError
from cases.exporters import exporter, exporters
from cases.reports import issue
from cases.verify import verify
from timelines.hashing import sha256_file

DATE = "2026-03-06"


def test_formats_are_found_by_walking_the_folder() -> None:
    assert {name: form.suffix for name, form in exporters().items()} == {"html": ".html", "json": ".json"}
    with pytest.raises(CaseError, match="no report format 'docx'; expected one of html, json"):
        exporter("docx")


def test_issued_summaries_get_versions_and_are_recorded(filled: Case) -> None:
    first, second = issue(filled, "fr", "html", DATE), issue(filled, "fr", "html", DATE)
    third = issue(filled, "ar", "json", DATE)
    assert [p.name for p in (first, second, third)] == [
        "summary-fr-v1.html",
        "summary-fr-v2.html",
        "summary-ar-v1.json",
    ]
    acts = [entry.act for entry in filled.custody.entries()][-3:]
    assert [(a.action, a.subjects[0].name, a.subjects[0].sha256) for a in acts] == [
        ("report-issued", f"reports/{p.name}", sha256_file(p)) for p in (first, second, third)
    ]
    assert acts[0].options == {"language": "fr", "format": "html", "date": DATE, "name": "summary-fr-v1.html"}
    assert verify(filled).ok


def test_issuing_again_gives_the_same_bytes(filled: Case) -> None:
    assert issue(filled, "en", "html", DATE).read_bytes() == issue(filled, "en", "html", DATE).read_bytes()


def test_an_issued_summary_that_changes_is_caught(filled: Case) -> None:
    path = issue(filled, "en", "html", DATE)
    path.write_bytes(path.read_bytes().replace(b"corroborated", b"inconclusive"))
    assert [check.subject for check in verify(filled).failed] == ["reports/summary-en-v1.html"]


def test_nothing_is_overwritten(filled: Case, tmp_path: Path) -> None:
    path = tmp_path / "elsewhere.html"
    assert issue(filled, "en", "html", DATE, path) == path
    (subject,) = filled.custody.entries()[-1].act.subjects
    assert (subject.name, subject.sha256) == ("outside/elsewhere.html", sha256_file(path))
    before, entries = path.read_bytes(), len(filled.custody.entries())
    with pytest.raises(CaseError, match="an issued summary is never overwritten; give another name"):
        issue(filled, "en", "html", DATE, path)
    assert path.read_bytes() == before
    assert len(filled.custody.entries()) == entries
    assert verify(filled).ok


def test_wrong_wishes_write_nothing(filled: Case) -> None:
    for wish in (("de", "html", DATE), ("en", "pdf", DATE), ("en", "html", "soon")):
        with pytest.raises(CaseError):
            issue(filled, *wish)
    assert list(filled.reports_folder.iterdir()) == []
