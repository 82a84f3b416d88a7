"""Tables as Parquet files: what readers get, and how columns are encoded."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from timelines import part_file
from timelines.coded import CODED
from timelines.part_file import write
from timelines.parts import Part, PartInfo
from timelines.schema import TIME, named_field, own_name

ROWS = 1_000


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(part_file, "ROW_GROUP", 400)
    monkeypatch.setattr(part_file, "SAMPLE", 100)


def coded(places, words):
    return pa.DictionaryArray.from_arrays(pa.array(places, pa.int32()), pa.array(words, pa.string()))


def table(words):
    """Rows whose texts are places in `words`: w0 … w1999 in some order."""
    at = {word: place for place, word in enumerate(words)}
    rows = range(ROWS)
    columns = {
        "time": pa.array([n * 10**9 for n in rows], pa.int64()).cast(TIME),
        "offset": pa.array([n * 100 for n in rows], pa.int64()),
        "bytes": pa.array([(n * 7_919) % 10_007 for n in rows], pa.int64()),
        "port": pa.array([(n * 7_919) % 10_007 for n in rows], pa.int32()),
        "status": pa.array([n % 3 if n % 7 else None for n in rows], pa.int64()),
        "same": coded([at["w5"]] * ROWS, words),
        "few": coded([at[f"w{n % 3}"] if n % 5 else None for n in rows], words),
        "half": coded([at[f"w{n // 2}"] for n in rows], words),
        "each": coded([at[f"w{1000 + n}"] if n % 2 else None for n in rows], words),
        "none": coded([None] * ROWS, words),
        "text": pa.array([f"t{n % 4}" for n in rows]),
    }
    fields = [
        named_field(name, "File Name", array.type) if name == "half" else pa.field(name, array.type)
        for name, array in columns.items()
    ]
    return pa.Table.from_arrays(list(columns.values()), schema=pa.schema(fields))


WORDS = [f"w{n}" for n in range(2 * ROWS)]


def encodings(path):
    """By column, the encodings of each row group."""
    groups = pq.ParquetFile(path).metadata
    columns = [groups.row_group(0).column(at).path_in_schema for at in range(groups.num_columns)]
    return {
        name: [set(groups.row_group(group).column(at).encodings) for group in range(groups.num_row_groups)]
        for at, name in enumerate(columns)
    }


def test_readers_get_the_same_values_as_plain_columns(tmp_path):
    given = table(WORDS)
    write(tmp_path / "a.parquet", given)
    read = pq.read_table(tmp_path / "a.parquet")
    assert read.to_pylist() == given.to_pylist()
    assert CODED not in read.schema.types
    assert own_name(read.schema.field("half")) == "File Name"
    assert pq.ParquetFile(tmp_path / "a.parquet").num_row_groups == 2  # about equally large


def test_the_bytes_hang_on_the_rows_not_on_the_dictionaries(tmp_path):
    shuffled = [WORDS[at] for at in np.random.default_rng(1).permutation(len(WORDS))]
    write(tmp_path / "a.parquet", table(WORDS))
    write(tmp_path / "b.parquet", table([*shuffled, *(f"unused {n}" for n in range(50))]))
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_a_row_group_has_a_dictionary_of_what_it_uses(tmp_path):
    write(tmp_path / "a.parquet", table(WORDS))
    with pq.ParquetFile(tmp_path / "a.parquet", read_dictionary=["half", "few", "same"]) as file:
        second = file.read_row_group(1, columns=["half", "few", "same"])
    assert second.column("half").chunk(0).dictionary.to_pylist() == [f"w{n}" for n in range(250, 500)]
    assert second.column("same").chunk(0).dictionary.to_pylist() == ["w5"]
    assert sorted(second.column("few").chunk(0).dictionary.to_pylist()) == ["w0", "w1", "w2"]


def test_numbers_that_hardly_repeat_are_differences_and_texts_that_stand_once_have_no_dictionary(tmp_path):
    write(tmp_path / "a.parquet", table(WORDS))
    found = encodings(tmp_path / "a.parquet")
    for name in ("time", "offset", "bytes"):
        assert all("DELTA_BINARY_PACKED" in group for group in found[name])
    for name in ("status", "port", "few", "half", "same", "text"):
        assert all("RLE_DICTIONARY" in group for group in found[name])
    assert all("RLE_DICTIONARY" not in group for group in found["each"])


DIFFERENCES = ("time", "offset", "bytes")
FEW_TEXTS = ("few", "same", "none")


def test_long_texts_that_hardly_repeat_are_packed_for_speed(tmp_path):
    paths = pa.array([f"/page?id={n}" for n in range(ROWS)])
    packed = table(WORDS).append_column("target", paths).append_column("row_id", paths)
    write(tmp_path / "one.parquet", packed)
    groups = pq.ParquetFile(tmp_path / "one.parquet").metadata
    columns = [groups.row_group(0).column(at) for at in range(groups.num_columns)]
    quick = {one.path_in_schema for one in columns if one.compression == "LZ4"}
    assert quick == {"target", *DIFFERENCES, *FEW_TEXTS}
    assert {one.path_in_schema for one in columns if one.compression == "ZSTD"} == {
        "text",
        "half",
        "each",
        "row_id",
        "status",
        "port",
    }
    assert pq.read_table(tmp_path / "one.parquet").column("target").to_pylist() == paths.to_pylist()


def test_a_table_without_rows(tmp_path):
    write(tmp_path / "a.parquet", table(WORDS).slice(0, 0))
    assert pq.read_table(tmp_path / "a.parquet").num_rows == 0


def packing(path):
    group = pq.ParquetFile(path).metadata.row_group(0)
    return {group.column(at).path_in_schema: group.column(at).compression for at in range(group.num_columns)}


def test_columns_that_say_one_thing_are_not_packed_where_all_rows_were_seen(tmp_path):
    rows = table([f"w{number}" for number in range(2_000)])
    write(tmp_path / "one.parquet", rows.slice(0, 400))
    write(tmp_path / "more.parquet", rows)
    expected = {**dict.fromkeys(rows.schema.names, "ZSTD"), **dict.fromkeys([*DIFFERENCES, *FEW_TEXTS], "LZ4")}
    assert packing(tmp_path / "more.parquet") == expected  # the next row group may say more
    assert packing(tmp_path / "one.parquet") == {**expected, "same": "UNCOMPRESSED", "none": "UNCOMPRESSED"}
    assert pq.read_table(tmp_path / "one.parquet").column("same").to_pylist() == ["w5"] * 400


def test_columns_of_many_rows_without_a_null_are_declared_so_and_parts_are_read_alike(tmp_path, monkeypatch):
    monkeypatch.setattr(part_file, "FEW", 100)
    (tmp_path / "f").mkdir()
    full = {"time", "offset", "bytes", "port", "same", "half", "text"}
    for rows, declared in ((table(WORDS), full), (table(WORDS).slice(0, 99), set())):
        write(tmp_path / "f" / "a.parquet", rows)
        stored = pq.read_schema(tmp_path / "f" / "a.parquet")
        assert {field.name for field in stored if not field.nullable} == declared
        info = PartInfo("f/a.parquet", "f", rows.num_rows, 0, str(rows.num_rows), None, None)
        part = Part(tmp_path, info)
        read = pa.concat_tables(part.read(secrets=True))
        assert all(field.nullable for field in [*part.schema, *read.schema])
        assert own_name(part.schema.field("half")) == own_name(read.schema.field("half")) == "File Name"
        assert read.to_pylist() == rows.to_pylist()
