"""What rows say, for tests that compare them: most of a row's columns say nothing."""

from __future__ import annotations

from typing import Any

import pyarrow as pa


def said(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """The rows as dicts in the order of their columns, nulls left out. A column that is all null is not asked for its values."""
    rows: list[dict[str, Any]] = [{} for _ in range(batch.num_rows)]
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if column.null_count < len(column):
            for row, value in zip(rows, column.to_pylist(), strict=True):
                if value is not None:
                    row[name] = value
    return rows
