"""`athar carve`: what it lists, the event log it writes, and the rows it adds to a case."""

from __future__ import annotations

import json
import random
import re

import pytest

from forensics.api import open_case
from forensics.demo.binxml_values import Kind
from forensics.demo.evtx_writer import Event, write_log
from timelines.inventory import CARVABLE

GUID = "{03020100-0504-0706-0809-0a0b0c0d0e0f}"
_HINT = r"<p>[^<]*<bdi[^>]*>1</bdi>[^<]*<[^>]*>athar carve</[^>]*>\).</p>"  # the number of files, and the command


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


def test_a_log_without_its_file_header_is_told_of_until_it_is_read(athar, tmp_path):
    """What a run says of it on the terminal and in each summary, and that what it says to do reads all records."""
    folder, case = tmp_path / "evidence", tmp_path / "case"
    folder.mkdir()
    log = tmp_path / "whole.evtx"
    event = {
        "provider": "Example",
        "provider_guid": GUID,
        "time_ns": 1_614_859_200_000_000_000,
        "computer": "host.example",
        "event_id": 4624,
    }
    data = (("TargetUserName", Kind.UNICODE, "ann"),)
    write_log(log, "Security", [Event(record_id=number, data=data, **event) for number in range(1, 40)])
    wiped = folder / "Security.evtx"
    wiped.write_bytes(bytes(4096) + log.read_bytes()[4096:])
    ran = athar("run", folder, "--case", case, "--quiet", "--workers", "1", "--lang", "en,fr,ar")
    assert ran.code == 0
    assert f"E001/Security.evtx: athar carve FILE --case {case} reads them" in ran.out
    assert [entry.reason for entry in open_case(case).files().itertuples()] == [CARVABLE]
    for language in ("en", "fr", "ar"):
        (said,) = re.findall(_HINT, _summary(case, language, 1))
        assert said
    assert athar("carve", wiped, "--case", case, "--quiet").code == 0
    assert len(open_case(case).timeline()) == 39
    again = athar("run", folder, "--case", case, "--quiet", "--workers", "1", "--lang", "en,fr,ar")
    assert (again.code, "athar carve" in again.out) == (0, False)
    for language in ("en", "fr", "ar"):
        assert not re.findall(_HINT, _summary(case, language, 2))


def _summary(case, language, version):
    return (case / "reports" / f"summary-{language}-v{version}.html").read_text(encoding="utf-8")


def test_what_is_no_file_is_one_line(athar, tmp_path):
    for arguments in ((), ("--case", tmp_path / "case")):
        ran = athar("carve", tmp_path / "absent", *arguments)
        assert (ran.code, len(ran.err.splitlines())) == (2, 1)
        assert "no such file" in ran.err
