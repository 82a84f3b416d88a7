"""Evidence that is no longer what was registered stops the work: nothing is read or concluded from it until it is restored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import forensics
from cases.case import Case
from cases.integrity import EvidenceChanged
from forensics import pipeline, tasks

LINE = '192.0.2.10 - - [03/Mar/2026:21:14:{:02d} +0000] "GET /a?id=1%27%20or%201=1 HTTP/1.1" 200 512\n'


@pytest.fixture
def seized(tmp_path: Path) -> Path:
    folder = tmp_path / "seized"
    folder.mkdir()
    (folder / "access.log").write_text("".join(LINE.format(n) for n in range(30)), "utf-8")
    return folder


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[2] ^= 1
    path.write_bytes(data)


@pytest.fixture
def flipping(monkeypatch, seized):
    """Flip a byte of the evidence after it was read and before the run ends."""
    real = tasks.run

    def run(task, root, scratch=None):
        done = real(task, root, scratch)
        flip(seized / "access.log")
        return done

    monkeypatch.setattr(tasks, "run", run)


def acts(folder: Path) -> list[str]:
    return [entry.act.action for entry in Case.open(folder).custody.entries()]


def test_a_run_stops_without_rules_or_summary(athar, seized, flipping, tmp_path):
    case = tmp_path / "case"
    ran = athar("run", seized, "--case", case, "--workers", "1", "--quiet")
    assert ran.code == 1
    assert "E001/access.log: the evidence is not what was registered" in ran.err
    assert "stopped: " in ran.err
    assert "restore it from the acquisition copy" in ran.err
    assert len(ran.err.strip().splitlines()) == 2
    assert "Traceback" not in ran.err
    assert acts(case)[-1] == "evidence-changed"
    assert "rules-run" not in acts(case)
    assert list((case / "reports").iterdir()) == []
    opened = forensics.open_case(case)
    assert len(opened.timeline()) == 30  # what was read stays
    assert opened.findings().empty
    assert list(opened.problems()["file"]) == ["access.log"]


def test_programs_are_told_as_json(athar, seized, flipping, tmp_path):
    ran = athar("run", seized, "--case", tmp_path / "case", "--workers", "1", "--json")
    assert (ran.code, json.loads(ran.out)) == (1, {"stopped": "evidence-changed", "changed": ["E001/access.log"]})


def test_from_python_it_is_an_error_of_its_own(seized, flipping, tmp_path):
    with pytest.raises(EvidenceChanged, match=r"E001/access\.log"):
        forensics.run([seized], tmp_path / "case", workers=1)


def test_rules_are_refused_until_the_evidence_is_restored(athar, seized, flipping, tmp_path, monkeypatch):
    case = tmp_path / "case"
    assert athar("run", seized, "--case", case, "--workers", "1", "--quiet").code == 1
    for again in (("analyze", case, "--quiet"), ("run", seized, "--case", case, "--workers", "1", "--quiet")):
        ran = athar(*again)
        assert ran.code == 1
        assert "stopped: the evidence is not what was registered (E001/access.log)" in ran.err
        assert "Traceback" not in ran.err
    assert "rules-run" not in acts(case)
    monkeypatch.undo()
    flip(seized / "access.log")
    ran = athar_again(case)
    assert ran.changed == ()
    pipeline.analyze(Case.open(case))
    assert acts(case)[-1] == "rules-run"


def athar_again(folder: Path) -> pipeline.Ingest:
    return pipeline.ingest(Case.open(folder), workers=1)


def test_a_summary_carries_it_for_good(athar, seized, flipping, tmp_path, monkeypatch):
    case = tmp_path / "case"
    assert athar("run", seized, "--case", case, "--workers", "1", "--quiet").code == 1
    monkeypatch.undo()
    for state in ("changed", "restored"):
        ran = athar("report", case, "--format", "json", "--date", "2026-03-06", "-o", tmp_path / f"{state}.json")
        assert ran.code == 0 if state == "changed" else "--reason" in ran.err
        flip(seized / "access.log")
        athar_again(case)
    ran = athar(
        "report", case, "--format", "json", "--date", "2026-03-06", "--reason", "restored", "-o", tmp_path / "2.json"
    )
    assert ran.code == 0, ran.err
    for name in ("changed.json", "2.json"):
        assert json.loads((tmp_path / name).read_text("utf-8"))["custody"]["evidence"] == "changed"


def test_what_changed_before_a_run_is_not_read(athar, seized, tmp_path):
    case = tmp_path / "case"
    assert athar("case", "new", case).code == 0
    assert athar("add", case, seized, "--quiet").code == 0
    flip(seized / "access.log")
    ran = athar("ingest", case, "--workers", "1", "--quiet", "--json")
    assert ran.code == 1
    told = json.loads(ran.out)
    assert (told["rows"], told["tasks"], told["changed"]) == (0, 0, ["E001/access.log"])
    assert forensics.open_case(case).timeline().empty
    flip(seized / "access.log")
    assert athar("ingest", case, "--workers", "1", "--quiet").code == 0
    assert len(forensics.open_case(case).timeline()) == 30


def test_evidence_that_went_missing_stops_it_too(athar, seized, tmp_path):
    case = tmp_path / "case"
    assert athar("case", "new", case).code == 0
    assert athar("add", case, seized, "--quiet").code == 0
    (seized / "access.log").unlink()
    ran = athar("ingest", case, "--workers", "1", "--quiet")
    assert ran.code == 1
    assert "E001/access.log" in ran.err
    assert athar("analyze", case, "--quiet").code == 1


def test_what_was_hashed_in_the_same_run_is_not_hashed_twice_before_reading(seized, tmp_path):
    stages = []

    class Told:
        def stage(self, label, total, unit=""):
            stages.append(label)

        def advance(self, amount):
            pass

    forensics.run([seized], tmp_path / "case", workers=1, progress=Told())
    assert "E001 hash before reading" not in stages
    assert stages.index("E001 hash again") > stages.index("Read evidence")
