"""Shared vectorised byte work: ragged slices of a buffer become Arrow text columns without a Python loop over rows.

Text is never altered in silence: bytes that are not valid in the expected encoding are written visibly (`\\xHH` for bytes, `\\uHHHH`
for lone UTF-16 surrogates) and the row is reported in the returned mask, so that callers can flag it.
"""

from __future__ import annotations

import contextlib
import mmap
import sys
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers import mapped_pages

Bytes = npt.NDArray[np.uint8]
Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

POPULATE_READ = 22  # madvise(2): MADV_POPULATE_READ, which Python has no name for


def as_bytes(view: memoryview) -> Bytes:
    """A mapped file as a (size,) uint8 array, without copying."""
    return np.frombuffer(view, np.uint8) if len(view) else np.empty(0, np.uint8)


def forget(view: memoryview, bound: int | None = None) -> None:
    """Take the pages of a mapped file out of this process's memory if many are there (`bound` bytes, else `mapped_pages.MANY`); they are
    read again when they are needed."""
    mapped = view.obj
    if not isinstance(mapped, mmap.mmap) or not hasattr(mmap, "MADV_DONTNEED"):  # Windows takes them when it needs them
        return
    if mapped_pages.many(mapped_pages.MANY if bound is None else bound):
        mapped.madvise(mmap.MADV_DONTNEED)
        mapped_pages.let_go()


def ask_for(view: memoryview, start: int, stop: int) -> None:
    """Have a mapped file's bytes [start, stop), all of which are about to be read, taken into this process's memory at once, where the
    system can: page by page takes twice as long."""
    mapped = view.obj
    if isinstance(mapped, mmap.mmap) and sys.platform == "linux":
        begin = start // mmap.PAGESIZE * mmap.PAGESIZE
        with contextlib.suppress(OSError):  # Linux before 5.14; a file that was cut meanwhile tells when it is read
            mapped.madvise(POPULATE_READ, begin, stop - begin)


def numbers_at(buffer: Bytes, at: Int64s, form: str) -> npt.NDArray[Any]:
    """Numbers of dtype `form` (such as `<u4`) at the bytes `at`, aligned or not. Raises IndexError when one lies past the end."""
    width = np.dtype(form).itemsize
    if not len(at):
        return np.empty(0, form)
    return np.ndarray((max(0, len(buffer) - width + 1),), form, buffer, strides=(1,))[at]


def spread(starts: Int64s, lengths: Int64s) -> Int64s:
    """Indices of all bytes of all slices, slice after slice: (sum(lengths),) int64."""
    lengths = np.asarray(lengths, np.int64)
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    shift = np.asarray(starts, np.int64) - (ends - lengths)
    indices: Int64s = np.arange(total, dtype=np.int64) + np.repeat(shift, lengths)
    return indices


def _arrow(data: Bytes, lengths: Int64s, valid: Bools | None) -> pa.StringArray:
    ends = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=ends[1:])
    if ends[-1] > 2**31 - 1:
        raise ValueError("more than 2 GiB of text in one column of one batch; parse smaller pieces")
    mask = None if valid is None or valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))
    buffers = [mask, pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(np.ascontiguousarray(data))]
    return pa.Array.from_buffers(pa.string(), len(lengths), buffers)


def _assembled(texts: list[bytes], valid: Bools | None) -> pa.StringArray:
    data = np.frombuffer(b"".join(texts), np.uint8)
    return _arrow(data, np.fromiter(map(len, texts), np.int64, len(texts)), valid)


def utf8(buffer: Bytes, starts: Int64s, lengths: Int64s, valid: Bools | None = None) -> tuple[pa.StringArray, Bools]:
    """Slices of UTF-8 as a string column, and where a slice was not valid UTF-8. Rows where `valid` is False become null."""
    lengths = np.asarray(lengths, np.int64) if valid is None else np.where(valid, lengths, 0)
    data = buffer[spread(starts, lengths)]
    bad = np.zeros(len(lengths), np.bool_)
    high = data >= 0x80
    if not high.any():
        return _arrow(data, lengths, valid), bad
    ends = np.cumsum(lengths)
    suspects = np.unique(np.searchsorted(ends, np.flatnonzero(high), side="right"))
    fixed: dict[int, bytes] = {}
    for row in suspects.tolist():
        raw = data[ends[row] - lengths[row] : ends[row]].tobytes()
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError:
            bad[row] = True
            fixed[row] = raw.decode("utf-8", "backslashreplace").encode("utf-8")
    if not fixed:
        return _arrow(data, lengths, valid), bad
    texts = [fixed.get(row) or data[ends[row] - lengths[row] : ends[row]].tobytes() for row in range(len(lengths))]
    return _assembled(texts, valid), bad


def utf16(buffer: Bytes, starts: Int64s, lengths: Int64s, valid: Bools | None = None) -> tuple[pa.StringArray, Bools]:
    """Slices of UTF-16-LE (`lengths` in bytes, even) as a string column, and where a slice held a lone surrogate or an odd byte."""
    lengths = np.asarray(lengths, np.int64) if valid is None else np.where(valid, lengths, 0)
    odd = (lengths % 2).astype(np.bool_)
    units = lengths // 2
    low_at = spread(np.zeros(len(units), np.int64), units) * 2 + np.repeat(np.asarray(starts, np.int64), units)
    low, high = buffer[low_at], buffer[low_at + 1]
    wide = (high != 0) | (low >= 0x80)
    if not wide.any():
        return _arrow(low, units, valid), odd
    bad = odd.copy()
    ends = np.cumsum(units)
    suspects = set(np.unique(np.searchsorted(ends, np.flatnonzero(wide), side="right")).tolist())
    texts: list[bytes] = []
    for row, (start, length) in enumerate(zip(np.asarray(starts).tolist(), (units * 2).tolist(), strict=True)):
        if row not in suspects:
            texts.append(low[ends[row] - units[row] : ends[row]].tobytes())
            continue
        raw = buffer[start : start + length].tobytes()
        try:
            texts.append(raw.decode("utf-16-le").encode("utf-8"))
        except UnicodeDecodeError:
            bad[row] = True
            text = raw.decode("utf-16-le", "surrogatepass")
            texts.append(text.encode("utf-8", "backslashreplace"))
    return _assembled(texts, valid), bad
