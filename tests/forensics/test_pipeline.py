"""Evidence to timeline: stable ids, a ledger that adds up, resumption, and faults that stay where they are."""

from __future__ import annotations

import gzip
import os
import signal

import pyarrow as pa
import pytest

from cases.case import Case
from cases.errors import CaseError
from forensics import pipeline, planning, running, tasks
from forensics.api import OpenCase, open_case, start
from parsers.base import Batch, Slice
from timelines.part_writer import PartWriter
from timelines.problems import account
from timelines.store import Store

LINE = '192.0.2.{n} - - [14/Jan/2026:08:00:{n:02d} +0000] "GET /page{n} HTTP/1.1" 200 {n} "-" "Mozilla/5.0"\n'


def log(first, last):
    return "".join(LINE.format(n=n) for n in range(first, last)).encode()


@pytest.fixture
def evidence(tmp_path):
    """Three logs (one inside gz), a duplicate, a note that no reader knows, and an empty file."""
    folder = tmp_path / "evidence"
    (folder / "web").mkdir(parents=True)
    (folder / "web" / "a.log").write_bytes(log(1, 20))
    (folder / "web" / "b.log").write_bytes(log(20, 40) + b"\x00\x01 not a request\n")
    (folder / "web" / "old.log.gz").write_bytes(gzip.compress(log(40, 50), mtime=0))
    (folder / "copy.log").write_bytes(log(1, 20))
    (folder / "note.txt").write_text("Seized at the town hall.\n")
    (folder / "empty.evtx").write_bytes(b"")
    return folder


def made(tmp_path, evidence, name="case", workers=1):
    case = start(tmp_path / name, [evidence] if not isinstance(evidence, list) else evidence, None)
    result = pipeline.ingest(case, workers=workers)
    return OpenCase(case), result


def test_every_file_is_mentioned_and_every_byte_accounted_for(tmp_path, evidence):
    case, result = made(tmp_path, evidence)
    files = case.files().set_index("file")
    assert files["status"].to_dict() == {
        "copy.log": "evidence",
        "empty.evtx": "empty",
        "note.txt": "unrecognised",
        "web/a.log": "duplicate",
        "web/b.log": "evidence",
        "web/old.log.gz": "container",
        "web/old.log.gz/old.log": "evidence",
    }
    assert files.loc["web/a.log", "duplicate_of"] == "E001/copy.log"
    ledger = case.ledger()
    assert set(ledger["file"]) == set(files.index) - {"web/a.log"}
    assert (ledger["size"] == ledger[["read", "free", "unsupported", "damaged"]].sum(axis=1)).all()
    assert ledger.set_index("file").loc["note.txt", "unsupported"] == len("Seized at the town hall.\n")
    assert case.query.counts() == {"web/access": 49}
    assert (result.rows, result.sound) == (49, True)


def test_row_ids_do_not_depend_on_workers_or_on_the_order_of_evidence(tmp_path, evidence):
    one, _ = made(tmp_path, evidence, "one", workers=1)
    two, _ = made(tmp_path, evidence, "two", workers=2)
    columns = ["row_id", "time", "exhibit", "file", "offset", "object"]
    assert one.timeline(columns=columns).equals(two.timeline(columns=columns))
    apart = [evidence / "web" / "old.log.gz", evidence / "web" / "b.log", evidence / "web" / "a.log"]
    three, _ = made(tmp_path, apart, "three")
    assert sorted(three.timeline()["row_id"]) == sorted(one.timeline()["row_id"])


def test_parts_are_the_same_bytes_for_any_number_of_workers(tmp_path, evidence):
    made(tmp_path, evidence, "one", workers=1)
    made(tmp_path, evidence, "two", workers=2)
    infos = [[(i.path, i.sha256) for i in Store(tmp_path / name / "timeline").infos()] for name in ("one", "two")]
    assert infos[0] == infos[1]


def test_a_run_goes_on_where_it_was_cut_off(tmp_path, evidence, monkeypatch):
    monkeypatch.setattr(planning, "BUNDLE_BYTES", 1)  # a task a file
    monkeypatch.setattr(running, "AHEAD", 1)
    case = start(tmp_path / "case", [evidence], None)
    real, ran = tasks.run, []

    def cut(task, root, scratch=None):
        if len(ran) == 1:
            raise KeyboardInterrupt
        ran.append(task.id)
        return real(task, root, scratch)

    monkeypatch.setattr(tasks, "run", cut)
    with pytest.raises(KeyboardInterrupt):
        pipeline.ingest(case, workers=1)
    monkeypatch.setattr(tasks, "run", real)
    again = pipeline.ingest(Case.open(tmp_path / "case"), workers=1)
    assert again.tasks == 2
    assert open_case(tmp_path / "case").query.counts() == {"web/access": 49}
    assert pipeline.ingest(Case.open(tmp_path / "case"), workers=1).tasks == 0


def test_evidence_that_changes_is_named(tmp_path, evidence):
    case = start(tmp_path / "case", [evidence], None)
    with (evidence / "web" / "b.log").open("r+b") as handle:
        handle.write(b"9")
    result = pipeline.ingest(case, workers=1)
    assert result.changed == ("E001/web/b.log",)
    assert not result.sound
    problems = OpenCase(case).problems()
    assert any("changed" in reason for reason in problems[problems["file"] == "web/b.log"]["reason"])
    assert case.custody.entries()[-1].act.action == "evidence-changed"


class Faulty:
    """A reader with a bug: reads the first line, then fails."""

    name = "web/log"

    def accepts(self, head, name):
        return True

    def slices(self, evidence):
        return [Slice(0, evidence.size)]

    def parse(self, evidence, piece):
        yield account("read", 0, 10)
        rows = {
            "time": pa.array([0], pa.timestamp("ns", tz="UTC")),
            "offset": pa.array([0], pa.int64()),
            "length": pa.array([10], pa.int64()),
        }
        yield Batch("web/access", pa.RecordBatch.from_pydict(rows))
        raise IndexError("off by one")


def test_a_reader_that_fails_costs_its_piece_and_no_more(tmp_path, evidence, monkeypatch):
    case = start(tmp_path / "case", [evidence], None)
    real = tasks.by_name
    calls = iter([Faulty()] * 3)  # as often as a task asks for the reader of its first file
    monkeypatch.setattr(tasks, "by_name", lambda name: next(calls, None) or real(name))
    result = pipeline.ingest(case, workers=1)
    opened = OpenCase(case)
    assert result.crashes == 1
    assert not result.sound
    reasons = opened.problems()["reason"].tolist()
    assert any("fault in the web/log reader (IndexError: off by one)" in reason for reason in reasons)
    ledger = opened.ledger().set_index("file")
    assert ledger.loc["copy.log", "read"] == 10
    assert ledger.loc["copy.log", "damaged"] == ledger.loc["copy.log", "size"] - 10
    assert opened.query.counts() == {"web/access": 1 + 20 + 10}


def test_rows_that_cannot_be_written_stop_the_run_and_are_read_again(tmp_path, evidence, monkeypatch):
    case = start(tmp_path / "case", [evidence], None)

    def full(writer, batch):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(PartWriter, "add", full)
        with pytest.raises(OSError, match="No space left"):
            pipeline.ingest(case, workers=1)
    assert pipeline.ingest(Case.open(tmp_path / "case"), workers=1).rows == 49


def die(task, root, scratch=None):
    """What a worker killed for want of memory looks like."""
    os.kill(os.getpid(), signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)


def test_a_worker_that_dies_twice_costs_its_task_and_is_reported(tmp_path, evidence, monkeypatch):
    case = start(tmp_path / "case", [evidence], None)
    monkeypatch.setattr(tasks, "run", die)
    result = pipeline.ingest(case, workers=2)
    opened = OpenCase(case)
    assert result.crashes == 3
    assert opened.problems()["reason"].str.contains("died twice").sum() == 3
    ledger = opened.ledger()
    assert (ledger["size"] == ledger[["read", "free", "unsupported", "damaged"]].sum(axis=1)).all()


def test_large_files_are_cut_into_slices_and_stay_one_ledger_row(tmp_path, monkeypatch):
    big = tmp_path / "big.log"
    big.write_bytes(log(1, 59) * 40)
    whole, _ = made(tmp_path, big, "whole")
    monkeypatch.setattr(planning, "BUNDLE_BYTES", 4096)
    cut, result = made(tmp_path, big, "cut")
    assert result.tasks >= 1
    columns = ["row_id", "record", "offset", "length"]
    assert whole.timeline(columns=columns).equals(cut.timeline(columns=columns))
    assert len(cut.ledger()) == 1


@pytest.mark.parametrize("path", ["missing", "case/.."])
def test_evidence_that_cannot_be_taken_is_refused_in_one_line(tmp_path, path):
    (tmp_path / "case").mkdir()
    with pytest.raises(CaseError) as error:
        start(tmp_path / "case", [tmp_path / path], None)
    assert "\n" not in str(error.value)


def test_the_same_evidence_is_not_added_twice(tmp_path, evidence):
    made(tmp_path, evidence)
    again, result = made(tmp_path, evidence)
    assert [x.exhibit for x in again.case.register.exhibits] == ["E001"]
    assert result.tasks == 0


def test_evidence_is_never_written(tmp_path, evidence):
    before = {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in evidence.rglob("*") if p.is_file()}
    for path in before:
        path.chmod(0o444)
    made(tmp_path, evidence)
    assert before == {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in evidence.rglob("*") if p.is_file()}
