"""The register: numbers, files, duplicates, and finding the evidence again on another machine."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cases.case import Case
from cases.errors import CaseError
from cases.exhibits import Register
from timelines.inventory import Exhibit


def test_numbers_follow_each_other(case: Case) -> None:
    assert case.register.next_number() == "E003"
    assert [exhibit.exhibit for exhibit in case.register.exhibits] == ["E001", "E002"]


def test_order_is_by_number_beyond_three_digits(empty_case: Case) -> None:
    for number in ("E1000", "E002", "E999"):
        empty_case.register.register(Exhibit(number, "x", "", False, 0, 0, ""))
    assert [exhibit.exhibit for exhibit in empty_case.register.exhibits] == ["E002", "E999", "E1000"]
    assert empty_case.register.next_number() == "E1001"


def test_what_is_saved_is_read_back(case: Case) -> None:
    again = Register(case.folder)
    assert again.exhibits == case.register.exhibits
    assert again.entries == case.register.entries


def test_files_on_disk_leave_container_members_out(case: Case) -> None:
    assert [entry.file for entry in case.register.on_disk("E001")] == ["logs/access.log", "old.zip"]
    assert [entry.file for entry in case.register.files_of("E001")][-1] == "old.zip/inner/access.log"


def test_duplicates_and_lookups(case: Case) -> None:
    (duplicate,) = case.register.duplicates()
    assert duplicate.file == "old.zip/inner/access.log"
    assert [entry.file for entry in case.register.with_hash(duplicate.sha256.upper())] == [
        "logs/access.log",
        "old.zip/inner/access.log",
    ]
    with pytest.raises(CaseError, match="exhibit 'E009' is not in this case; it holds E001, E002"):
        case.register.exhibit("E009")
    with pytest.raises(CaseError, match="E001/nothing: not a file of this case"):
        case.register.entry("E001", "nothing")


def test_every_hash_on_disk_is_in_custody(case: Case) -> None:
    recorded = {s.name: s.sha256 for entry in case.custody.entries() for s in entry.act.subjects}
    for number in ("E001", "E002"):
        for entry in case.register.on_disk(number):
            assert recorded[f"{number}/{entry.file}"] == entry.sha256


def test_an_exhibit_is_found_where_it_was_and_where_it_was_moved(case: Case, seized: Path, tmp_path: Path) -> None:
    assert case.locate("E001") == seized / "server"
    moved = tmp_path / "usb"
    seized.rename(moved)
    with pytest.raises(CaseError, match=r"E001: the evidence folder is not at .*; say where the evidence is now"):
        case.locate("E001")
    assert case.locate("E001", moved) == moved / "server"
    assert case.locate("E001", moved / "server") == moved / "server"
    assert case.locate_file("E001", "old.zip/inner/access.log", moved) == moved / "server" / "old.zip"
    with pytest.raises(CaseError, match=r"E002: the evidence file is not at .*expected 'Security.evtx' there"):
        case.locate("E002", moved / "server")


def test_the_only_exhibit_may_lie_under_any_name(empty_case: Case, tmp_path: Path) -> None:
    empty_case.register.register(Exhibit("E001", "server", "", True, 0, 0, ""))
    (tmp_path / "restored").mkdir()
    assert empty_case.locate("E001", tmp_path / "restored") == tmp_path / "restored"


@pytest.mark.parametrize("name", ["../../secret", "/etc/hostname", "..", ""])
def test_names_that_lead_out_of_the_exhibit_are_refused(case: Case, name: str) -> None:
    (entry,) = (e for e in case.register.entries if e.file == "old.zip")
    case.register.record([replace(entry, file=name, on_disk=name)])
    with pytest.raises(CaseError, match="leads out of the exhibit"):
        case.locate_file("E001", name)


def test_files_need_a_registered_exhibit(empty_case: Case, case: Case) -> None:
    with pytest.raises(CaseError, match="no exhibit of that number"):
        case.register.record([replace(case.register.entries[0], exhibit="E077")])
    with pytest.raises(CaseError, match="expected a number such as E003"):
        case.register.register(Exhibit("X1", "x", "", False, 0, 0, ""))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "written by another version"),
        ({"entries": [{"colour": 1}]}, "expected the fields exhibit, file"),
        ({"entries": [{"exhibit": "E001", "file": 3}]}, "file: expected str, found 3"),
        ({"exhibits": [{"exhibit": "E001"}]}, "missing .* required"),
    ],
)
def test_a_damaged_register_says_what_is_wrong(case: Case, change: dict[str, object], message: str) -> None:
    path = case.folder / "exhibits.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | change), "utf-8")
    with pytest.raises(CaseError, match=message):
        Case.open(case.folder)
