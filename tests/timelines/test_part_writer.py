"""Parts: rows of many shapes in few files, whose bytes depend on the rows alone."""

from __future__ import annotations

import json
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from timelines import part_writer
from timelines.coded import CODED
from timelines.part_writer import PartWriter
from timelines.rows import Provenance, finish
from timelines.schema import named_field, own_name

ORIGIN = Provenance("E001", "made.evtx", "0" * 64)


def batch(event, offsets, words=("spare", "x", "y"), **own):
    """Rows of one event at `offsets`, with columns of its own by name: places in `words`, or texts."""
    count = len(offsets)
    columns = {
        "time": pa.array(offsets, pa.int64()).cast(pa.timestamp("ns", "UTC")),
        "event": pa.array([event] * count),
        "offset": pa.array(offsets, pa.int64()),
        "length": pa.array([1] * count, pa.int64()),
    }
    for name, held in own.items():
        if isinstance(held[0], int):
            columns[name] = pa.DictionaryArray.from_arrays(pa.array(held, pa.int32()), pa.array(words))
        else:
            columns[name] = pa.array(held)
    rows = pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
    return finish("windows/other", rows, ORIGIN)


def written(folder, batches):
    writer = PartWriter(folder, "task")
    for one in batches:
        writer.add(one)
    return writer.close([], [])


def test_shapes_stand_side_by_side_null_where_one_lacks_a_column(tmp_path):
    (part,) = written(tmp_path, [batch("2", [30, 10], A=[1, 2]), batch("1", [20], B=["z"])])
    table = pq.read_table(tmp_path / part.path)
    assert table.select(["event", "offset", "A", "B"]).to_pylist() == [
        {"event": "1", "offset": 20, "A": None, "B": "z"},
        {"event": "2", "offset": 30, "A": "x", "B": None},  # one kind of event of one file: as the reader gave them
        {"event": "2", "offset": 10, "A": "y", "B": None},
    ]
    assert CODED not in table.schema.types


def test_a_column_coded_in_one_batch_and_text_in_another(tmp_path):
    (part,) = written(tmp_path, [batch("1", [1], A=[1]), batch("1", [2], A=["t"]), batch("2", [3], A=["u"], B=[2])])
    assert pq.read_table(tmp_path / part.path, columns=["A"]).to_pydict() == {"A": ["x", "t", "u"]}


@pytest.mark.parametrize("seed", range(3))
def test_the_bytes_do_not_depend_on_the_order_of_batches_or_on_their_dictionaries(tmp_path, seed):
    batches = [batch(str(n % 3), [n], **{f"Own{n % 4}": [n % 2]}, words=("x", "y")) for n in range(12)]
    expected = [part.sha256 for part in written(tmp_path / "a", batches)]
    others = [batch(str(n % 3), [n], **{f"Own{n % 4}": [2 - n % 2]}, words=("s", "y", "x")) for n in range(12)]
    random.Random(seed).shuffle(others)
    assert [part.sha256 for part in written(tmp_path / "b", others)] == expected


def test_names_that_differ_in_case_alone_do_not_share_a_part(tmp_path):
    parts = written(tmp_path, [batch("1", [1], Word=["a"]), batch("1", [2], word=["b"])])
    assert [part.rows for part in parts] == [1, 1]


def test_columns_of_one_stored_name_that_the_evidence_names_differently_stay_apart(tmp_path):
    """`User` is stored as `User_`, because the timeline has a `user`; so is what the evidence itself calls `User_`."""
    batches = []
    for at, own in enumerate(("User", "User_", "User")):
        made = batch("1", [at], User_=["amina"])
        schema = pa.schema([named_field("User_", own) if field.name == "User_" else field for field in made.schema])
        batches.append(pa.RecordBatch.from_arrays(made.columns, schema=schema))
    parts = written(tmp_path, batches)
    read = [pq.read_schema(tmp_path / part.path) for part in parts]
    assert [own_name(schema.field("User_")) for schema in read] == ["User", "User_"]
    assert [part.rows for part in parts] == [2, 1]


def spelled(number):
    """`columnname` with each letter in the case that a bit of `number` says."""
    return "".join(letter.upper() if number >> at & 1 else letter for at, letter in enumerate("columnname"))


def test_names_in_any_number_of_spellings_make_a_bounded_number_of_parts(tmp_path, monkeypatch):
    """Past PARTS, fields that can't stand beside the others are kept as JSON, and files where that is so are told."""
    monkeypatch.setattr(part_writer, "PARTS", 3)
    writer = PartWriter(tmp_path, "task")
    for number in range(200):
        writer.add(
            batch("1", [number], **{spelled(number): [f"text {number}"], "Same": [number % 3]}, OtherFields=["own"])
        )
    (problem,) = writer.crowded()
    parts = writer.close([problem], [])
    assert [part.rows for part in parts if not part.family.startswith("_")] == [1, 1, 1, 197]
    rows = [row for part in parts[:-1] for row in pq.read_table(tmp_path / part.path).to_pylist()]
    values = {}
    for row in rows:
        held = {**row, **json.loads(row["OtherFields"])} if row["OtherFields"] != "own" else row
        values[row["offset"]] = held[spelled(row["offset"])], held["Same"], held["OtherFields"]
    assert values == {number: (f"text {number}", ("spare", "x", "y")[number % 3], "own") for number in range(200)}
    assert {row["Same"] for row in rows} == {"spare", "x", "y"}
    assert (problem.file, problem.offset) == (
        "made.evtx",
        min(offset for offset in values if offset not in first_offsets(rows)),
    )
    assert problem.reason == "fields are named in too many ways: some of 197 rows stand together in OtherFields"


def first_offsets(rows):
    """Offsets of the rows whose fields are all columns."""
    return {row["offset"] for row in rows if row["OtherFields"] == "own"}


def test_shapes_that_are_wide_and_have_nothing_in_common_make_a_bounded_number_of_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(part_writer, "PARTS", 2)
    monkeypatch.setattr(part_writer, "WIDE", 60)
    batches = [batch("1", [n], **{f"Own{n}_{at}": [f"{n} {at}"] for at in range(30)}) for n in range(20)]
    parts = written(tmp_path, batches)
    assert [part.rows for part in parts] == [1, 1, 18]
    table = pq.read_table(tmp_path / parts[-1].path)
    assert table.num_columns <= 61
    for row in table.to_pylist():
        held = {**row, **json.loads(row["OtherFields"] or "{}")}
        assert [held[f"Own{row['offset']}_{at}"] for at in range(30)] == [f"{row['offset']} {at}" for at in range(30)]


def test_the_bytes_of_crowded_parts_do_not_depend_on_the_order_of_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(part_writer, "PARTS", 2)
    batches = [batch("1", [n], **{spelled(n): [f"text {n}"]}) for n in range(30)]
    expected = [part.sha256 for part in written(tmp_path / "a", batches)]
    assert [part.sha256 for part in written(tmp_path / "b", batches[::-1])] == expected


def test_shapes_count_towards_what_a_writer_holds(tmp_path, monkeypatch):
    """A shape of one row takes some 50 kB, whatever its values take."""
    monkeypatch.setattr(part_writer, "FLUSH_BYTES", 4 << 20)
    monkeypatch.setattr(part_writer, "PARTS", 1)
    writer = PartWriter(tmp_path, "task")
    most = 0
    for number in range(400):
        writer.add(batch("1", [number], **{f"Own{number}": ["x"]}))
        most = max(most, len(writer._held))
    assert most < 200
    assert sum(part.rows for part in writer.close([], [])) == 400
