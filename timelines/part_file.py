"""A table as one Parquet file: a dictionary of the texts that a row group uses, numbers as differences where they hardly repeat."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from timelines.coded import CODED, compact, plain_schema
from timelines.parts import UNCODED
from timelines.schema import TIME

ROW_GROUP = 131_072  # rows, about; large enough for cheap footers, small enough that min/max of time prune
DICTIONARY_BYTES = 32 << 20  # of a column and row group: Arrow's own limit of 1 MiB gives up dictionaries that pay
LEVELS = (
    65_536  # rows of a column that are given to Parquet's encoders at a time; its own 1,024 cost more than they take
)
SAMPLE = 4_096  # rows by which numbers and texts are asked whether they repeat
FEW = 4_096  # rows of a table whose columns are not worth a look for nulls
HALF, ALONE = (
    0.5,
    0.9,
)  # of a sample's rows that have a value of their own: most; so many that a dictionary only adds to them
BUFFER = 1 << 20  # bytes that are written at a time: a column's pages are small, and each asks the file where it stands
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


def write(path: Path, table: pa.Table, schema: pa.Schema | None = None, small: bool = False) -> None:
    """Write a table, whose texts may be plain or coded, so that readers see plain texts, and `schema` (else its own). Raises OSError.

    A coded column may have a dictionary of more texts than it uses: each row group gets those that it uses, in order of appearance; with
    `small` those of a table for `one_group` hold just these already. What a file's bytes are hangs on its rows and their order alone.
    """
    schema = plain_schema(table.schema) if schema is None else schema
    table = _filled(table)
    size = _rows_a_group(table.num_rows)
    first = table if small and one_group(table.num_rows) else _group(table.slice(0, size))
    columns, names = _columns(first), schema.names
    dense, scattered, own = _hardly_repeating(columns), _scattered(columns), _own_texts(columns)
    plain = {*UNCODED, *dense, *scattered, *(column.name for column in own if _differs(column.values, ALONE))}
    single = _single(columns) if len(first) == table.num_rows else set()
    quick = {*(column.name for column in own), *dense, *_few_texts(columns)}
    packed = {name: "none" if name in single else "lz4" if name in quick else "zstd" for name in names}
    with (
        pa.output_stream(str(path), compression=None, buffer_size=BUFFER) as file,
        pq.ParquetWriter(
            file,
            first.schema,
            compression=packed,
            compression_level={name: 1 for name in names if packed[name] == "zstd"} or None,
            use_dictionary=[name for name in names if name not in plain],
            column_encoding={
                **dict.fromkeys(dense, "DELTA_BINARY_PACKED"),
                **dict.fromkeys(_alike_long(columns), "DELTA_LENGTH_BYTE_ARRAY"),
            },
            dictionary_pagesize_limit=DICTIONARY_BYTES,
            write_statistics=[name for name in PRUNED if name in names] or False,
            write_batch_size=LEVELS,
            store_schema=False,  # it is told below, with texts as texts; the table's own metadata is not written without it
        ) as writer,
    ):
        writer.write_table(first, row_group_size=size)
        for start in range(size, table.num_rows, size):
            writer.write_table(_group(table.slice(start, size), scattered), row_group_size=size)
        described = _described(schema)
        writer.add_key_value_metadata({"ARROW:schema": described.decode("ascii")})


def _filled(table: pa.Table) -> pa.Table:
    """The table without metadata; of many rows, columns without a null are declared so: Parquet then notes no level for each row."""
    if table.num_rows < FEW:
        return table.replace_schema_metadata(None)
    columns = table.columns
    fields = [
        field if column.null_count else field.with_nullable(False)
        for field, column in zip(table.schema, columns, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def _rows_a_group(rows: int) -> int:
    """So that row groups are about equally large: to read a few rows at a part's end costs questions to them as much as many do."""
    return -(-rows // max(1, round(rows / ROW_GROUP))) or 1


def one_group(rows: int) -> bool:
    """Whether so many rows are written as one row group."""
    return _rows_a_group(rows) >= rows


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


class _Column(NamedTuple):
    """A column of a row group; `texts` is the dictionary of a coded one."""

    name: str
    type: pa.DataType
    values: pa.ChunkedArray
    texts: pa.Array | None

    @property
    def valid(self) -> int:
        return int(len(self.values) - self.values.null_count)


def _columns(group: pa.Table) -> list[_Column]:
    schema = group.schema
    return [
        _Column(name, type_, values, values.chunk(0).dictionary if type_ == CODED else None)
        for name, type_, values in zip(schema.names, schema.types, group.columns, strict=True)
    ]


def _scattered(columns: Iterable[_Column]) -> list[str]:
    """Coded columns of which more than two in three rows have a text of their own: a dictionary only adds to them."""
    return [
        column.name
        for column in columns
        if column.texts is not None and len(column.values) >= SAMPLE and 3 * len(column.texts) > 2 * column.valid
    ]


def _single(columns: Iterable[_Column]) -> set[str]:
    """Columns that say one thing or nothing: some bytes each, and to begin to pack them costs more than they take."""
    return {
        column.name for column in columns if (len(column.texts) <= 1 if column.texts is not None else not column.valid)
    }


def _few_texts(columns: Iterable[_Column]) -> list[str]:
    """Coded columns whose dictionary takes less than a byte a row: places in it are short already, and LZ4 is done with them at once."""
    return [column.name for column in columns if column.texts is not None and column.texts.nbytes < len(column.values)]


def _own_texts(columns: Iterable[_Column]) -> list[_Column]:
    """Columns that came as texts, most of them in one row of a sample only: much to pack and to unpack, which LZ4 does in half the time."""
    return [
        column
        for column in columns
        if len(column.values) >= SAMPLE
        and pa.types.is_string(column.type)
        and column.name not in UNCODED
        and _differs(column.values)
    ]


def _hardly_repeating(columns: Iterable[_Column]) -> list[str]:
    """Columns of 64-bit numbers and instants whose differences are smaller than a dictionary of them."""
    wide = [column for column in columns if column.texts is None and column.type in WIDE]
    return [
        column.name
        for column in wide
        if column.name in UNCODED or (len(column.values) >= SAMPLE and _differs(column.values))
    ]


def _alike_long(columns: Iterable[_Column]) -> list[str]:
    """Texts of which each is a row's own and all are equally long: with lengths apart from bytes they take a tenth less."""
    return [column.name for column in columns if column.name in UNCODED and pa.types.is_string(column.type)]


def _differs(column: pa.ChunkedArray, share: float = HALF) -> bool:
    """Whether a sample of rows has more values than such a share of the rows that have one; a few prove nothing."""
    some = column.slice(0, SAMPLE)
    if some.null_count == len(some):
        return False
    distinct: int = pc.count_distinct(some).as_py()
    valid: int = len(some) - some.null_count
    return distinct > max(SAMPLE // 16, int(valid * share))
