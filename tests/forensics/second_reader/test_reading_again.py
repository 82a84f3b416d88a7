"""The demo case read by second readers: everything agrees; whatever is tampered with is named by row and field."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cases import findings, second_reading
from cases.case import Case
from cases.second_reading import SecondReading
from forensics import open_case
from forensics.cli import main
from forensics.second_reader import run

SOME = 60  # cited rows read again where one row of them was tampered with; `whole` and the command read them all


@pytest.fixture(scope="module")
def read_whole(demo, tmp_path_factory) -> tuple[Path, SecondReading]:
    """A copy of the demo of which the command has read every cited row again, and the reading that it came to."""
    folder = tmp_path_factory.mktemp("whole") / "copy"
    shutil.copytree(demo.folder, folder)
    read_again, made = run.read_again, []

    def kept(*given: Any, **named: Any) -> SecondReading:
        made.append(read_again(*given, **named))
        return made[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "read_again", kept)
        patch.setattr(
            sys, "argv", ["athar", "verify", str(folder / "case"), "--evidence", str(folder / "evidence"), "--rows"]
        )
        with pytest.raises(SystemExit) as stop:
            main()
    assert stop.value.code in (None, 0)
    (whole,) = made
    return folder, whole


@pytest.fixture(scope="module")
def whole(read_whole) -> SecondReading:
    return read_whole[1]


@pytest.fixture
def copy(demo, tmp_path: Path) -> Path:
    """A copy of the demo: `evidence/` and `case/`."""
    shutil.copytree(demo.folder, tmp_path / "copy")
    return tmp_path / "copy"


def cited(case: Path, family: str) -> dict:
    """The first of the rows read again that is of a family and lies in a file of its own."""
    opened = open_case(case)
    rows = sorted(second_reading.cited_rows(opened.case)[:SOME])
    query = 'select row_id, exhibit, file, "offset", "length" from timeline where family = ? and row_id in (select unnest(?))'
    query += " and file not like '%.gz/%' and file not like '%.zip/%' order by time, row_id limit 1"
    (row,) = opened.query.sql(query, [family, rows]).to_pylist()
    return row


def on_disk(copy: Path, row: dict) -> Path:
    return copy / "evidence" / Case.open(copy / "case").register.exhibit(row["exhibit"]).name / row["file"]


def change(copy: Path, row: dict, old: bytes, new: bytes) -> None:
    """Change bytes of the row's record in the evidence."""
    path = on_disk(copy, row)
    data = bytearray(path.read_bytes())
    record = bytes(data[row["offset"] : row["offset"] + row["length"]])
    assert record.count(old) == 1
    assert len(old) == len(new)
    data[row["offset"] : row["offset"] + row["length"]] = record.replace(old, new)
    path.write_bytes(data)


def differences(copy: Path, row: dict) -> dict[str, tuple[str | None, str | None]]:
    again = run.read_again(Case.open(copy / "case"), override=copy / "evidence", limit=SOME)
    found = again.differences
    assert again.chosen == SOME
    assert {difference.row_id for difference in found} == {row["row_id"]}
    return {difference.field: (difference.timeline, difference.second) for difference in found}


def test_every_cited_row_of_the_demo_agrees_with_three_other_readers(whole: SecondReading) -> None:
    assert [tally.tool for tally in whole.tallies] == ["plain regular expressions", "python-evtx", "scapy"]
    assert (whole.chosen, whole.absent, whole.out_of_reach, whole.differences) == (whole.cited, (), {}, ())
    assert sum(tally.read for tally in whole.tallies) == whole.cited > 1_000
    for tally in whole.tallies:
        assert (tally.unread, tally.different) == ({}, 0)
        assert tally.fields == tally.equal + sum(tally.agreed.values()) > 5 * tally.read
    assert whole.tallies[0].agreed == {}
    assert set(whole.tallies[2].agreed) <= {"name as asked", "answer first"}


def test_a_changed_web_line_is_named(copy: Path) -> None:
    row = cited(copy / "case", "web/access")
    line = on_disk(copy, row).read_bytes()[row["offset"] : row["offset"] + row["length"]]
    status = line.split(b'" ')[1].split(b" ")[0]
    change(copy, row, b'" ' + status + b" ", b'" 299 ')
    assert differences(copy, row) == {"sc_status": (status.decode(), "299")}


def test_a_changed_event_record_is_named(copy: Path) -> None:
    row = cited(copy / "case", "windows/sysmon")
    values = open_case(copy / "case").query.sql("select Image from windows_sysmon where row_id = ?", [row["row_id"]])
    image = values.column(0)[0].as_py()
    forged = image[:-1] + "X"
    change(copy, row, image.encode("utf-16-le"), forged.encode("utf-16-le"))
    assert differences(copy, row) == {"Image": (image, forged)}


def test_a_changed_packet_is_named(copy: Path) -> None:
    row = cited(copy / "case", "net/dns")
    case = open_case(copy / "case")
    asked = case.query.sql("select query from net_dns where row_id = ?", [row["row_id"]]).column(0)[0].as_py()
    label = asked.split(".")[-1].encode()
    change(copy, row, label + b"\0", label[:-1] + b"z\0")
    assert differences(copy, row) == {"query": (asked, asked[:-1] + "z.")}


def test_one_flipped_byte_fails_the_whole_verification(copy: Path, athar) -> None:
    row = cited(copy / "case", "web/access")
    change(copy, row, b" HTTP/1.1", b" HTTP/1.0")
    done = athar("verify", copy / "case", "--evidence", copy / "evidence", "--limit", SOME, "--json")
    told = json.loads(done.out)
    failed = {
        (check["name"], check["subject"].partition(" ")[2] or check["subject"])
        for check in told["checks"]
        if check["state"] == "failed"
    }
    assert (done.code, told["verdict"]) == (1, "failed")
    assert ("second reading", "cs_version") in failed
    assert any(name == "evidence" and subject.endswith(row["file"]) for name, subject in failed)


def test_an_edited_stored_row_is_named(copy: Path) -> None:
    case = copy / "case"
    row = cited(case, "web/access")
    for path in sorted((case / "timeline" / "web" / "access").glob("*.parquet")):
        table = pq.ParquetFile(path).read()
        ids = table.column("row_id").to_pylist()
        if row["row_id"] in ids:
            place = table.schema.get_field_index("c_ip")
            clients = table.column("c_ip").to_pylist()
            true_client = clients[ids.index(row["row_id"])]
            clients[ids.index(row["row_id"])] = "203.0.113.250"
            pq.write_table(table.set_column(place, "c_ip", pa.array(clients)), path)
    assert differences(copy, row) == {"c_ip": ("203.0.113.250", true_client)}


def test_a_cited_row_that_the_timeline_lacks_is_named(copy: Path) -> None:
    case = Case.open(copy / "case")
    kept = findings.load_findings(case.findings_folder)
    forged = replace(kept[0], rows=("f" * 24, *kept[0].rows))
    findings.save(
        case.findings_folder,
        [forged, *kept[1:]],
        findings.load_matches(case.findings_folder),
        findings.load_outcomes(case.findings_folder),
    )
    found = run.read_again(case, limit=5)
    assert found.absent == ("f" * 24,)
    assert [(check.subject, check.state) for check in found.checks() if check.state == "failed"] == [
        ("f" * 24, "failed")
    ]


def test_a_limit_takes_some_of_each_finding_and_says_so(demo) -> None:
    case = Case.open(demo.case)
    kept = findings.load_findings(case.findings_folder)
    found = run.read_again(case, limit=len(kept))
    assert set(second_reading.cited_rows(case)[:3]) == {finding.rows[0] for finding in kept[:3]}
    assert sum(tally.rows for tally in found.tallies) == found.chosen == len(kept) < found.cited
    assert found.checks()[-1].detail == f"{found.chosen} of {found.cited} cited rows read again; --rows reads all"


def test_each_file_is_opened_once(demo, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []
    true_opened = run.opened

    def counted(case, exhibit, file, *more, **named):
        asked.append((exhibit, file))
        return true_opened(case, exhibit, file, *more, **named)

    monkeypatch.setattr(run, "opened", counted)
    run.read_again(Case.open(demo.case), limit=100)
    assert len(asked) == len(set(asked)) > 2


def test_evidence_elsewhere_is_not_checked_and_not_ok(copy: Path, athar, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    done = athar("verify", copy / "case", "--evidence", tmp_path / "nothing", "--json")
    told = json.loads(done.out)
    second = [check for check in told["checks"] if check["name"] == "second reading"]
    assert (done.code, told["verdict"]) == (1, "incomplete")
    assert {check["state"] for check in second if check["subject"] != "extent"} == {"not-checked"}


def test_the_reading_is_kept_in_the_case_with_its_counts(read_whole, athar) -> None:
    copy, whole = read_whole
    case = copy / "case"
    kept = second_reading.load(Case.open(case))
    assert kept is not None
    assert (kept.cited, kept.tallies) == (whole.cited, whole.tallies)
    assert second_reading.current(Case.open(case), kept)
    act = Case.open(case).custody.entries()[-1].act
    assert (act.action, act.options["different"]) == ("rows-read-again", 0)
    later = athar("verify", case, "--evidence", copy / "evidence", "--limit", 0)
    assert f"{whole.cited} of {whole.cited} cited rows, no difference" in later.out
    assert later.code == 0


def test_a_kept_reading_of_other_findings_says_so_and_a_damaged_one_fails(copy: Path) -> None:
    from forensics.verification import Wanted, verify

    case = Case.open(copy / "case")
    second_reading.save(case, replace(run.read_again(case, limit=3), cited_sha256="0" * 64))
    nothing = Wanted(evidence=copy / "evidence", limit=0)

    def kept() -> list[tuple[str, str]]:
        return [(c.state, c.detail) for c in verify(case, nothing)[0].checks if c.name == "second reading"]

    assert kept() == [("ok", "3 rows, of findings or a timeline that have changed since; --rows reads anew")]
    path = case.findings_folder / second_reading.FILE
    for damage in (b"[]", b"{", b'{"format":1}', b'{"format":9}'):
        path.write_bytes(damage)
        ((state, detail),) = kept()
        assert (state, "\n" in detail) == ("failed", False)


def test_nothing_is_kept_where_custody_is_broken(copy: Path, athar) -> None:
    journal = copy / "case" / "custody.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b'"who":"', b'"who":"x', 1))
    done = athar("verify", copy / "case", "--evidence", copy / "evidence", "--rows", "--limit", 3)
    assert done.code == 1
    assert "not kept: custody entry 1" in done.out
    assert not (copy / "case" / "findings" / second_reading.FILE).exists()


def test_rows_that_only_the_examiner_cites_are_read_too(copy: Path, athar) -> None:
    case = copy / "case"
    before = second_reading.cited_rows(Case.open(case))
    query = "select row_id from timeline where row_id not in (select unnest(?)) order by row_id limit 1"
    row = open_case(case).query.sql(query, [before]).column(0)[0].as_py()
    words = ("--title", "Seen by eye", "--row", row, "--level", "low", "--who", "A. Analyst", "--why", "it stands out")
    done = athar("findings", "add", case, *words)
    assert done.code == 0, done.err
    assert set(second_reading.cited_rows(Case.open(case))) == {*before, row}
