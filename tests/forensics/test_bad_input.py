"""Bad input: each gives one clear line or problem and the right exit code, and the rest of the evidence is still read."""

from __future__ import annotations

import io
import json
import os
import random
import struct
import sys
import zipfile

import pytest

GOOD = b'192.0.2.1 - - [14/Jan/2026:08:00:01 +0000] "GET /%d HTTP/1.1" 200 5 "-" "Mozilla/5.0"\n'


def truncated_capture():
    """A pcap of two 60-byte packets, the second cut after 20 bytes."""
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    record = struct.pack("<IIII", 1_768_377_600, 0, 60, 60) + bytes(60)
    return header + record + record[: 16 + 20]


@pytest.fixture(scope="module")
def bomb():
    """A ZIP of 300 MiB of zeros in 300 kB."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("access.log", "w") as member:
        for _ in range(300):
            member.write(bytes(1 << 20))
    return held.getvalue()


@pytest.fixture
def evidence(tmp_path, bomb):
    """One good log and one of each bad thing."""
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "good.log").write_bytes(GOOD % 1 * 5)
    (folder / "empty.evtx").write_bytes(b"")
    (folder / "random.evtx").write_bytes(random.Random(7).randbytes(10_000_000))
    (folder / "cut.pcap").write_bytes(truncated_capture())
    (folder / "binary.log").write_bytes(GOOD % 2 * 20 + random.Random(8).randbytes(5_000) + b"\n" + GOOD % 3 * 20)
    (folder / "bomb.zip").write_bytes(bomb)
    return folder


def test_bad_files_are_told_and_the_rest_is_read(tmp_path, evidence, athar):
    ran = athar("run", evidence, "--case", tmp_path / "case", "--workers", 1, "--json")
    assert (ran.code, ran.err) == (0, "")
    shown = json.loads(ran.out)
    assert shown["rows"]["web/access"] >= 45
    files = {f["file"]: f for f in json.loads(athar("case", "show", tmp_path / "case", "--files", "--json").out)}
    assert files["empty.evtx"]["status"] == "empty"
    assert files["random.evtx"]["status"] == "unrecognised"
    assert files["random.evtx"]["reason"]
    assert files["bomb.zip/access.log"]["status"] == "unreadable"
    problems = json.loads(athar("case", "show", tmp_path / "case", "--problems", "--json").out)
    told = {p["file"].partition("/")[0] for p in problems}
    assert {"bomb.zip", "cut.pcap", "binary.log"} <= told
    assert all(len(p["reason"].splitlines()) == 1 for p in problems)
    ledger = json.loads(athar("case", "show", tmp_path / "case", "--ledger", "--json").out)
    for row in ledger:
        assert row["size"] == row["read"] + row["free"] + row["unsupported"] + row["damaged"]
    by_file = {row["file"]: row for row in ledger}
    (cut,) = [p for p in problems if p["file"] == "cut.pcap" and p["offset"] == 24 + 76]
    assert cut["length"] == 36
    assert by_file["binary.log"]["damaged"] > 4_000


def test_a_missing_path_stops_before_anything_is_made(tmp_path, evidence, athar):
    ran = athar("run", evidence, tmp_path / "gone", "--case", tmp_path / "case")
    assert ran.code == 2
    assert ran.err.splitlines() == [f"athar: {tmp_path / 'gone'}: no such file or folder; give the evidence to read"]
    assert not (tmp_path / "case").exists()


def test_a_case_folder_that_cannot_be_made_is_one_line(tmp_path, evidence, athar):
    (tmp_path / "file").write_text("in the way")
    ran = athar("run", evidence, "--case", tmp_path / "file" / "case")
    assert (ran.code, len(ran.err.splitlines())) == (2, 1)
    assert "cannot make a case here" in ran.err


@pytest.mark.skipif(
    sys.platform == "win32" or (hasattr(os, "geteuid") and os.geteuid() == 0), reason="root writes everywhere"
)
def test_an_unwritable_case_folder_is_one_line(tmp_path, evidence, athar):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    ran = athar("run", evidence, "--case", locked / "case")
    assert (ran.code, len(ran.err.splitlines())) == (2, 1)


def test_a_folder_with_other_things_in_it_is_not_made_a_case(tmp_path, evidence, athar):
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "holiday.jpg").write_bytes(b"x")
    ran = athar("run", evidence, "--case", tmp_path / "case")
    assert (ran.code, len(ran.err.splitlines())) == (2, 1)
    assert "not empty" in ran.err
