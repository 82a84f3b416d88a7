"""`verify` says yes to an untouched case, and names what changed in a touched one."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from cases import findings
from cases.case import Case
from cases.verify import Verification, verify
from timelines.findings import MATCH_COLUMNS
from timelines.inventory import FileEntry
from timelines.problems import LedgerRow, Problem
from timelines.store import Store


def bad(result: Verification) -> list[tuple[str, str, str]]:
    return [(c.name, c.subject, c.detail.partition(":")[0]) for c in result.checks if c.state != "ok"]


def flip(path: Path, at: int = 0) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@pytest.fixture
def whole(case: Case) -> Case:
    """The case with a timeline part, findings and a report."""
    store = Store(case.timeline_folder)
    problem = Problem("E001", "logs/access.log", 10, 4, "line of no known format")
    store.commit({"t": store.writer("t").close([problem], [LedgerRow("E001", "logs/access.log", 70, 66, 0, 0, 4)])})
    matches = pa.table({name: pa.array([], pa.string()) for name in MATCH_COLUMNS})
    files = findings.save(case.findings_folder, [], matches, [])
    case.log("analysed", {"rules": []}, ["timeline/manifest.json", *files])
    (case.reports_folder / "summary-en-v1.html").write_text("<p>", "utf-8")
    case.log("report-issued", {"language": "en"}, ["reports/summary-en-v1.html"])
    return case


def test_an_untouched_case_is_ok(whole: Case) -> None:
    read: list[int] = []
    result = verify(whole, progress=read.append)
    assert bad(result) == []
    assert (result.ok, result.verdict) == (True, "ok")
    evidence = sum(entry.size for number in ("E001", "E002") for entry in whole.register.on_disk(number))
    parts = sum(part.size for part in Store(whole.timeline_folder).infos())
    assert sum(read) == evidence + parts
    assert {check.name for check in result.checks} == {"evidence", "custody", "timeline", "record"}


def test_one_flipped_byte_names_exhibit_and_file(whole: Case, seized: Path) -> None:
    flip(seized / "server" / "logs" / "access.log", 5)
    result = verify(whole)
    assert bad(result) == [("evidence", "E001/logs/access.log", "changed")]
    assert result.verdict == "failed"
    (check,) = result.failed
    assert whole.register.entry("E001", "logs/access.log").sha256 in check.detail


def test_missing_and_new_files_are_named(whole: Case, seized: Path) -> None:
    (seized / "server" / "old.zip").unlink()
    (seized / "server" / "logs" / "planted.log").write_bytes(b"x")
    assert bad(verify(whole)) == [
        ("evidence", "E001/old.zip", "missing"),
        ("evidence", "E001/logs/planted.log", "new"),
    ]


def test_evidence_out_of_reach_is_not_checked_and_not_ok(whole: Case, seized: Path, tmp_path: Path) -> None:
    seized.rename(tmp_path / "vault")
    result = verify(whole)
    assert [(c.subject, c.state) for c in result.checks if not c.ok] == [
        ("E001", "not-checked"),
        ("E002", "not-checked"),
    ]
    assert (result.ok, result.verdict, result.failed) == (False, "incomplete", ())
    assert verify(whole, tmp_path / "vault").ok


def test_a_copied_case_verifies_elsewhere(whole: Case, tmp_path: Path) -> None:
    shutil.copytree(whole.folder, tmp_path / "copy")
    shutil.rmtree(whole.folder)
    assert verify(Case.open(tmp_path / "copy")).ok


@pytest.mark.skipif(sys.platform == "win32", reason="making a symbolic link needs a privilege on Windows")
def test_what_was_never_read_is_not_opened_but_mentioned(whole: Case, seized: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"x")
    (seized / "server" / "link").symlink_to(tmp_path / "outside")
    whole.register.record([FileEntry("E001", "link", 0, "", "unreadable", reason="symbolic link", on_disk="link")])
    whole.save_register("exhibit-added", {}, "E001")
    result = verify(whole)
    assert result.ok
    assert (
        result.checks[0].detail == "2 files as recorded; 1 without a recorded hash, not read when the exhibit was added"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="file names that are not Unicode exist on Linux only")
def test_file_names_that_are_not_utf8_are_found_again(whole: Case, seized: Path) -> None:
    folder = os.fsencode(seized / "server")
    with open(os.path.join(folder, b"caf\xe9.log"), "wb") as handle:  # Latin-1 é
        handle.write(b"x")
    (known,) = whole.register.with_hash(whole.register.entry("E001", "logs/access.log").sha256)[:1]
    assert bad(verify(whole)) == [("evidence", "E001/caf\\xe9.log", "new")]
    sha256 = hashlib.sha256(b"x").hexdigest()
    whole.register.record([replace(known, file="caf\\xe9.log", on_disk="caf\\xe9.log", sha256=sha256)])
    whole.save_register("exhibit-added", {}, "E001")
    assert verify(whole).ok
    assert whole.locate_file("E001", "caf\\xe9.log").read_bytes() == b"x"


def test_the_first_bad_custody_entry_is_named(whole: Case) -> None:
    journal = whole.custody.journal
    journal.write_bytes(journal.read_bytes().replace(b'"exhibit":"E002"', b'"exhibit":"E001"'))
    assert bad(verify(whole)) == [("custody", "entry 3", "does not fit its own hash (edited)")]


def test_a_journal_that_cannot_be_read_leaves_the_files_unchecked(whole: Case) -> None:
    with whole.custody.journal.open("r+b") as handle:
        handle.write(b"\x00")
    states = {(c.name, c.subject): c.state for c in verify(whole).checks if not c.ok}
    assert states == {("custody", "entry 1"): "failed", ("record", "files of the case"): "not-checked"}


def test_timeline_parts_changed_missing_or_planted(whole: Case) -> None:
    parts = sorted(whole.timeline_folder.rglob("*.parquet"))
    flip(parts[0], 40)
    parts[1].unlink()
    (whole.timeline_folder / "web").mkdir()
    (whole.timeline_folder / "web" / "extra.parquet").write_bytes(b"PAR1")
    names = [path.relative_to(whole.folder).as_posix() for path in parts]
    assert sorted(bad(verify(whole))) == sorted(
        [
            ("timeline", names[0], "changed"),
            ("timeline", names[1], "missing"),
            ("timeline", "timeline/web/extra.parquet", "not listed in the manifest"),
        ]
    )


def test_a_manifest_that_leads_out_of_the_case_is_refused(whole: Case) -> None:
    manifest = whole.timeline_folder / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace("_ledger/", "../../_ledger/"), "utf-8")
    details = [c.detail for c in verify(whole).failed if "_ledger" in c.subject]
    assert "leads out of the case" in details


def test_a_broken_manifest_fails_in_one_line(whole: Case) -> None:
    for content in ("{", "[]", '{"format": 9}', '{"format": 1, "tasks": {"t": [{}]}}'):
        (whole.timeline_folder / "manifest.json").write_text(content, "utf-8")
        failed = [c for c in verify(whole).failed if c.name == "timeline"]
        assert [c.subject for c in failed] == ["timeline/manifest.json"]
        assert "\n" not in failed[0].detail


@pytest.mark.parametrize(
    "name",
    ["case.toml", "exhibits.json", "findings/findings.json", "reports/summary-en-v1.html", "timeline/manifest.json"],
)
def test_every_file_of_the_case_is_compared_with_custody(whole: Case, name: str) -> None:
    with (whole.folder / name).open("ab") as handle:
        handle.write(b"\n")
    assert ("record", name, "changed since custody entry " + str(last_entry(whole, name))) in bad(verify(whole))


def last_entry(case: Case, name: str) -> int:
    return max(e.seq for e in case.custody.entries() if name in {s.name for s in e.act.subjects})


def test_unrecorded_and_missing_files_of_the_case(whole: Case) -> None:
    (whole.reports_folder / "forged.html").write_text("x", "utf-8")
    (whole.findings_folder / "matches.parquet").unlink()
    assert [entry[:2] for entry in bad(verify(whole))] == [
        ("record", "findings/matches.parquet"),
        ("record", "reports/forged.html"),
    ]
