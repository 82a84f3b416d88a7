"""Decimal numbers out of a log's bytes, a column at a time."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from parsers.gather import Bools, Bytes, Int64s
from parsers.interned import readable
from timelines.compiled import compiled

MOST_DIGITS = 18  # that are sure to fit 64 bits


def digits(data: Bytes, starts: Int64s, ends: Int64s) -> tuple[Int64s, Bools]:
    """Decimal numbers at [start, end) of `data`, and where there is one: 1 to 18 digits and nothing else."""
    values, valid = np.zeros(len(starts), np.int64), np.zeros(len(starts), np.bool_)
    starts, ends = np.ascontiguousarray(starts, np.int64), np.ascontiguousarray(ends, np.int64)
    _digits(readable(data)[0], starts, ends, values, valid)
    return values, valid


@compiled
def _digits(data: Bytes, starts: Int64s, ends: Int64s, values: Int64s, valid: Bools) -> None:
    for row in range(len(starts)):
        start, end = starts[row], ends[row]
        if start < 0 or end <= start or end - start > MOST_DIGITS:
            continue  # elsewhere `ends` may lie anywhere, even behind the data
        value = 0
        for place in range(start, end):
            digit = int(data[place]) - 48
            if not 0 <= digit <= 9:
                break
            value = value * 10 + digit
        else:
            values[row] = value
            valid[row] = True


def nullable(values: Int64s, valid: Bools, type_: pa.DataType) -> pa.Array:
    """An Arrow integer column, null where `valid` is False or the number does not fit the type."""
    limit = 2**31 - 1 if type_ == pa.int32() else 2**63 - 1
    return pa.array(values, mask=~(valid & (values <= limit))).cast(type_, safe=False)
