"""A task that reads small files together: as each alone, also where the reader fails."""

from __future__ import annotations

import gc
import os
import sys
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from forensics import planning, tasks
from forensics.demo.binxml_values import Kind
from forensics.demo.evtx_writer import Event, write_log
from forensics.joined_files import Joined
from forensics.laid_files import Laid
from forensics.planning import Given, plan
from parsers.base import Slice
from parsers.evidence import examine
from parsers.windows.evtx import Evtx
from timelines.inventory import FileEntry

NOON = 1_768_392_000_000_000_000


def log(path, count, first=1):
    """A log of `count` invented logons, numbered from `first`."""
    events = [
        Event(
            provider="Microsoft-Windows-Security-Auditing",
            provider_guid="{54849625-5478-4994-A5BA-3E3B0328C30D}",
            event_id=4624,
            time_ns=NOON + number * 10_000_000,
            record_id=number,
            computer="WEB01.tamrirt.example",
            data=(("TargetUserName", Kind.UNICODE, f"user{number}"),),
        )
        for number in range(first, first + count)
    ]
    write_log(path, "Security", events)


class Alone(Evtx):
    """The same reader without a wish for company."""

    def joins(self, size):
        return False


class Touchy(Evtx):
    """A reader with a bug: fails on the third log, at the end of it."""

    def parse_together(self, files, content):
        yield from super().parse_together(files, content)
        if any(evidence.file.endswith("2.evtx") for evidence in files):
            raise IndexError("off by one")


@pytest.fixture
def source(tmp_path):
    """Five logs, two of them in an archive."""
    folder = tmp_path / "evidence"
    folder.mkdir()
    for number in range(5):
        log(folder / f"{number}.evtx", number + 1, first=100 * number + 1)
    with zipfile.ZipFile(folder / "packed.zip", "w") as archive:
        for name in ("3.evtx", "4.evtx"):
            archive.write(folder / name, name)
            (folder / name).unlink()
    return folder


def read(source, root):
    """The one task of the evidence: what it says, its rows by id, and its problems and ledger."""
    entries = [entry for entry in examine("E001", source, {}) if isinstance(entry, FileEntry)]
    (task,) = plan(source, entries, Given(), "1")
    done = tasks.run(task, root)
    tables = {part.path: pq.read_table(root / part.path).to_pylist() for part in done.parts}
    rows = [row for path, table in tables.items() if not path.startswith("_") for row in table]
    ledger = [row for path, table in tables.items() if path.startswith("_ledger") for row in table]
    problems = [row for path, table in tables.items() if path.startswith("_problems") for row in table]
    return done, sorted(rows, key=lambda row: row["row_id"]), problems, sorted(ledger, key=lambda row: row["file"])


def test_files_read_together_give_the_rows_and_ledger_of_each_alone(source, tmp_path, monkeypatch):
    together = read(source, tmp_path / "together")
    monkeypatch.setattr(tasks, "TOGETHER_BYTES", 100_000)  # two logs at a time
    by_two = read(source, tmp_path / "by-two")
    monkeypatch.setattr(tasks, "by_name", lambda name: Alone())
    alone = read(source, tmp_path / "alone")
    monkeypatch.undo()
    monkeypatch.setattr(tasks, "HELD_COLUMNS", 1)
    apart, given_up_on = tasks._read_apart, []
    monkeypatch.setattr(
        tasks, "_read_apart", lambda held, *more: given_up_on.append(len(held.files)) or apart(held, *more)
    )
    given_up = read(source, tmp_path / "given-up")
    assert given_up_on == [5]
    assert together[1:] == by_two[1:] == alone[1:] == given_up[1:]
    assert together[0].rows == 1 + 2 + 3 + 4 + 5
    assert {row["file"] for row in together[1]} == {
        "0.evtx", "1.evtx", "2.evtx", "packed.zip/3.evtx", "packed.zip/4.evtx"
    }  # fmt: skip


def test_a_fault_in_one_file_costs_the_others_nothing(source, tmp_path, monkeypatch):
    sound = read(source, tmp_path / "sound")
    monkeypatch.setattr(tasks, "by_name", lambda name: Touchy())
    done, rows, problems, ledger = read(source, tmp_path / "touchy")
    assert done.crashes == 1
    assert [(row["file"], "fault in the windows/evtx reader" in row["reason"]) for row in problems] == [
        ("2.evtx", True)
    ]
    assert rows == sound[1]  # the fault comes after the last row, and what was read is kept
    assert ledger == sound[3]


def test_a_file_that_has_changed_since_it_was_listed_is_read_on_its_own(source, tmp_path):
    entries = [entry for entry in examine("E001", source, {}) if isinstance(entry, FileEntry)]
    (task,) = plan(source, entries, Given(), "1")
    with (source / "1.evtx").open("ab") as handle:
        handle.write(bytes(4096))
    done = tasks.run(task, tmp_path / "case")
    assert done.crashes == 0
    assert done.rows == 1 + 2 + 3 + 4 + 5


def test_a_file_that_is_gone_is_told_and_the_others_are_read(source, tmp_path):
    entries = [entry for entry in examine("E001", source, {}) if isinstance(entry, FileEntry)]
    (task,) = plan(source, entries, Given(), "1")
    (source / "1.evtx").unlink()
    done = tasks.run(task, tmp_path / "case")
    assert (done.crashes, done.rows) == (0, 1 + 3 + 4 + 5)
    tables = {part.path: pq.read_table(tmp_path / "case" / part.path).to_pylist() for part in done.parts}
    problems = [row for path, table in tables.items() if path.startswith("_problems") for row in table]
    assert [(row["file"], row["reason"]) for row in problems] == [
        ("1.evtx", "cannot be read: No such file or directory")
    ]
    ledger = {row["file"]: row for path in tables if path.startswith("_ledger/") for row in tables[path]}
    assert ledger["1.evtx"]["damaged"] == ledger["1.evtx"]["size"] > 0
    assert len(ledger) == 5


@pytest.mark.skipif(sys.platform != "linux", reason="names of other systems are text")
def test_a_log_whose_name_is_no_utf_8_is_read_with_the_others(source, tmp_path):
    (source / "1.evtx").rename(source / os.fsdecode(b"\xff.evtx"))
    _, rows, problems, ledger = read(source, tmp_path / "case")
    assert len(rows) == 1 + 2 + 3 + 4 + 5
    assert {row["file"] for row in ledger} >= {"\\xff.evtx", "0.evtx"}
    assert problems == []


def test_a_task_leaves_arrows_memory_pool_and_the_collector_as_they_were(source, tmp_path, monkeypatch):
    seen = []
    before = pa.default_memory_pool().backend_name, gc.get_threshold()
    monkeypatch.setattr(tasks, "by_name", lambda name: seen.append(pa.default_memory_pool().backend_name) or Evtx())
    read(source, tmp_path / "case")
    assert set(seen) == {"system"} if sys.platform == "linux" else set(seen)
    assert (pa.default_memory_pool().backend_name, gc.get_threshold()) == before


def test_large_files_come_first_and_small_slices_share_tasks(source, monkeypatch):
    entries = [entry for entry in examine("E001", source, {}) if isinstance(entry, FileEntry)]
    sizes = {entry.file: entry.size for entry in entries}
    largest = max(size for file, size in sizes.items() if not file.startswith("packed"))
    monkeypatch.setattr(planning, "BUNDLE_BYTES", largest - 1)
    planned = list(plan(source, entries, Given(), "1"))
    on_disk = sorted((size for file, size in sizes.items() if not file.startswith("packed")), reverse=True)
    first = [size for size in on_disk if size == largest]
    assert [task.size for task in planned][: len(first)] == first
    assert all(task.slices for task in planned[: len(first)])
    assert sorted(entry.file for task in planned for entry in task.entries) == sorted(
        entry.file for entry in entries if entry.status == "evidence"
    )

    entry = next(entry for entry in entries if entry.size == largest and entry.file == entry.on_disk)
    pieces = [Slice(at, min(at + 1000, largest)) for at in range(0, largest, 1000)]
    monkeypatch.setattr(planning, "by_name", lambda name: type("Cut", (), {"slices": lambda self, evidence: pieces})())
    monkeypatch.setattr(planning, "JOINED_BYTES", 20_000)
    monkeypatch.setattr(planning, "FINEST_BYTES", 3_000)
    cut = list(plan(source, [entry], Given(), "1"))
    assert [piece for task in cut for piece in task.slices or ()] == pieces
    assert [task.size for task in cut[:-1]] == sorted((task.size for task in cut[:-1]), reverse=True)
    assert cut[0].size <= 20_000
    assert len(cut) < len(pieces) / 3


def small(number, size):
    return FileEntry("E001", f"{number}.evtx", size, f"{number:064x}", "evidence", "windows/evtx")


def test_the_last_bundle_of_small_files_takes_in_what_would_be_a_small_one(tmp_path, monkeypatch):
    monkeypatch.setattr(planning, "BUNDLE_BYTES", 100)
    for sizes, bundles in [
        ([30] * 4, [120]),
        ([30] * 5, [90, 60]),
        ([100, 25], [125]),
        ([100, 26], [100, 26]),
        ([30] * 7, [90, 120]),
    ]:
        entries = [small(number, size) for number, size in enumerate(sizes)]
        planned = list(plan(tmp_path, entries, Given(), "1"))
        assert [task.size for task in planned] == bundles
        assert [entry for task in planned for entry in task.entries] == entries


def test_files_that_have_grown_shrunk_or_gone_are_not_joined(source):
    held = Joined(Evtx(), Laid(3 * 69_632))
    sizes = [(source / name).stat().st_size for name in ("0.evtx", "1.evtx")]
    given = Given()
    entries = [
        FileEntry("E001", name, size, "0" * 64, "evidence", "windows/evtx")
        for name, size in (("0.evtx", sizes[0]), ("1.evtx", sizes[1] - 1), ("1.evtx", sizes[1] + 1), ("9.evtx", 10))
    ]
    assert [held.take(given.evidence(entry, source / entry.file)) for entry in entries] == [True, False, False, False]
    assert held.content().tobytes() == (source / "0.evtx").read_bytes()
    assert held.has_room(given.evidence(small(1, 2 * 69_632), source))
    assert not held.has_room(given.evidence(small(1, 2 * 69_632 + 1), source))
