"""What rows say, for tests that compare them: most of a row's columns say nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.types as pt

MANY = 24  # rows whose values are told quicker together than one by one
_FLAT = (pt.is_integer, pt.is_string, pt.is_large_string, pt.is_boolean, pt.is_floating)


def said(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """The rows as dicts in the order of their columns, nulls left out. A column that is all null is not asked for its values."""
    rows: list[dict[str, Any]] = [{} for _ in range(batch.num_rows)]
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if column.null_count == len(column):
            continue
        if len(rows) < MANY:
            for row, value in zip(rows, column.to_pylist(), strict=True):
                if value is not None:
                    row[name] = value
            continue
        having = [rows[at] for at in np.flatnonzero(column.is_valid()).tolist()]
        for row, value in zip(having, _values(column.drop_null()), strict=True):
            row[name] = value
    return rows


def _values(column: pa.Array) -> list[Any]:
    if pt.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not any(flat(column.type) for flat in _FLAT):
        return column.to_pylist()
    values: list[Any] = column.to_numpy(zero_copy_only=False).tolist()
    return values
