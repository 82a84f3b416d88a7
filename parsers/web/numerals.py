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
    if not valid.any():
        return values, valid
    last = np.where(valid, ends - 1, 0)  # elsewhere `ends` may lie anywhere, even behind the data
    for place in range(int(lengths[valid].max())):
        inside = valid & (lengths > place)
        digit = data[np.maximum(last - place, 0) if place else last] - np.uint8(48)
        valid &= ~inside | (digit <= 9)
        digit[~inside] = 0
        values += digit.astype(np.int64) * 10**place
    return np.where(valid, values, 0), valid


def nullable(values: Int64s, valid: Bools, type_: pa.DataType) -> pa.Array:
    """An Arrow integer column, null where `valid` is False or the number does not fit the type."""
    limit = 2**31 - 1 if type_ == pa.int32() else 2**63 - 1
    return pa.array(values, mask=~(valid & (values <= limit))).cast(type_, safe=False)
