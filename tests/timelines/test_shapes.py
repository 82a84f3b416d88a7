"""Rows of many shapes side by side, and what their dictionaries say as one."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from timelines import shapes as shapes_
from timelines.coded import CODED
from timelines.shapes import Shape, side_by_side
from timelines.words import Words

PLAIN = [("event", pa.string()), ("file", pa.string()), ("time", pa.int64()), ("offset", pa.int64())]


def shape(dictionaries, rows, own):
    """Rows of (event, offset, own value); the own column is named `own`, its texts coded."""
    events, offsets, texts = zip(*rows, strict=True)
    columns = [pa.array(events), pa.array(["f"] * len(rows)), pa.array([0] * len(rows)), pa.array(offsets)]
    columns.append(pa.array(texts, pa.string()).dictionary_encode())
    given = pa.schema([*PLAIN, (own, CODED)])
    made = Shape("windows/other", pa.schema([*PLAIN, (own, pa.string())]))
    made.add(pa.RecordBatch.from_arrays(columns, schema=given), dictionaries)
    return made


def test_rows_are_in_order_of_event_and_offset_and_shapes_of_their_first_event():
    held = {}
    shapes = [shape(held, [("7", 5, "x"), ("4", 9, None), ("4", 2, "y")], "A"), shape(held, [("1", 8, "x")], "B")]
    table = side_by_side(shapes, Words(held))
    assert table.select(["event", "offset", "A", "B"]).to_pylist() == [
        {"event": "1", "offset": 8, "A": None, "B": "x"},
        {"event": "4", "offset": 2, "A": "y", "B": None},
        {"event": "4", "offset": 9, "A": None, "B": None},
        {"event": "7", "offset": 5, "A": "x", "B": None},
    ]


def test_a_column_that_some_of_many_shapes_have_is_null_in_all_between():
    held = {}
    shapes = [shape(held, [(str(n), n, f"v{n}")], "A" if n in (1, 4) else f"B{n}") for n in range(6)]
    table = side_by_side(shapes, Words(held))
    assert table.column("A").to_pylist() == [None, "v1", None, None, "v4", None]


def test_a_dictionary_that_batches_share_counts_once():
    words = pa.array(["long text " * 10])
    column = pa.DictionaryArray.from_arrays(pa.array([0], pa.int32()), words)
    fields = pa.schema([*PLAIN, ("A", CODED)])
    batch = pa.RecordBatch.from_arrays(
        [pa.array(["1"]), pa.array(["f"]), pa.array([0]), pa.array([0]), column], schema=fields
    )
    held, one = {}, Shape("windows/other", pa.schema([*PLAIN, ("A", pa.string())]))
    first, second = one.add(batch, held), one.add(batch, held)
    assert (len(held), one.rows) == (1, 2)
    assert first - second == words.nbytes


def test_words_of_several_dictionaries_are_one_without_repeats():
    held = {}
    shape(held, [("1", 1, "x"), ("1", 2, "y")], "A")
    shape(held, [("1", 1, "y"), ("1", 2, "z")], "A")
    assert Words(held).text.to_pylist() == ["x", "y", "z"]
    assert Words({}).text.to_pylist() == []


def test_dictionaries_that_share_their_bounds_are_two():
    """Arrow gives a text in lower case the bounds of the text itself: told apart by those, one column would say what the other says."""
    said = pa.array(["NTLM"])
    lower = pc.ascii_lower(said)
    assert lower.buffers()[1].address == said.buffers()[1].address
    places = pa.array([0], pa.int32())
    columns = {
        "event": ["4624"],
        "file": ["a.evtx"],
        "time": pa.array([0], pa.int64()).cast(pa.timestamp("ns", "UTC")),
        "offset": pa.array([0], pa.int64()),
        "said": pa.DictionaryArray.from_arrays(places, said),
        "lower": pa.DictionaryArray.from_arrays(places, lower),
    }
    batch = pa.record_batch(columns)
    plain = pa.schema([(f.name, pa.string() if pa.types.is_dictionary(f.type) else f.type) for f in batch.schema])
    shape, dictionaries = Shape("windows/security", plain), {}
    shape.add(batch, dictionaries)
    (row,) = side_by_side([shape], Words(dictionaries)).select(["said", "lower"]).to_pylist()
    assert row == {"said": "NTLM", "lower": "ntlm"}


def texts(event, values):
    """Rows of one event whose own column `A` came as texts."""
    columns = [pa.array([event] * len(values)), pa.array(["f"] * len(values)), pa.array([0] * len(values))]
    fields = pa.schema([*PLAIN, ("A", pa.string())])
    made = Shape("windows/other", fields)
    made.add(pa.RecordBatch.from_arrays([*columns, pa.array(range(len(values))), pa.array(values)], schema=fields), {})
    return made


def mixed():
    held = {}
    shapes = [shape(held, [("1", 1, "x"), ("1", 2, None)], "A"), texts("2", ["y", "x", None]), texts("4", ["z"])]
    shapes += [shape(held, [("3", 1, "n")], "B"), shape(held, [("5", 1, "y"), ("5", 2, "y")], "A")]
    return side_by_side(shapes, Words(held)).column("A")


def test_a_column_that_some_shapes_have_as_texts_is_coded_in_all(monkeypatch):
    column = mixed()
    assert column.to_pylist() == ["x", None, "y", "x", None, None, "z", "y", "y"]
    assert column.chunk(0).dictionary.to_pylist() == ["x", "y", "z"]
    monkeypatch.setattr(shapes_, "ENCODED", 0)  # as if its texts were long: they are not copied again
    assert mixed().type == pa.string()
    assert mixed().to_pylist() == column.to_pylist()


def test_a_large_table_keeps_the_dictionary_of_all_words_for_its_row_groups_to_choose_from():
    held = {}
    shapes = [shape(held, [("1", 1, "x"), ("1", 2, "y")], "A"), shape(held, [("2", 1, "z"), ("2", 2, "w")], "B")]
    column = side_by_side(shapes, Words(held), small=False).column("A")
    assert column.to_pylist() == ["x", "y", None, None]
    assert set(column.chunk(0).dictionary.to_pylist()) == {"x", "y", "z", "w"}
