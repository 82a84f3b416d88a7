"""Decimal numbers out of a log's bytes, a column at a time."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from parsers.gather import Bools, Bytes, Int64s


def digits(data: Bytes, starts: Int64s, ends: Int64s) -> tuple[Int64s, Bools]:
    """Decimal numbers at [start, end) of `data`, and where there is one: 1 to 18 digits and nothing else."""
    lengths = ends - starts
    valid = (starts >= 0) & (lengths >= 1) & (lengths <= 18)
    values = np.zeros(len(starts), np.int64)
    longest = int(lengths[valid].max()) if valid.any() else 0
    for place in range(longest):
        inside = valid & (place < lengths)
        digit = data[np.where(inside, starts + place, 0)].astype(np.int64) - 48
        valid &= ~inside | ((digit >= 0) & (digit <= 9))
        values = np.where(inside, values * 10 + digit, values)
    return np.where(valid, values, 0), valid


def nullable(values: Int64s, valid: Bools, type_: pa.DataType) -> pa.Array:
    """An Arrow integer column, null where `valid` is False or the number does not fit the type."""
    limit = 2**31 - 1 if type_ == pa.int32() else 2**63 - 1
    return pa.array(values, mask=~(valid & (values <= limit))).cast(type_, safe=False)
