"""`athar carve`: what it lists, the event log it writes, and the rows it adds to a case."""

from __future__ import annotations

import json
import random

import pytest

from forensics.api import open_case


@pytest.fixture
def blob(demo, tmp_path):
    """Junk with two chunks of the demo's logs in it, the second cut off, and its place."""
    log = max(demo.evidence.rglob("*.evtx"), key=lambda path: (path.stat().st_size, path.name)).read_bytes()
    junk = random.Random(2).randbytes(5_001)
    path = tmp_path / "pagefile.sys"
    path.write_bytes(junk + log[4096 : 4096 + 65_536] + junk + log[4096 : 4096 + 9_000])
    return path


def test_finds_are_listed_with_their_places(blob, athar):
    ran = athar("carve", blob, "--quiet")
    lines = ran.out.splitlines()
    assert (ran.code, ran.err) == (0, "")
    assert [line.split("\t")[:3] for line in lines[1:3]] == [
        ["0x1389", "chunk", "65536"],
        ["0x12712", "chunk, damaged", "9000"],
    ]
    found = json.loads(athar("carve", blob, "--json").out)["finds"]
    assert [find["sound"] for find in found] == [True, False]
    assert lines[-1].startswith(f"2 chunks and 0 single records; {sum(find['records'] for find in found):,} records")


def test_sound_chunks_become_a_log_that_others_read(blob, athar, tmp_path):
    reader = pytest.importorskip("Evtx.Evtx")
    out = tmp_path / "found.evtx"
    ran = athar("carve", blob, "-o", out, "--quiet")
    assert "1 sound chunks written as found; 1 damaged ones left out" in ran.out
    with reader.Evtx(str(out)) as log:
        assert log.get_file_header().verify()
        count = sum(1 for chunk in log.chunks() for _ in chunk.records())
    finds = json.loads(athar("carve", blob, "--json").out)["finds"]
    assert count == finds[0]["records"]
    again = athar("carve", blob, "-o", out, "--quiet")
    assert (again.code, len(again.err.splitlines())) == (2, 1)
    assert "never overwritten" in again.err


def test_rows_join_a_case_and_the_bytes_add_up(blob, athar, tmp_path):
    case = tmp_path / "case"
    ran = athar("carve", blob, "--case", case, "--quiet", "--json")
    assert (ran.code, ran.err) == (0, "")
    told = json.loads(ran.out)
    opened = open_case(case)
    rows = opened.timeline()
    assert len(rows) == told["read"]["rows"] == told["finds"][0]["records"]  # the second chunk holds copies of some
    copies = opened.problems()["reason"].str.endswith("already, byte for byte; told once").sum()
    assert copies == told["finds"][1]["records"] > 0
    assert rows["flags"].str.contains("recovered").all()
    (entry,) = opened.files().itertuples()
    assert (entry.status, entry.parser, entry.size) == ("evidence", "windows/evtx-carve", blob.stat().st_size)
    (ledger,) = opened.ledger().itertuples()
    assert ledger.unsupported == 2 * 5_001
    assert ledger.read + ledger.free + ledger.unsupported + ledger.damaged == ledger.size
    assert athar("show", case, rows.row_id.iloc[0]).code == 0
    assert athar("verify", case).code == 0
    twice = athar("carve", blob, "--case", case, "--quiet")
    assert (twice.code, "the same bytes as E001/pagefile.sys" in twice.out) == (0, True)
    assert len(open_case(case).timeline()) == len(rows)


def test_what_is_no_file_is_one_line(athar, tmp_path):
    for arguments in ((), ("--case", tmp_path / "case")):
        ran = athar("carve", tmp_path / "absent", *arguments)
        assert (ran.code, len(ran.err.splitlines())) == (2, 1)
        assert "no such file" in ran.err
