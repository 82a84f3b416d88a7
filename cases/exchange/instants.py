"""Columns of instants as other tools write them. Every function takes `timestamp[ns, UTC]` and keeps nulls."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def nanoseconds(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """`2026-03-03T21:14:05.250000000Z`: ISO 8601, always nine digits."""
    return _written(column.cast(pa.int64()).cast(pa.timestamp("ns")), "Z")


def microseconds(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """`2026-03-03T21:14:05.250000+00:00`: cut to the microsecond, as Timesketch reads it."""
    return _written(epoch_microseconds(column).cast(pa.timestamp("us")), "+00:00")


def epoch_microseconds(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Microseconds since 1970, int64, cut towards the past also before 1970."""
    numbers = column.cast(pa.int64())
    cut = np.floor_divide(numbers.fill_null(0).to_numpy(), 1_000)
    return pc.if_else(numbers.is_valid(), pa.chunked_array([pa.array(cut)]), None)


def _written(naive: pa.ChunkedArray, zone: str) -> pa.ChunkedArray:
    text = pc.replace_substring(naive.cast(pa.string()), " ", "T", max_replacements=1)
    return pc.binary_join_element_wise(text, zone, "")
