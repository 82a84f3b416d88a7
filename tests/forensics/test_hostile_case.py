"""Careless hands, end to end: nothing is written to evidence, nothing is lost, no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from forensics.api import open_case

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
LINE = b'192.0.2.1 - - [14/Jan/2026:08:00:01 +0000] "GET /%s HTTP/1.1" 200 5 "-" "%s"\n'
posix = pytest.mark.skipif(sys.platform == "win32", reason="names and file kinds that Windows does not have")


@pytest.fixture
def evidence(tmp_path):
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "access.log").write_bytes(LINE % (b"a", b"M") * 20)
    return folder


def test_a_case_inside_the_evidence_is_refused_before_it_is_made(evidence, athar):
    ran = athar("run", evidence, "--case", evidence / "case")
    assert (ran.code, len(ran.err.splitlines())) == (2, 1)
    assert "holds the case folder itself" in ran.err
    assert os.listdir(evidence) == ["access.log"]


def test_a_case_is_no_evidence_of_itself(tmp_path, evidence, athar):
    case = tmp_path / "case"
    assert athar("run", evidence, "--case", case, "--workers", 1).code == 0
    for part in ("timeline", "findings", "reports", "custody.jsonl"):
        ran = athar("run", case / part, "--case", case, "--workers", 1)
        assert (ran.code, len(ran.err.splitlines())) == (2, 1), part
        assert "a part of the case itself" in ran.err, part
        assert athar("verify", case, "--limit", 0).code == 0, part
    assert athar("verify", case).code == 0


@posix
def test_a_pipe_or_device_handed_in_is_refused_before_anything_is_made(tmp_path, evidence, athar):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/null"):
        ran = athar("run", evidence, path, "--case", tmp_path / "case")
        assert (ran.code, len(ran.err.splitlines())) == (2, 1)
        assert "neither a file nor a folder" in ran.err
    assert not (tmp_path / "case").exists()


def test_a_day_that_does_not_exist_is_named(tmp_path, evidence, athar):
    ran = athar("run", evidence, "--case", tmp_path / "case", "--date", "2026-02-30")
    assert (ran.code, ran.err) == (2, "athar: date '2026-02-30': no such day; expected YYYY-MM-DD\n")


def test_inputs_that_once_broke_a_reader_are_read_and_add_up(tmp_path, athar):
    """Every file of `tests/corpus`: no reader fails, every byte is counted once, and the rules run over what came of it."""
    ran = athar("run", CORPUS, "--case", tmp_path / "case", "--workers", 1)
    assert (ran.code, ran.err) == (0, "")
    opened = open_case(tmp_path / "case")
    files = opened.files().query("status == 'evidence'")
    assert len(files) >= len(list(CORPUS.iterdir())) - 1
    ledger = opened.ledger()
    assert (ledger["size"] == ledger[["read", "free", "unsupported", "damaged"]].sum(axis=1)).all()
    lost = opened.problems().reason.str.contains("claimed twice|not accounted for|bytes outside|fault in the")
    assert not lost.any()


@posix
def test_a_closed_or_vanished_output_is_no_traceback(tmp_path, evidence, athar):
    case = tmp_path / "case"
    assert athar("run", evidence, "--case", case, "--workers", 1).code == 0
    command = f'"{sys.executable}" -m forensics timeline "{case}"'
    for line in (f"{command} >&-", f"{command} >&- 2>&-"):
        ran = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stderr) == (0, "")
