"""Logs of more shapes than are decoded at once, or than a process remembers: the same rows, few shapes held at a time."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from forensics.demo.binxml_values import Kind
from forensics.demo.evtx_writer import Event, write_log
from parsers.base import Batch
from parsers.windows import evtx, singles
from tests.parsers.windows.conftest import parse
from timelines import part_writer
from timelines.part_writer import FOLDED, PartWriter
from timelines.rows import Provenance, finish

NOON = 1_614_859_200_000_000_000  # 2021-03-04 12:00:00 UTC


def event(number, shape, nested=True):
    return Event(
        provider="Example-Provider",
        provider_guid=None,
        event_id=1 + number % 9,
        time_ns=NOON + number * 1_000_000,
        record_id=number,
        computer="host.example",
        data=((f"Own{shape}", Kind.UNICODE, f"text {number}"), ("Same", Kind.UINT32, number)),
        nested=nested,
    )


def written(path, shapes, count, nested=True):
    write_log(path, "Security", [event(n, n % shapes, nested) for n in range(1, count + 1)])
    return path


@pytest.mark.parametrize("nested", [True, False])
def test_records_are_decoded_in_runs_of_few_shapes(tmp_path, read, monkeypatch, nested):
    path = written(tmp_path / "many.evtx", 150, 600, nested)
    whole = read(path)
    monkeypatch.setattr(evtx, "MAX_SHAPES", 40)
    monkeypatch.setattr(evtx, "FEW", 8)
    held, decode = [], evtx.decode
    monkeypatch.setattr(evtx, "decode", lambda visit, shapes: held.append(len(shapes)) or decode(visit, shapes))
    again = read(path)
    assert again.rows == whole.rows
    assert max(held) <= 40
    assert sum(held) >= 150
    assert again.parts == whole.parts


def test_records_of_no_group_are_held_a_few_shapes_at_a_time(tmp_path, read, monkeypatch):
    path = written(tmp_path / "many.evtx", 90, 180)
    whole = read(path)
    monkeypatch.setattr(singles, "SHAPES_AT_ONCE", 7)
    monkeypatch.setattr(evtx, "grouped", lambda visit, span, room: ([], evtx.np.arange(span[1] - span[0])))
    monkeypatch.setattr(evtx, "inline", lambda visit, fragments, odd: ([], odd))
    held, batches = [], evtx.batches
    monkeypatch.setattr(evtx, "batches", lambda tables, found: held.append(len(tables)) or batches(tables, found))
    assert read(path).rows == whole.rows
    assert max(held) <= 7


def test_more_shapes_than_are_remembered_through_whole_parts(tmp_path, monkeypatch):
    """1,050 shapes of one row: every value of every row in a few parts, equal to what the package `evtx` reads."""
    package = pytest.importorskip("evtx", reason="the Rust package is no dependency: Linux only")
    path = written(tmp_path / "many.evtx", 1_050, 1_050)
    monkeypatch.setattr(part_writer, "PARTS", 1)
    monkeypatch.setattr(part_writer, "WIDE", 150)
    monkeypatch.setattr(part_writer, "FLUSH_BYTES", 12 << 20)
    writer = PartWriter(tmp_path / "parts", "task")
    for batch in parse(path).batches:
        assert isinstance(batch, Batch)
        writer.add(finish(batch.family, batch.rows, Provenance("E001", path.name, "0" * 64)))
    (problem,) = writer.crowded()
    parts = writer.close([], [])
    assert len(parts) < 12
    found = {}
    for part in parts:
        for batch in pq.ParquetFile(tmp_path / "parts" / part.path).iter_batches(500):
            names = [
                name for name in batch.schema.names if name.startswith("Own") or name in (FOLDED, "Same", "record")
            ]
            for row in batch.select(names).to_pylist():
                said = {name: value for name, value in row.items() if value is not None}
                found[row["record"]] = {**said, **json.loads(said.pop(FOLDED, "{}"))}
    assert sum(part.rows for part in parts) == len(found) == 1_050
    for record in package.PyEvtxParser(str(path)).records_json():
        data = json.loads(record["data"])["Event"]["EventData"]
        mine = found[record["event_record_id"]]
        assert {name: str(value) for name, value in data.items() if name != "#attributes"} == {
            name: value for name, value in mine.items() if name not in ("record", FOLDED)
        }
    assert problem.file == "many.evtx"
