"""Decimal numbers out of a log's bytes, a column at a time."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from parsers.gather import Bools, Bytes, Int64s
from parsers.interned import steady
from timelines.compiled import compiled, inlined
from timelines.words_at import word

MOST_DIGITS = 18  # that are sure to fit 64 bits


def digits(data: Bytes, starts: Int64s, ends: Int64s) -> tuple[Int64s, Bools]:
    """Decimal numbers at [start, end) of `data`, and where there is one: 1 to 18 digits and nothing else."""
    values, valid = np.zeros(len(starts), np.int64), np.zeros(len(starts), np.bool_)
    starts, ends = np.ascontiguousarray(starts, np.int64), np.ascontiguousarray(ends, np.int64)
    _digits(steady(data), starts, ends, values, valid)
    return values, valid


@compiled
def _digits(data: Bytes, starts: Int64s, ends: Int64s, values: Int64s, valid: Bools) -> None:
    zeros, six, tops = np.uint64(0x3030303030303030), np.uint64(0x7676767676767676), np.uint64(0x8080808080808080)
    for row in range(len(starts)):
        start, end = starts[row], ends[row]
        if start < 0 or end <= start or end - start > MOST_DIGITS:
            continue  # elsewhere `ends` may lie anywhere, even behind the data
        value, place = 0, start
        if end - start <= 8 and start + 8 <= len(data):
            # moved to the word's top, behind zeros; a byte that is no digit has its highest bit set by the sum or had it before
            said = (word(data, start) ^ zeros) << np.uint64(8 * (8 - (end - start)))
            if not ((said + six) | said) & tops:
                values[row] = _told(said)
                valid[row] = True
            continue
        while place < end:
            digit = int(data[place]) - 48
            if not 0 <= digit <= 9:
                break
            value = value * 10 + digit
            place += 1
        else:
            values[row] = value
            valid[row] = True


@inlined
def _told(said: np.uint64) -> np.int64:
    """The number whose eight digits are a word's bytes, the first the lowest: by pairs, by fours, then all."""
    pairs = (said * np.uint64(10) + (said >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    fours = (pairs * np.uint64(100) + (pairs >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    return np.int64((fours * np.uint64(10_000) + (fours >> np.uint64(32))) & np.uint64(0xFFFFFFFF))


def nullable(values: Int64s, valid: Bools, type_: pa.DataType) -> pa.Array:
    """An Arrow integer column, null where `valid` is False or the number does not fit the type."""
    limit = 2**31 - 1 if type_ == pa.int32() else 2**63 - 1
    return pa.array(values, mask=~(valid & (values <= limit))).cast(type_, safe=False)
