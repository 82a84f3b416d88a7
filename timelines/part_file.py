"""A table as one Parquet file: a dictionary of the texts that a row group uses, numbers as differences where they hardly repeat."""

from __future__ import annotations

import base64
from collections.abc import Collection
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from timelines.coded import CODED, compact
from timelines.parts import UNCODED
from timelines.schema import TIME

ROW_GROUP = 131_072  # rows, about; large enough for cheap footers, small enough that min/max of time prune
DICTIONARY_BYTES = 32 << 20  # of a column and row group: Arrow's own limit of 1 MiB gives up dictionaries that pay
LEVELS = (
    65_536  # rows of a column that are given to Parquet's encoders at a time; its own 1,024 cost more than they take
)
SAMPLE = 4_096  # rows by which numbers and texts are asked whether they repeat
HALF, ALONE = (
    0.5,
    0.9,
)  # of a sample's rows that have a value of their own: most; so many that a dictionary only adds to them
WIDE = (pa.int64(), pa.uint64(), TIME)
PRUNED = (
    "time",
    "event",
    "exhibit",
    "file",
    "offset",
    "record",
    "host",
    "Channel",
    "Provider_Name",
)  # with min and max in row groups


def write(path: Path, table: pa.Table) -> None:
    """Write a table, whose texts may be plain or coded, so that readers see plain texts. Raises OSError.

    A coded column may have a dictionary of more texts than it uses: each row group gets those that it uses, in order of appearance. What a
    file's bytes are hangs on its rows and their order alone.
    """
    schema, table = table.schema, table.replace_schema_metadata(None)
    size = _rows_a_group(table.num_rows)
    first = _group(table.slice(0, size))
    dense, scattered, own = _hardly_repeating(first), _scattered(first), _own_texts(first)
    plain = {*UNCODED, *dense, *scattered, *(name for name in own if _differs(first.column(name), ALONE))}
    names = schema.names
    single = _single(first) if len(first) == table.num_rows else set()
    quick = {*own, *dense, *_few_texts(first)}
    packed = {name: "none" if name in single else "lz4" if name in quick else "zstd" for name in names}
    with pq.ParquetWriter(
        path,
        first.schema,
        compression=packed,
        compression_level={name: 1 for name in names if packed[name] == "zstd"} or None,
        use_dictionary=[name for name in names if name not in plain],
        column_encoding={
            **dict.fromkeys(dense, "DELTA_BINARY_PACKED"),
            **dict.fromkeys(_alike_long(first), "DELTA_LENGTH_BYTE_ARRAY"),
        },
        dictionary_pagesize_limit=DICTIONARY_BYTES,
        write_statistics=[name for name in PRUNED if name in names] or False,
        write_batch_size=LEVELS,
        store_schema=False,  # it is told below, with texts as texts; the table's own metadata is not written without it
    ) as writer:
        writer.write_table(first, row_group_size=size)
        for start in range(size, table.num_rows, size):
            writer.write_table(_group(table.slice(start, size), scattered), row_group_size=size)
        described = _described(plain_schema(schema))
        writer.add_key_value_metadata({"ARROW:schema": described.decode("ascii")})


def _rows_a_group(rows: int) -> int:
    """So that row groups are about equally large: to read a few rows at a part's end costs questions to them as much as many do."""
    return -(-rows // max(1, round(rows / ROW_GROUP))) or 1


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """The schema that readers see: texts are texts, however they came."""
    return pa.schema([field.with_type(pa.string()) if field.type == CODED else field for field in schema])


def _described(schema: pa.Schema) -> bytes:
    """A schema as Arrow's readers look for it in a Parquet file's metadata: it carries the evidence's own names of columns."""
    return base64.b64encode(schema.serialize().to_pybytes())


def _group(rows: pa.Table, decoded: Collection[str] = ()) -> pa.Table:
    """A row group whose dictionaries hold what it uses. Those of columns that are written without (`decoded`) stay as they are."""
    schema = rows.schema
    columns = [
        _used(column) if field.type == CODED and field.name not in decoded else column
        for field, column in zip(schema, rows.columns, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _used(column: pa.ChunkedArray) -> pa.DictionaryArray:
    return compact(column.chunk(0) if column.num_chunks == 1 else column.combine_chunks())


def _scattered(group: pa.Table) -> list[str]:
    """Coded columns of which more than two in three rows have a text of their own: a dictionary only adds to them."""
    coded = [(field.name, group.column(field.name).chunk(0)) for field in group.schema if field.type == CODED]
    return [
        name
        for name, column in coded
        if len(column) >= SAMPLE and 3 * len(column.dictionary) > 2 * (len(column) - column.null_count)
    ]


def _single(group: pa.Table) -> set[str]:
    """Columns that say one thing or nothing: some bytes each, and to begin to pack them costs more than they take."""
    coded = {field.name for field in group.schema if field.type == CODED}
    columns = zip(group.schema.names, group.columns, strict=True)
    return {
        name
        for name, column in columns
        if (len(column.chunk(0).dictionary) <= 1 if name in coded else column.null_count == len(column))
    }


def _few_texts(group: pa.Table) -> list[str]:
    """Coded columns whose dictionary takes less than a byte a row: places in it are short already, and LZ4 is done with them at once."""
    coded = [(field.name, group.column(field.name).chunk(0)) for field in group.schema if field.type == CODED]
    return [name for name, column in coded if column.dictionary.nbytes < len(column)]


def _own_texts(group: pa.Table) -> list[str]:
    """Columns that came as texts, most of them in one row of a sample only: much to pack and to unpack, which LZ4 does in half the time."""
    texts = [field.name for field in group.schema if pa.types.is_string(field.type)] if len(group) >= SAMPLE else []
    return [name for name in texts if name not in UNCODED and _differs(group.column(name))]


def _hardly_repeating(group: pa.Table) -> list[str]:
    """Columns of 64-bit numbers and instants whose differences are smaller than a dictionary of them."""
    many = len(group) >= SAMPLE
    wide = [field.name for field in group.schema if field.type in WIDE]
    return [name for name in wide if name in UNCODED or (many and _differs(group.column(name)))]


def _alike_long(group: pa.Table) -> list[str]:
    """Texts of which each is a row's own and all are equally long: with lengths apart from bytes they take a tenth less."""
    return [field.name for field in group.schema if field.name in UNCODED and pa.types.is_string(field.type)]


def _differs(column: pa.ChunkedArray, share: float = HALF) -> bool:
    """Whether a sample of rows has more values than such a share of the rows that have one; a few prove nothing."""
    some = column.slice(0, SAMPLE)
    distinct: int = pc.count_distinct(some).as_py()
    valid: int = len(some) - some.null_count
    return distinct > max(SAMPLE // 16, int(valid * share))
