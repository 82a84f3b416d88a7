"""Substitution values column by column: where they lie, their types, and what they say. MS-EVEN6 section 2.2.14 for the types."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.gather import Bytes, forget
from parsers.windows import values
from parsers.windows.flat import Int32s, Notes

MOST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Window:
    """The bytes of a log that are read at once. `start`: their offset in the file; `mapped`: the file, where it is mapped for them; `page`:
    the code page of ANSI text, if it was told."""

    data: Bytes
    start: int
    mapped: memoryview | None = None
    page: int | None = None

    def let_go(self) -> None:
        """Take the bytes out of this process's memory; the few that are asked for again are read again."""
        if self.mapped is not None:
            forget(self.mapped)


@dataclass(slots=True)
class Values:
    """The substitution values of n instances of one template with `many` values each. `first`: (n,) the first value of each, records in
    file order; `sums`: (many, 6) what all values of a column are."""

    notes: Notes
    first: Int32s
    many: int
    sums: Int32s

    @classmethod
    def of(cls, notes: Notes, first: Int32s, many: int) -> Values:
        """With what is known of its columns."""
        at = first[:, None] + np.arange(many, dtype=np.int32)
        kinds, sizes = notes.flat.kind[at], notes.flat.size[at].astype(np.int32)
        given = kinds != values.NULL
        if not given.all():
            given |= ~np.isin(sizes, values.NULL_SIZES)
        sums = begun(many)
        sums[:, 0] = given.sum(axis=0)
        for number, array in ((1, kinds.astype(np.int32)), (3, sizes)):
            sums[:, number] = np.min(array, axis=0, where=given, initial=MOST)
            sums[:, number + 1] = np.max(array, axis=0, where=given, initial=0)
        sums[:, 5] = np.bitwise_or.reduce(sizes, axis=0, where=given)
        return cls(notes, first, many, sums)

    def start(self, index: int) -> Int32s:
        return self.notes.flat.start[self.first + index]

    def size(self, index: int) -> npt.NDArray[np.uint16]:
        return self.notes.flat.size[self.first + index]

    def kind(self, index: int) -> Bytes:
        return self.notes.flat.kind[self.first + index]

    def said(self, index: int) -> Int32s:
        return self.notes.flat.said[self.first + index]

    def full(self, index: int) -> bool:
        """Whether a value is null in no record."""
        return int(self.sums[index, 0]) == len(self.first)

    def __len__(self) -> int:
        return len(self.first)


def begun(columns: int) -> Int32s:
    """Of so many columns what is known before any value is: (columns, 6) values that are no null (or carry bytes that no null has);
    their lowest and highest type, their lowest and highest size, and all bits that sizes have."""
    return np.tile(np.array([0, MOST, 0, MOST, 0, 0], np.int32), (columns, 1))


def uniform(held: Values, index: int) -> int | None:
    """The type of a value in all records (or null), when its sizes fit that type; else None."""
    count, lowest, kind, least, most, bits = held.sums[index].tolist()
    if not count:
        return values.NULL
    if lowest != kind or (kind not in values.RENDER and kind ^ values.ARRAY not in values.RENDER):
        return None
    width = values.WIDTHS.get(kind)
    if width is not None and not least == most == width:
        return None
    return None if kind == values.STRING and bits & 1 else kind


NUMBERS = {4: "u1", 6: "<u2", 8: "<u4", 10: "<u8", values.HEX32: "<u4", values.HEX64: "<u8"}  # numpy forms by type


def one_by_one(window: Window, held: Values, index: int) -> tuple[pa.Array, list[tuple[int, int, str]]]:
    """A value whose type changes from row to row as text, and what could not be rendered: (row, place, reason)."""
    found: list[str | None] = []
    trouble: list[tuple[int, int, str]] = []
    view = window.data.data
    parts = (part.tolist() for part in (held.kind(index), held.start(index), held.size(index)))
    for row, (kind, start, size) in enumerate(zip(*parts, strict=True)):
        if (kind == values.NULL and size in values.NULL_SIZES) or (kind == values.BINXML and not size):
            found.append(None)
            continue
        text, why = rendered(kind, bytes(view[start : start + size]), window.page)
        if why:
            trouble.append((row, start, why))
        found.append(text)
    return pa.array(found, pa.string()), trouble


def rendered(kind: int, raw: bytes, page: int | None = None) -> tuple[str, str]:
    """A value's text, or its bytes in hex; and why either may not be what was meant."""
    if kind == values.NULL:
        return raw.hex().upper(), f"null value that takes {len(raw)} bytes; {values.AS_HEX}"
    try:
        return values.render(kind, raw, page), values.doubt(kind, raw, page)
    except values.Unreadable as error:
        return raw.hex().upper(), f"{error}; {values.AS_HEX}"
