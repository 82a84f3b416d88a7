"""Parts and the manifest: what is not listed does not exist, and shapes stay apart."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from timelines import part_file, part_writer
from timelines.hashing import sha256_file
from timelines.problems import LedgerRow, Problem
from timelines.rows import Provenance, finish
from timelines.schema import CORE_NAMES, named_field, own_name
from timelines.store import MANIFEST, Store

WHERE = Provenance("E001", "a.evtx", "00" * 32)


def rows(events, family="windows/security", **columns):
    """Rows whose offsets are 0, 10, 20 …; the time of row n is n seconds."""
    count = len(events)
    batch = {
        "time": pa.array([n * 1_000_000_000 for n in range(count)], pa.timestamp("ns", tz="UTC")),
        "offset": pa.array(range(0, 10 * count, 10), pa.int64()),
        "length": pa.array([10] * count, pa.int64()),
        "event": pa.array(events),
        **{name: pa.array(values) for name, values in columns.items()},
    }
    return finish(family, pa.RecordBatch.from_pydict(batch), WHERE)


def test_parts_exist_once_the_manifest_lists_them(tmp_path):
    store = Store(tmp_path)
    writer = store.writer("t1")
    writer.add(rows(["4624", "4625"]))
    parts = writer.close([], [])
    assert Store(tmp_path).infos() == []  # on disk, not listed
    store.commit({"t1": parts})
    (info,) = Store(tmp_path).infos()
    assert (info.family, info.rows, info.first, info.last) == ("windows/security", 2, 0, 1_000_000_000)
    assert info.sha256 == sha256_file(tmp_path / info.path)
    assert Store(tmp_path).done("t1")
    assert not Store(tmp_path).done("t2")


def test_strays_of_a_killed_worker_are_removed_and_listed_parts_stay(tmp_path):
    store = Store(tmp_path)
    for task in ("kept", "killed"):
        writer = store.writer(task)
        writer.add(rows(["1"]))
        parts = writer.close([], [])
        if task == "kept":
            store.commit({task: parts})
    (tmp_path / "windows" / "security" / "half.part").write_bytes(b"PAR1")
    assert Store(tmp_path).clear_strays() == 2
    assert [p.info.rows for p in Store(tmp_path).parts("windows/security")] == [1]


def test_small_shapes_share_a_part_and_large_ones_have_their_own(tmp_path, monkeypatch):
    monkeypatch.setattr(part_writer, "BIG_SHAPE", 3)
    writer = Store(tmp_path).writer("t")
    writer.add(rows(["4624"] * 3, LogonType=["2"] * 3))
    writer.add(rows(["1102"], Reason=["x"]))
    writer.add(rows(["4720"], Name=["y"]))
    names = [set(pq.read_schema(tmp_path / p.path).names) - set(CORE_NAMES) for p in writer.close([], [])]
    assert names == [{"Reason", "Name"}, {"LogonType"}]


def test_one_part_never_spells_a_column_in_two_ways(tmp_path):
    writer = Store(tmp_path).writer("t")
    writer.add(rows(["1"], ProcessId=["7"]))
    writer.add(rows(["2"], ProcessID=["8"]))
    writer.add(rows(["3"], ProcessId=["9"]))
    parts = writer.close([], [])
    spellings = [sorted(set(pq.read_schema(tmp_path / p.path).names) - set(CORE_NAMES)) for p in parts]
    assert spellings == [["ProcessID"], ["ProcessId"]]
    assert [p.rows for p in parts] == [1, 2]


def test_the_same_task_writes_the_same_bytes(tmp_path):
    digests = []
    for name in ("one", "two"):
        writer = Store(tmp_path / name).writer("t")
        writer.add(rows(["2", "1"], x=["b", "a"]))
        problems = [Problem("E001", "a.evtx", 3, 4, "why")]
        parts = writer.close(problems, [LedgerRow("E001", "a.evtx", 20, 20, 0, 0, 0)])
        digests.append([(p.path, p.sha256) for p in parts])
    assert digests[0] == digests[1]
    assert [path.partition("/")[0] for path, _ in digests[0]] == ["windows", "_problems", "_ledger"]


def test_parts_read_as_dictionaries_a_row_group_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(part_file, "ROW_GROUP", 2)
    store = Store(tmp_path)
    writer = store.writer("t")
    writer.add(rows(["1", "2", "3"], x=["a", "a", "b"]))
    store.commit({"t": writer.close([], [])})
    (part,) = store.parts("windows/security")
    tables = list(part.read(["x", "event", "absent"]))
    assert [t.num_rows for t in tables] == [2, 1]
    assert pa.types.is_dictionary(tables[0].schema.field("x").type)
    assert "absent" not in tables[0].schema.names


def test_a_part_keeps_the_evidences_own_names_of_columns(tmp_path):
    """`User` lies stored as `User_` beside the core column `user`; rules that say `User` must still find it."""
    plain = pa.RecordBatch.from_pydict(
        {
            "time": pa.array([0], pa.timestamp("ns", tz="UTC")),
            "offset": pa.array([0], pa.int64()),
            "length": pa.array([10], pa.int64()),
            "event": pa.array(["1"]),
        }
    )
    batch = pa.RecordBatch.from_arrays(
        [*plain.columns, pa.array(["EXAMPLE\\clerk"])], schema=plain.schema.append(named_field("User_", "User"))
    )
    store = Store(tmp_path)
    writer = store.writer("t1")
    writer.add(finish("windows/sysmon", batch, WHERE))
    store.commit({"t1": writer.close([], [])})
    (part,) = Store(tmp_path).parts("windows/sysmon")
    assert own_name(part.schema.field("User_")) == "User"
    assert part.schema.field("User_").type == pa.string()


def test_a_manifest_of_another_format_is_refused(tmp_path):
    (tmp_path / MANIFEST).write_text(json.dumps({"format": 99, "tasks": {}}))
    with pytest.raises(ValueError, match="format 99, expected 1"):
        Store(tmp_path)


def test_a_part_stays_narrow_however_many_names_the_evidence_invents(tmp_path, monkeypatch):
    monkeypatch.setattr(part_writer, "WIDE", 100)
    store = Store(tmp_path)
    writer = store.writer("t1")
    for shape in range(40):
        writer.add(rows(["1"], **{f"Name{shape}_{n}": ["x"] for n in range(10)}))
    store.commit({"t1": writer.close([], [])})
    parts = store.parts("windows/security")
    assert max(len(part.schema.names) for part in parts) <= 100
    assert 5 <= len(parts) < 10  # shapes still share parts
    named = {name for part in parts for name in part.schema.names} - set(CORE_NAMES)
    assert len(named) == 400


def test_a_part_of_many_shapes_holds_a_bounded_number_of_cells(tmp_path, monkeypatch):
    monkeypatch.setattr(part_writer, "CELLS", 2_000)
    store = Store(tmp_path)
    writer = store.writer("t1")
    for shape in range(6):
        writer.add(rows(["1"] * 30, **{f"Name{shape}": ["x"] * 30}))
    store.commit({"t1": writer.close([], [])})
    parts = store.parts("windows/security")
    assert sum(part.rows for part in parts) == 180
    assert all(part.rows * len(part.schema.names) <= 2_000 for part in parts)
