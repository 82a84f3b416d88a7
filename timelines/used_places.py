"""Which places of a dictionary a column uses, in order of appearance: a compiled loop, where Arrow would hash each place."""

from __future__ import annotations

from threading import local

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from timelines.compiled import compiled

MOST = 1 << 22  # texts of a dictionary for which a mark each is held
STAMPS = 1 << 31

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]


@compiled
def _used(
    codes: Int32s, bits: npt.NDArray[np.uint8], at: int, seen: Int64s, stamp: int, found: Int32s, out: Int32s
) -> int:
    """Note each place that `codes` name in `found`, and in `out` which of them a row has (a null row: 0); how many they are is returned.

    `bits`: which rows are valid, from bit `at` on (empty: all); `seen`: by place, the last `stamp` that met it and its number then.
    """
    count, mark = 0, np.int64(stamp) << 32
    for row in range(len(codes)):
        if len(bits) > 0 and not (bits[(at + row) >> 3] >> ((at + row) & 7)) & 1:
            out[row] = 0
            continue
        code = codes[row]
        number = seen[code] - mark
        if number < 0:
            number = np.int64(count)
            seen[code] = mark | number
            found[count] = code
            count += 1
        out[row] = number
    return count


class _Marks(local):
    """By place of any dictionary, when it was met last; each thread has its own."""

    def __init__(self) -> None:
        self.seen: Int64s = np.full(1 << 10, -1, np.int64)
        self.stamp = 0

    def next(self, places: int) -> int:
        """Make room for so many places; a stamp that is larger than all before."""
        if places > len(self.seen) or self.stamp + 1 == STAMPS:
            self.seen, self.stamp = np.full(1 << max(10, (places - 1).bit_length()), -1, np.int64), 0
        self.stamp += 1
        return self.stamp


_marks = _Marks()


def used(indices: pa.Array, places: int) -> tuple[pa.Array, pa.Array]:
    """The same rows as places among those that are used, and these. `indices`: int32 below `places`, of which there are at most MOST."""
    validity, raw = indices.buffers()
    at, count = indices.offset, len(indices)
    codes = np.frombuffer(raw, np.int32)[at : at + count]
    bits = np.frombuffer(validity, np.uint8) if indices.null_count else np.empty(0, np.uint8)
    shift = at % 8 if len(bits) else 0
    out, found = np.empty(shift + count, np.int32), np.empty(min(count, places), np.int32)
    stamp = _marks.next(places)
    distinct = _used(codes, bits, at, _marks.seen, stamp, found, out[shift:])
    held = [validity.slice(at // 8) if len(bits) else None, pa.py_buffer(out)]
    moved = pa.Array.from_buffers(pa.int32(), count, held, indices.null_count, shift)
    return moved, pa.array(found[:distinct])
