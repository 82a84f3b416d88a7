"""A case is a folder: made once, opened anywhere, its details kept exactly, its errors one clear line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cases.case import Case, CaseInfo, Hand, Question
from cases.errors import CaseError

FULL = CaseInfo(
    number="2026-017",
    title='Portail "municipal"\n\u202eأثر',
    request_number="R-44/2026",
    authority="Tribunal inventé",
    requester="Le procureur",
    examiner="Analyst One",
    laboratory="Laboratoire inventé",
    legal_basis="Art. 1",
    zone="Africa/Casablanca",
    languages=("fr", "ar"),
    questions=(
        Question("Q1", "Which account was used?", {"en": "Which account was used?", "fr": "Quel compte a servi ?"}),
        Question("Q2", "ما المعطيات التي خرجت؟"),
    ),
)


def test_a_document_of_an_unknown_kind_is_refused(tmp_path: Path, hand: Hand) -> None:
    with pytest.raises(
        CaseError, match="document 'verdict': expected one of summary, analysis, expertise, proces-verbal"
    ):
        Case.create(tmp_path / "case", CaseInfo(document="verdict"), hand)


def test_details_come_back_as_given(tmp_path: Path, hand: Hand) -> None:
    Case.create(tmp_path / "case", FULL, hand)
    assert Case.open(tmp_path / "case").info == FULL


def test_details_that_nobody_supplied_stay_absent(tmp_path: Path, hand: Hand) -> None:
    Case.create(tmp_path / "case", CaseInfo(number="7"), hand)
    assert (tmp_path / "case" / "case.toml").read_text("utf-8") == 'athar_case = 1\nnumber = "7"\n'
    assert Case.open(tmp_path / "case").info == CaseInfo(number="7")


def test_creation_is_the_first_custody_entry(empty_case: Case) -> None:
    (first,) = empty_case.custody.entries()
    assert (first.act.action, first.act.who, first.act.time) == ("case-created", "analyst.one", "2026-03-03T21:14:05Z")
    assert [subject.name for subject in first.act.subjects] == ["case.toml", "exhibits.json"]


def test_an_amendment_is_recorded(empty_case: Case) -> None:
    empty_case.amend(authority="Tribunal inventé")
    assert Case.open(empty_case.folder).info.authority == "Tribunal inventé"
    assert empty_case.custody.entries()[-1].act.options == {
        "fields": ["authority"],
        "changes": {"authority": {"from": None, "to": "Tribunal inventé"}},
    }
    with pytest.raises(CaseError, match="no such case field: autority; there are number,"):
        empty_case.amend(autority="x")


def test_the_same_acts_make_the_same_folder_anywhere(
    tmp_path: Path, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def still() -> Hand:
        moment = hand.clock()
        return Hand(hand.who, hand.tool, hand.version, lambda: moment)

    same = still()
    Case.create(tmp_path / "a", FULL, same)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    Case.create(tmp_path / "elsewhere" / "b", FULL, same)
    first, second = (
        {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}
        for root in (tmp_path / "a", tmp_path / "elsewhere" / "b")
    )
    assert first == second
    assert set(first) == {"case.toml", "custody.jsonl", "custody.head", "exhibits.json"}


def test_a_copied_case_opens_elsewhere(case: Case, tmp_path: Path) -> None:
    moved = tmp_path / "other machine" / "copy"
    shutil.copytree(case.folder, moved)
    shutil.rmtree(case.folder)
    opened = Case.open(moved)
    assert opened.register.exhibits == case.register.exhibits
    assert opened.register.entries == case.register.entries
    assert opened.custody.check() == []


def test_not_a_case(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"not a case \(no case.toml in it\)"):
        Case.open(tmp_path)
    with pytest.raises(CaseError, match="not a case"):
        Case.open(tmp_path / "absent")


def test_a_newer_case_is_not_opened(empty_case: Case) -> None:
    (empty_case.folder / "case.toml").write_text("athar_case = 2\n", "utf-8")
    with pytest.raises(CaseError, match="case format 2, this version of Athar reads up to 1; use a newer Athar"):
        Case.open(empty_case.folder)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("number = 'x'\n", "no whole number `athar_case`"),
        ("athar_case = [\n", "not valid TOML"),
        ("athar_case = 1\nnumber = 7\n", 'number: expected text in "quotes", found 7'),
        ("athar_case = 1\ncolour = 'x'\n", "unknown field 'colour'"),
        ("athar_case = 1\nlanguages = 'fr'\n", "languages: expected a list"),
        ("athar_case = 1\nlanguages = ['../x']\n", "expected a code such as en, fr or ar"),
        ("athar_case = 1\nquestions = ['why']\n", "questions: expected"),
        ("athar_case = 1\n[[questions]]\nid = 'Q1'\ntext = 'why'\ntext_FR = 'x'\n", "questions: expected"),
        ("athar_case = 1\nzone = 'Mars/Olympus'\n", "unknown time zone"),
    ],
)
def test_a_case_file_that_cannot_be_read_says_why(empty_case: Case, document: str, message: str) -> None:
    (empty_case.folder / "case.toml").write_text(document, "utf-8")
    with pytest.raises(CaseError, match=message):
        Case.open(empty_case.folder)


def test_a_case_is_not_made_over_another_or_over_files(empty_case: Case, tmp_path: Path, hand: Hand) -> None:
    with pytest.raises(CaseError, match="a case is here already"):
        Case.create(empty_case.folder, CaseInfo(), hand)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("x", "utf-8")
    with pytest.raises(CaseError, match="the folder is not empty"):
        Case.create(tmp_path / "full", CaseInfo(), hand)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["letter.txt"]


def test_a_case_cannot_be_made_under_a_file(tmp_path: Path, hand: Hand) -> None:
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(CaseError, match=r"cannot make a case here: .*choose a folder you can write to"):
        Case.create(tmp_path / "file" / "case", CaseInfo(), hand)


def test_wrong_details_are_refused_before_anything_is_made(tmp_path: Path, hand: Hand) -> None:
    for info in (
        CaseInfo(zone="Nowhere"),
        CaseInfo(questions=(Question("Q", "a"), Question("Q", "b"))),
        CaseInfo(questions=(Question("Q", "a", {"../x": "b"}),)),
        CaseInfo(title="\udce9"),
    ):
        with pytest.raises(CaseError):
            Case.create(tmp_path / "case", info, hand)
    assert not (tmp_path / "case").exists()


def test_a_failed_write_leaves_the_old_file(empty_case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (empty_case.folder / "case.toml").read_bytes()

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cases.durable.os.fsync", full_disk)
    with pytest.raises(CaseError, match=r"cannot write: No space left on device"):
        empty_case.amend(title="new")
    assert (empty_case.folder / "case.toml").read_bytes() == before
