"""Which places of a dictionary a column uses, in order of appearance: a compiled loop, where Arrow would hash each place."""

from __future__ import annotations

from threading import local

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from timelines.compiled import at_hand, compiled

MOST = 1 << 22  # texts of a dictionary for which a mark each is held
STAMPS = 1 << 31

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

_NO_BITS = np.empty(0, np.uint8)


@compiled
def _used(codes: Int32s, bits: Bytes, at: int, seen: Int64s, stamp: int, found: Int32s, out: Int32s) -> int:
    """Note each place that `codes` name in `found`, and in `out` which of them a row has (a null row: 0); how many they are is returned.

    `bits`: which rows are valid, from bit `at` on (empty: all); `seen`: by place, the last `stamp` that met it and its number then.
    """
    count, mark = 0, np.int64(stamp) << 32
    last, number = np.int32(-1), np.int64(0)  # rows mostly say what the one before said
    for row in range(len(codes)):
        if len(bits) > 0 and not (bits[(at + row) >> 3] >> ((at + row) & 7)) & 1:
            out[row] = 0
            continue
        code = codes[row]
        if code != last:
            last = code
            number = seen[code] - mark
            if number < 0:
                number = np.int64(count)
                seen[code] = mark | number
                found[count] = code
                count += 1
        out[row] = number
    return count


@compiled
def _uniform(codes: Int32s) -> bool:
    first = codes[0]
    for row in range(1, len(codes)):  # noqa: SIM110 -- no generators in a kernel
        if codes[row] != first:
            return False
    return True


def uniform(codes: Int32s) -> bool:
    """Whether all of them, one at least, are the same."""
    if codes[0] != codes[-1]:
        return False
    return bool(_uniform(codes)) if at_hand() else bool(codes.min() == codes.max())


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


def numbered(codes: Int32s, bits: Bytes | None, places: int, at: int = 0) -> tuple[Int32s, Int32s]:
    """Codes below `places`, of which there are at most MOST, as numbers of those that are used; and these, in order of appearance.

    `bits`: which rows are valid, a bit each from bit `at` on.
    """
    out, found = np.empty(len(codes), np.int32), np.empty(min(len(codes), places), np.int32)
    return out, found[: _numbered(codes, bits, places, at, found, out)]


def _numbered(codes: Int32s, bits: Bytes | None, places: int, at: int, found: Int32s, out: Int32s) -> int:
    codes.flags.writeable = False  # Arrow's are: one compiled form serves both
    bits = _NO_BITS if bits is None else bits
    bits.flags.writeable = False
    stamp = _marks.next(places)
    return int(_used(codes, bits, at, _marks.seen, stamp, found, out))


def used(indices: pa.Array, places: int) -> tuple[pa.Array, pa.Array]:
    """The same rows as places among those that are used, and these. `indices`: int32 below `places`, of which there are at most MOST."""
    validity, raw = indices.buffers()
    at, count = indices.offset, len(indices)
    codes = np.frombuffer(raw, np.int32)[at : at + count]
    bits = np.frombuffer(validity, np.uint8) if indices.null_count else None
    shift = at % 8 if bits is not None else 0
    out, found = np.empty(shift + count, np.int32), np.empty(min(count, places), np.int32)
    distinct = _numbered(codes, bits, places, at, found, out[shift:])
    held = [validity.slice(at // 8) if bits is not None else None, pa.py_buffer(out)]
    moved = pa.Array.from_buffers(pa.int32(), count, held, indices.null_count, shift)
    return moved, pa.array(found[:distinct])
