"""Stable ids of rows: digests of the file, the family, and where the record begins in the file."""

from __future__ import annotations

import hashlib
import sys
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from timelines.compiled import at_hand, compiled, inlined

Keys = npt.NDArray[np.uint64]
Int64s = npt.NDArray[np.int64]
DIGITS = 24
_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_INDEX_BITS = 16  # rows of one family that begin at the same byte


def row_ids(sha256: str, family: str, offsets: Int64s, index: Int64s) -> pa.StringArray:
    """Stable 96-bit ids as 24 hex digits: equal for equal bytes, whatever the machine, worker or order of work.

    `offsets` and `index` are (n,) int64; `index` tells apart rows of one family that begin at the same byte (below 65,536).
    """
    return digits(keys(sha256, family)[None], offsets, index)


@lru_cache(64)
def keys(sha256: str, family: str) -> Keys:
    """The two keys of a file's rows."""
    return np.frombuffer(hashlib.blake2b(f"{sha256}/{family}".encode(), digest_size=16).digest(), "<u8")


def digits(held: Keys, offsets: Int64s, index: Int64s | None) -> pa.StringArray:
    """Ids by position and the two keys of each row's file: (n, 2), or (1, 2) where one file has all rows. `index` None: all 0."""
    count = len(offsets)
    if index is not None and count and (int(index.min()) < 0 or int(index.max()) >> _INDEX_BITS):
        raise ValueError(f"index must lie in [0, {1 << _INDEX_BITS}); found {index.min()} to {index.max()}")
    if at_hand():
        text = np.empty((count, DIGITS // 8), np.uint64)
        _write(np.array(held), _fixed(offsets), _fixed(_NONE if index is None else index), text)
        text = text.byteswap(inplace=True) if sys.byteorder == "little" else text
    else:
        text = _written(held, offsets, np.zeros(1, np.int64) if index is None else index)
    ends = np.arange(0, DIGITS * count + 1, DIGITS, dtype=np.int32)
    return pa.StringArray.from_buffers(count, pa.py_buffer(ends), pa.py_buffer(text))


_NONE = np.empty(0, np.int64)


def _fixed(numbers: Int64s) -> Int64s:
    """Numbers that can't be written to, side by side: kernels are compiled for one kind of array."""
    found = np.ascontiguousarray(numbers).view()
    found.flags.writeable = False
    return found


@inlined
def _mix(value: np.uint64) -> np.uint64:
    """Stafford's variant 13 of the 64-bit finaliser: a bijection, so distinct positions stay distinct."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@inlined
def _eight(value: np.uint64) -> np.uint64:
    """The eight hex digits of a number below 2**32, as the eight bytes of a number, the last digit lowest."""
    spread = ((value & np.uint64(0xFFFF0000)) << np.uint64(16)) | (value & np.uint64(0xFFFF))
    spread = ((spread << np.uint64(8)) | spread) & np.uint64(0x00FF00FF00FF00FF)
    spread = ((spread << np.uint64(4)) | spread) & np.uint64(0x0F0F0F0F0F0F0F0F)
    letters = ((spread + np.uint64(0x0606060606060606)) >> np.uint64(4)) & np.uint64(0x0101010101010101)
    return spread + np.uint64(0x3030303030303030) + letters * np.uint64(0x27)


@compiled
def _write(held: Keys, offsets: Int64s, index: Int64s, text: Keys) -> None:
    """The digits of each row, (n, 3) as `_eight` gives them."""
    half, low = np.uint64(32), np.uint64(0xFFFFFFFF)
    for row in range(len(offsets)):
        which = row if len(held) > 1 else 0
        position = np.uint64(offsets[row]) << np.uint64(16)
        if len(index) > 0:
            position |= np.uint64(index[row])
        first, second = _mix(position ^ held[which, 0]), _mix(position + held[which, 1])
        text[row, 0], text[row, 1], text[row, 2] = _eight(first >> half), _eight(first & low), _eight(second >> half)


def _written(held: Keys, offsets: Int64s, index: Int64s) -> Keys:
    """The same without a compiled loop, for a process that has none at hand."""
    position = (offsets.astype(np.uint64) << np.uint64(_INDEX_BITS)) | index.astype(np.uint64)
    with np.errstate(over="ignore"):
        high = _mixed(position ^ held[:, 0])
        low = _mixed(position + held[:, 1])
        return np.stack([_hex(high >> _HALF), _hex(high & _LOW), _hex(low >> _HALF)], axis=1)


def _mixed(values: Keys) -> Keys:
    """As `_mix`, all rows at a time."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _hex(values: Keys) -> Keys:
    """The eight hex digits of numbers below 2**32, as the eight bytes of a number: all digits of a row at a time."""
    spread = ((values & np.uint64(0xFFFF0000)) << np.uint64(16)) | (values & np.uint64(0xFFFF))
    spread = ((spread << np.uint64(8)) | spread) & np.uint64(0x00FF00FF00FF00FF)
    spread = ((spread << np.uint64(4)) | spread) & np.uint64(0x0F0F0F0F0F0F0F0F)
    letters = ((spread + np.uint64(0x0606060606060606)) >> np.uint64(4)) & np.uint64(0x0101010101010101)
    digits_: Keys = spread + np.uint64(0x3030303030303030) + letters * np.uint64(ord("a") - ord("9") - 1)
    return digits_.astype(">u8").view(np.uint64)
