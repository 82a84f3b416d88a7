"""Substitution values: where they lie, of which type they are, and how those of a column come together.

Values are ragged slices of the mapped bytes. Arrow's own `take` copies them together: an array whose odd elements are the gaps between
values needs no copy of its own, and taking its even elements is one memory copy a value. MS-EVEN6 section 2.2.14 for the types.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.gather import Bytes, Int64s
from parsers.windows import ansi, values


@dataclass(frozen=True, slots=True)
class Window:
    """The mapped bytes of a piece, for numpy and for Arrow."""

    data: Bytes
    buffer: pa.Buffer
    start: int  # offset of the piece in the file

    @classmethod
    def of(cls, data: Bytes, start: int) -> Window:
        return cls(data, pa.py_buffer(data), start)


@dataclass(slots=True)
class Values:
    """The substitution values of n instances of one template with c values each: (c, n) arrays, records in file order."""

    start: Int64s
    size: Int64s
    kind: npt.NDArray[np.uint8]
    _extremes: list[tuple[int, ...]] | None = None

    def extremes(self, index: int) -> tuple[int, ...]:
        """Of one value in all records: lowest and highest type, lowest and highest size, all bits that sizes have."""
        if self._extremes is None:
            kinds, sizes = self.kind, self.size
            found = (kinds.min(1), kinds.max(1), sizes.min(1), sizes.max(1), np.bitwise_or.reduce(sizes, axis=1))
            self._extremes = list(zip(*(array.tolist() for array in found), strict=True))
        return self._extremes[index]

    def rows(self, chosen: Int64s) -> Values:
        return Values(self.start[:, chosen], self.size[:, chosen], self.kind[:, chosen])

    def __len__(self) -> int:
        return int(self.kind.shape[1])


def uniform(held: Values, index: int) -> int | None:
    """The type of a value in all records (or null), when its sizes fit that type; else None."""
    lowest, kind, least, most, bits = held.extremes(index)
    width = values.WIDTHS.get(kind)
    if kind not in values.RENDER and kind != values.NULL and kind ^ values.ARRAY not in values.RENDER:
        return None
    if lowest != kind:
        kinds, sizes = held.kind[index], held.size[index]
        same = kinds == kind
        if not (same | ((kinds == values.NULL) & ((sizes == 0) | np.isin(sizes, values.NULL_SIZES)))).all():
            return None
        sizes = sizes[same]
        least, most = int(sizes.min()), int(sizes.max())
    if kind == values.NULL and most and not np.isin(held.size[index], values.NULL_SIZES).all():
        return None
    if width is not None and not least == most == width:
        return None
    return None if kind == values.STRING and bits & 1 else kind


NUMBERS = {4: "u1", 6: "<u2", 8: "<u4", 10: "<u8", values.HEX32: "<u4", values.HEX64: "<u8"}  # numpy forms by type


def one_by_one(window: Window, held: Values, index: int) -> tuple[pa.Array, list[tuple[int, int, str]]]:
    """A value whose type changes from row to row as text, and what could not be rendered: (row, place, reason)."""
    found: list[str | None] = []
    trouble: list[tuple[int, int, str]] = []
    view = window.data.data
    for row, (kind, start, size) in enumerate(
        zip(held.kind[index].tolist(), held.start[index].tolist(), held.size[index].tolist(), strict=True)
    ):
        if (kind == values.NULL and size in values.NULL_SIZES) or (kind == values.BINXML and not size):
            found.append(None)
            continue
        text, why = rendered(kind, bytes(view[start : start + size]))
        if why:
            trouble.append((row, start, why))
        found.append(text)
    return pa.array(found, pa.string()), trouble


def rendered(kind: int, raw: bytes) -> tuple[str, str]:
    """A value's text, or its bytes in hex; and why either may not be what was meant."""
    if kind == values.NULL:
        return raw.hex().upper(), f"null value that takes {len(raw)} bytes; {values.AS_HEX}"
    try:
        return values.render(kind, raw), ansi.doubt(kind, raw)
    except values.Unreadable as error:
        return raw.hex().upper(), f"{error}; {values.AS_HEX}"


def together(
    window: Window, starts: Int64s, sizes: Int64s, order: Int64s | None = None
) -> tuple[npt.NDArray[np.int32], Bytes]:
    """Ascending slices copied end to end, in `order`: (n + 1,) int32 ends and the bytes."""
    count = len(starts)
    bounds = np.empty(2 * count + 1, np.int32)
    bounds[0:-1:2] = starts
    bounds[1::2] = starts + sizes
    bounds[-1] = bounds[-2] if count else 0
    ragged = pa.Array.from_buffers(pa.binary(), 2 * count, [None, pa.py_buffer(bounds), window.buffer])
    chosen = np.arange(count, dtype=np.int32) if order is None else order.astype(np.int32)
    taken = ragged.take(pa.array(chosen * np.int32(2)))
    ends = np.frombuffer(taken.buffers()[1], np.int32)[: count + 1]
    data = np.frombuffer(taken.buffers()[2], np.uint8) if ends[-1] else np.empty(0, np.uint8)
    return ends, data[: ends[-1]]
