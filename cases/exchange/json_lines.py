"""Tables as JSON lines, column after column: a value is written once for each distinct value, never once for each row.

Text is exact and escaped to ASCII, so that no byte of evidence reaches a terminal or an editor raw. Keys keep their order.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from cases.exchange import instants
from timelines.schema import SORT_KEYS

STEP = 10_000  # rows that are written at a time: bounds what long values cost


def objects(table: pa.Table, nulls: bool = False) -> pa.ChunkedArray:
    """One JSON object a row, (n,) large_string. Members that are null are left out unless `nulls`; each row has one that is not."""
    if table.num_rows == 0 or table.num_columns == 0:
        return pa.chunked_array([pa.array(["{}"] * table.num_rows, pa.large_string())])
    pieces = [_step(table.slice(at, STEP), nulls) for at in range(0, table.num_rows, STEP)]
    return pa.chunked_array(pieces, pa.large_string())


class Span:
    """The documents of one span of time of several families, merged into the timeline's order."""

    def __init__(self) -> None:
        self._held: list[pa.Table] = []

    def add(self, rows: pa.Table, documents: pa.Table) -> None:
        """`rows` (n,) holds the sort keys, `documents` (n,) what to write of them."""
        if rows.num_rows:
            self._held.append(rows.select(list(SORT_KEYS)).append_column("object", objects(documents)))

    def write(self, handle: BinaryIO) -> None:
        if self._held:
            merged = pa.concat_tables(self._held)
            write(handle, merged.sort_by([(key, "ascending") for key in SORT_KEYS]).column("object"))


def values(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Each value as JSON text, large_string: lists for a cell of a CSV file."""
    return pa.chunked_array([_dumped("", column.to_pylist())])


def write(handle: BinaryIO, lines: pa.ChunkedArray) -> None:
    for at in range(0, len(lines), STEP):
        texts = lines.slice(at, STEP).to_pylist()
        handle.write(("\n".join(texts) + "\n").encode("ascii"))


def _step(table: pa.Table, nulls: bool) -> pa.Array:
    columns = [_members(name, column, nulls) for name, column in zip(table.schema.names, table.columns, strict=True)]
    joined = pc.binary_join_element_wise(*columns, _text(", "), null_handling="skip")
    return _joined("{", joined, "}")


def _members(name: str, column: pa.ChunkedArray, nulls: bool) -> pa.Array:
    """`"name": value` a row, null where the value is null (or `"name": null`)."""
    key = json.dumps(name) + ": "
    found = _encoded(key, column.combine_chunks())
    return found.fill_null(f"{key}null") if nulls else found


def _encoded(key: str, array: pa.Array) -> pa.Array:
    kind = array.type
    if pa.types.is_dictionary(kind):
        return _encoded(key, array.cast(kind.value_type))
    if pa.types.is_timestamp(kind):
        written = instants.nanoseconds(pa.chunked_array([array.cast(pa.timestamp("ns", tz="UTC"))]))
        return _joined(f'{key}"', written.combine_chunks(), '"')
    if pa.types.is_floating(kind):
        array = pc.if_else(pc.is_finite(array), array, None)
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_floating(kind):
        return _joined(key, array)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        distinct = array.dictionary_encode()
        return _dumped(key, distinct.dictionary.to_pylist()).take(distinct.indices)
    return _dumped(key, array.to_pylist())


def _joined(*parts: str | pa.Array) -> pa.Array:
    """Constants and columns put together, row by row, as large text; null where a column is null."""
    texts = [_text(part) if isinstance(part, str) else part.cast(pa.large_string()) for part in parts]
    return pc.binary_join_element_wise(*texts, _text(""))


def _text(constant: str) -> pa.Scalar:
    return pa.scalar(constant, pa.large_string())


def _dumped(key: str, values: Sequence[Any]) -> pa.Array:
    texts = [None if value is None else key + _ENCODER.encode(value) for value in values]
    return pa.array(texts, pa.large_string())


def _plain(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


_ENCODER = json.JSONEncoder(default=_plain)  # made once: `json.dumps` with a default makes one for each value
