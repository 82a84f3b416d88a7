"""Typed BinXML values as text, a column at a time: the same text as `parsers.windows.values` gives one by one.

Values are ragged slices of the mapped bytes. Arrow's own `take` copies them together: an array whose odd elements are the gaps between
values needs no copy of its own, and taking its even elements is one memory copy a value. MS-EVEN6 section 2.2.14 for the types.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.gather import Bools, Bytes, Int64s, numbers_at
from parsers.windows import values
from parsers.windows.digits import HEX, ends_of, guids, hexes, lines, moments, text_column

SMALL = 12  # rows below which rendering one by one is cheaper than setting numpy up


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


@dataclass(slots=True)
class Columns:
    """Text columns by value index, and what could not be rendered: (row, start, reason)."""

    text: dict[int, pa.Array] = field(default_factory=dict)
    trouble: list[tuple[int, int, str]] = field(default_factory=list)


def texts(window: Window, held: Values, wanted: list[int]) -> Columns:
    """The `wanted` values of a group as text columns; null where the value is of type null."""
    out = Columns()
    count = len(held)
    if count < SMALL:
        for index in wanted:
            out.text[index] = _one_by_one(window, held, index, out)
        return out
    strings = []
    for index in wanted:
        kind = _uniform(held, index)
        if kind is None:
            out.text[index] = _one_by_one(window, held, index, out)
        elif kind == values.STRING:
            strings.append(index)
        elif kind == values.NULL:
            out.text[index] = pa.nulls(count, pa.string())
        else:
            out.text[index] = _column(window, held, index, kind, out)
    out.text.update(zip(strings, _strings(window, held, strings), strict=True))
    return out


def _uniform(held: Values, index: int) -> int | None:
    """The type of a value in all records (or null), when its sizes fit that type; else None."""
    lowest, kind, least, most, bits = held.extremes(index)
    width = values.WIDTHS.get(kind)
    if kind not in values.RENDER and kind != values.NULL and kind ^ values.ARRAY not in values.RENDER:
        return None
    if lowest != kind:
        kinds, sizes = held.kind[index], held.size[index]
        same = kinds == kind
        if not (same | ((kinds == values.NULL) & (sizes == 0))).all():
            return None
        sizes = sizes[same]
        least, most = int(sizes.min()), int(sizes.max())
    if kind == values.NULL and most:
        return None
    if width is not None and not least == most == width:
        return None
    return None if kind == values.STRING and bits & 1 else kind


def numbers(window: Window, held: Values, index: int, wide: bool = False) -> pa.Array | None:
    """A value as integers: uint64 when `wide`, else int32 or int64. None when it is not such a number in every row."""
    kind = _uniform(held, index)
    form = _UNSIGNED.get(-1 if kind is None else kind)
    if form is None or (form == "<u8" and not wide):
        return None
    type_ = np.uint64 if wide else np.int32 if form in ("u1", "<u2") else np.int64
    valid = held.kind[index] == kind
    if valid.all():
        return pa.array(numbers_at(window.data, held.start[index], form).astype(type_))
    out = np.zeros(len(held), type_)
    out[valid] = numbers_at(window.data, held.start[index, valid], form)
    return pa.array(out, mask=~valid)


_UNSIGNED = {4: "u1", 6: "<u2", 8: "<u4", 10: "<u8", values.HEX32: "<u4", values.HEX64: "<u8"}


def _one_by_one(window: Window, held: Values, index: int, out: Columns) -> pa.Array:
    found: list[str | None] = []
    view = window.data.data
    for row, (kind, start, size) in enumerate(
        zip(held.kind[index].tolist(), held.start[index].tolist(), held.size[index].tolist(), strict=True)
    ):
        if kind == values.NULL:
            if size:
                raw = bytes(view[start : start + min(size, 32)])
                out.trouble.append((row, start, f"null value that carries {size} bytes ({raw.hex()}); shown as null"))
            found.append(None)
            continue
        text, why = rendered(kind, bytes(view[start : start + size]))
        if why:
            out.trouble.append((row, start, why))
        found.append(text)
    return pa.array(found, pa.string())


def rendered(kind: int, raw: bytes) -> tuple[str, str]:
    """A value's text, or its bytes in hex and the reason."""
    try:
        return values.render(kind, raw), ""
    except values.Unreadable as error:
        return raw.hex().upper(), f"{error}; kept as hex"


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


def _strings(window: Window, held: Values, wanted: list[int]) -> list[pa.Array]:
    """UTF-16 columns in one copy: rows in file order on the way in, columns one after the other on the way out."""
    if not wanted:
        return []
    count, width = len(held), len(wanted)
    starts = held.start[wanted].T.reshape(-1)
    sizes = _terminated(window.data, starts, held.size[wanted].T.reshape(-1))
    order = np.arange(count * width).reshape(count, width).T.reshape(-1)
    ends, data = together(window, starts, sizes, order)
    units = data.view("<u2")
    ends = ends // 2
    narrow = units.astype(np.uint8)
    plain = not len(units) or int(units.max()) < 0x80
    valid = held.kind[wanted] == values.STRING
    out = []
    for at in range(width):
        bounds = ends[at * count : (at + 1) * count + 1]
        part = units[bounds[0] : bounds[-1]]
        if plain or not len(part) or int(part.max()) < 0x80:
            out.append(text_column(bounds, narrow, valid[at]))
        else:
            out.append(_wide(part, bounds - bounds[0], valid[at]))
    return out


def _terminated(data: Bytes, starts: Int64s, sizes: Int64s) -> Int64s:
    """Sizes in bytes without the NULs that end a text."""
    for turn in range(3):
        ends = starts + sizes
        ended = (numbers_at(data, np.maximum(ends - 2, 0), "<u2") == 0) & (sizes > 0)
        if not ended.any():
            return sizes
        if turn == 2:
            break
        sizes = sizes - 2 * ended
    sizes = sizes.copy()
    for row in np.flatnonzero(ended).tolist():
        raw = data[starts[row] : starts[row] + sizes[row]].view("<u2")
        held = np.flatnonzero(raw)
        sizes[row] = 2 * (int(held[-1]) + 1) if len(held) else 0
    return sizes


def _wide(units: npt.NDArray[np.uint16], ends: npt.NDArray[np.int32], valid: Bools) -> pa.Array:
    """A column that is not all ASCII; `ends` count units."""
    surrogate = (units & 0xF800) == 0xD800
    first = ends[:-1][np.diff(ends) > 0]
    try:
        if surrogate.any() and ((units[first] & 0xFC00) == 0xDC00).any():
            raise UnicodeError
        data = units.tobytes().decode("utf-16-le").encode("utf-8")
    except UnicodeError:
        raw = units.tobytes()
        pairs = zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)
        shown = [values.utf16(raw[2 * a : 2 * b]).encode("utf-8") for a, b in pairs]
        return text_column(
            ends_of(np.array([len(text) for text in shown])), np.frombuffer(b"".join(shown), np.uint8), valid
        )
    lengths = np.where(surrogate, 2, 1 + (units >= 0x80).astype(np.int32) + (units >= 0x800))
    reach = np.zeros(len(units) + 1, np.int32)
    np.cumsum(lengths, out=reach[1:])
    return text_column(reach[ends], np.frombuffer(data, np.uint8), valid)


def _column(window: Window, held: Values, index: int, kind: int, out: Columns) -> pa.Array:
    """One column whose values all have one type (or null) and its size."""
    valid = held.kind[index] == kind
    starts = held.start[index] if valid.all() else held.start[index, valid]
    if kind in values.INTEGERS:
        return _filled(pa.array(numbers_at(window.data, starts, _FORMS[kind])).cast(pa.string()), valid)
    if kind == values.GUID:
        return lines(guids(numbers_at(window.data, starts, "V16").view(np.uint8).reshape(-1, 16)), valid)
    if kind in (values.HEX32, values.HEX64):
        found = pa.array(numbers_at(window.data, starts, _UNSIGNED[kind])).dictionary_encode()
        return _filled(hexes(found.dictionary.to_numpy()).take(found.indices), valid)
    if kind == values.BINARY:
        ends, data = together(window, starts, held.size[index, valid])
        text = pa.StringArray.from_buffers(len(starts), pa.py_buffer(ends * 2), pa.py_buffer(HEX[data].view(np.uint8)))
        return _filled(text, valid)
    if kind == values.FILETIME:
        ticks = numbers_at(window.data, starts, "<u8")
        if not (ticks > np.uint64(values.LAST)).any():
            return lines(moments(ticks), valid)
    return _distinct(window, held, index, kind, out)


_FORMS = {3: "i1", 4: "u1", 5: "<i2", 6: "<u2", 7: "<i4", 8: "<u4", 9: "<i8", 10: "<u8"}


def _filled(text: pa.Array, valid: Bools) -> pa.Array:
    """Values of the valid rows put back among the null ones."""
    if valid.all():
        return text
    place = np.cumsum(valid) - 1
    return text.take(pa.array(place, mask=~valid))


def _distinct(window: Window, held: Values, index: int, kind: int, out: Columns) -> pa.Array:
    """Values rendered once per distinct bytes: SIDs, booleans, arrays and whatever has no faster way."""
    valid = held.kind[index] == kind
    starts, sizes = held.start[index, valid], held.size[index, valid]
    ends, data = together(window, starts, sizes)
    raw = pa.Array.from_buffers(pa.binary(), len(starts), [None, pa.py_buffer(ends), pa.py_buffer(data)])
    encoded = raw.dictionary_encode()
    shown = [rendered(kind, item) for item in encoded.dictionary.to_pylist()]
    if any(why for _, why in shown):
        rows = np.flatnonzero(valid).tolist()
        for place, at in enumerate(encoded.indices.to_pylist()):
            if shown[at][1]:
                out.trouble.append((rows[place], int(starts[place]), shown[at][1]))
    text = pa.array([text for text, _ in shown], pa.string())
    return _filled(text.take(encoded.indices), valid)
