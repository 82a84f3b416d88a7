"""The column that a rule's field stands for: one that is stored, or several joined as text, without what another column says."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from timelines.coded import CODED
from timelines.detection.columns import Bools, as_text, compiled_pays
from timelines.detection.logsources import Column

A_ROW = 32  # bytes of text that a row is reckoned to have


def column_of(table: pa.Table, column: Column) -> pa.ChunkedArray:
    """A stored column, or several joined as text; a row that has none of them is null."""
    if len(column.names) == 1 and not (column.before or column.unlike):
        return table.column(column.names[0])
    if column.unlike and len(column.names) == 2 and not column.before and compiled_pays(A_ROW * table.num_rows):
        return _where_unlike(table, column)
    return _joined(table, column)


def _joined(table: pa.Table, column: Column) -> pa.ChunkedArray:
    plain = [_plain(table.column(name)) for name in column.names]
    joined = plain[0]
    for other in plain[1:]:  # pairwise: with null_handling="skip" Arrow drops the rows that are null throughout
        both = pc.binary_join_element_wise(joined, other, column.between, null_handling="emit_null")
        joined = pc.coalesce(both, joined, other)
    if column.before:
        joined = pc.binary_join_element_wise(column.before, joined, "", null_handling="emit_null")
    if column.unlike:
        same = pc.fill_null(pc.equal(joined, _plain(table.column(column.unlike))), False)
        joined = pc.if_else(same, None, joined)
    return pa.chunked_array([joined])


def _plain(column: pa.ChunkedArray) -> pa.Array:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    plain = column.cast(kind).combine_chunks()
    if isinstance(plain, pa.ChunkedArray):
        plain = pa.concat_arrays(plain.chunks) if plain.num_chunks else pa.array([], kind)
    return as_text(plain)


def _where_unlike(table: pa.Table, column: Column) -> pa.ChunkedArray:
    """The same where nearly every row's joined text is that of the column `unlike`: only the others are joined."""
    first, second, other = (_coded(table, name) for name in (*column.names, column.unlike))
    if first is None or second is None or other is None:
        return _joined(table, column)
    rows = np.flatnonzero(_differ(first, second, other, column.between))
    few = _joined(table.take(pa.array(rows)), column).combine_chunks()
    codes = np.full(table.num_rows, -1, np.int32)
    codes[rows] = np.arange(len(rows))
    return pa.chunked_array([pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), few)])


def _coded(table: pa.Table, name: str) -> pa.DictionaryArray | None:
    """A stored column of texts in a dictionary; None for one that is kept otherwise."""
    held = table.column(name)
    if held.type != CODED or held.num_chunks != 1 or held.chunk(0).dictionary.null_count:
        return None
    return held.chunk(0)


def _differ(first: pa.DictionaryArray, second: pa.DictionaryArray, other: pa.DictionaryArray, between: str) -> Bools:
    """(n,) bool: the rows in which two texts, joined, are not the other text."""
    from timelines.detection.text_scans import laid_out, unlike  # loads numba, which small evidence does without

    out = np.zeros(len(other), np.bool_)
    a, b, c = ((_codes(held), *laid_out(held.dictionary)) for held in (first, second, other))
    known = np.full((2, len(other.dictionary)), -2, np.int32)
    unlike(a, b, c, np.frombuffer(between.encode(), np.uint8), known, out)
    return out


def _codes(held: pa.DictionaryArray) -> npt.NDArray[np.int32]:
    """(n,) the place of each row's text in the dictionary, -1 for none."""
    indices = held.indices.fill_null(-1) if held.indices.null_count else held.indices
    return np.array(indices, np.int32)
