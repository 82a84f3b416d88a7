"""Handing over: where an export may lie, and what becomes of one that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.case import Case
from cases.errors import CaseError
from cases.exchange import Counts, Options, exchange_named
from cases.exchange.delivery import deliver
from cases.exchange.formats import jsonl
from cases.verify import verify
from timelines.query import Timeline

DATE = Options("2026-03-06")


def test_an_unknown_format_is_answered_with_the_nearest() -> None:
    with pytest.raises(CaseError, match="no export format 'timesketsh'; did you mean 'timesketch'"):
        exchange_named("timesketsh")
    with pytest.raises(CaseError, match="there are bag, case, csv"):
        exchange_named("docx")


@pytest.mark.parametrize("folder", ["timeline", "findings", "reports"])
def test_an_export_does_not_lie_among_the_cases_own_files(folder: str, hostile_case: Case) -> None:
    with pytest.raises(CaseError, match="choose CASE/exports"):
        deliver(hostile_case, "jsonl", hostile_case.folder / folder / "x.jsonl", DATE)


def test_an_export_in_the_case_is_named_by_its_place_and_the_case_verifies(hostile_case: Case) -> None:
    deliver(hostile_case, "navigator", hostile_case.folder / "exports" / "layer.json", DATE)
    assert hostile_case.custody.entries()[-1].act.subjects[0].name == "exports/layer.json"
    assert [check for check in verify(hostile_case).failed if check.name != "evidence"] == []


@pytest.mark.parametrize("date", ["2026-3-6", "2026-02-30", "today", ""])
def test_a_date_that_is_none_is_refused(date: str, hostile_case: Case, tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="expected YYYY-MM-DD"):
        deliver(hostile_case, "jsonl", tmp_path / "x.jsonl", Options(date))


def test_an_export_that_fails_leaves_nothing_and_is_not_recorded(
    hostile_case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: jsonl.JsonLines, case: Case, timeline: Timeline, path: Path, options: Options) -> Counts:
        path.write_bytes(b"half a li")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(jsonl.JsonLines, "write", full)
    before = hostile_case.custody.journal.read_bytes()
    with pytest.raises(CaseError, match="No space left on device"):
        deliver(hostile_case, "jsonl", tmp_path / "out" / "x.jsonl", DATE)
    assert list((tmp_path / "out").iterdir()) == []
    assert hostile_case.custody.journal.read_bytes() == before


def test_a_place_under_a_file_is_one_line(hostile_case: Case, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CaseError, match="cannot write"):
        deliver(hostile_case, "jsonl", tmp_path / "file" / "x.jsonl", DATE)


def test_what_custody_cannot_record_is_not_handed_over(hostile_case: Case, tmp_path: Path) -> None:
    hostile_case.custody.journal.write_bytes(b"".join(hostile_case.custody.journal.read_bytes().splitlines(True)[:-1]))
    with pytest.raises(CaseError, match="nothing was recorded"):
        deliver(hostile_case, "jsonl", tmp_path / "out" / "x.jsonl", DATE)
    assert list((tmp_path / "out").iterdir()) == []
