"""The texts of a piece, each rendered once: what all records of all shapes say is one dictionary, and columns are places in it.

Values are asked for first, column by column; then all of one type are gathered, told apart by their bytes, and only distinct ones are
rendered, to the same text as `parsers.windows.values` gives one by one. MS-EVEN6 section 2.2.14 for the types.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.gather import Bools, Int64s, numbers_at
from parsers.windows import values
from parsers.windows.digits import HEX, ends_of, guids, hexes, moments, text_column
from parsers.windows.typed import Values, Window, one_by_one, rendered, together, uniform

Int32s = npt.NDArray[np.int32]

_FORMS = {3: "i1", 4: "u1", 5: "<i2", 6: "<u2", 7: "<i4", 8: "<u4", 9: "<i8", 10: "<u8"}
_FORMS |= {values.HEX32: "<u4", values.HEX64: "<u8", values.FILETIME: "<u8", values.GUID: "V16"}
_SHORT = 80  # bytes of a value that is remembered from piece to piece: a SID has at most 68


@dataclass(slots=True)
class Asked:
    """A column that was asked for: where its values lie among those of its type. `text` is given at once where types are mixed.

    `trouble` is what could not be rendered: (row, place in the window, reason).
    """

    kind: int
    start: int
    count: int
    text: pa.DictionaryArray | None = None
    trouble: list[tuple[int, int, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Flat:
    """Values of one type, column after column: places, sizes, and which rows have one (None: all)."""

    asked: list[Asked] = field(default_factory=list)
    starts: list[Int64s] = field(default_factory=list)
    sizes: list[Int64s] = field(default_factory=list)
    valid: list[Bools | None] = field(default_factory=list)
    count: int = 0

    def add(self, kind: int, held: Values, index: int) -> Asked:
        lowest = held.extremes(index)[0]
        asked = Asked(kind, self.count, len(held))
        self.asked.append(asked)
        valid = None if lowest == kind else held.kind[index] == kind
        self.starts.append(held.start[index])
        self.sizes.append(held.size[index] if valid is None else held.size[index] * valid)  # a null may keep bytes
        self.valid.append(valid)
        self.count += len(held)
        return asked

    def mask(self) -> Bools | None:
        """Rows without a value."""
        if all(valid is None for valid in self.valid):
            return None
        pairs = zip(self.valid, self.starts, strict=True)
        return ~np.concatenate([np.ones(len(at), np.bool_) if valid is None else valid for valid, at in pairs])


@dataclass(slots=True)
class _Strings:
    """UTF-16 values, one block for the strings of each level of a shape: (n, k) codes to be, rows in file order."""

    data: list[pa.Array] = field(default_factory=list)
    shapes: list[tuple[int, int]] = field(default_factory=list)
    nulls: list[Bools | None] = field(default_factory=list)
    count: int = 0


class Lexicon:
    """Takes in what is asked of one window, then renders it."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._strings = _Strings()
        self._flats: dict[int, _Flat] = {}

    def ask(self, held: Values, wanted: list[int]) -> dict[int, Asked]:
        """The `wanted` values of a level as text columns; null where a value is of type null."""
        out: dict[int, Asked] = {}
        strings = []
        for index in wanted:
            kind = uniform(held, index)
            if kind is None:
                text, trouble = one_by_one(self._window, held, index)
                out[index] = Asked(-1, 0, len(held), text.dictionary_encode(), trouble)
            elif kind == values.STRING:
                strings.append(index)
            elif kind == values.NULL:
                out[index] = Asked(values.NULL, 0, len(held))
            else:
                out[index] = self._flats.setdefault(kind, _Flat()).add(kind, held, index)
        if strings:
            self._ask_strings(held, strings, out)
        return out

    def _ask_strings(self, held: Values, wanted: list[int], out: dict[int, Asked]) -> None:
        block, count = self._strings, len(held)
        whole = len(wanted) == len(held.start)
        starts, sizes = (a if whole else a[wanted] for a in (held.start, held.size))
        kinds = held.kind if whole else held.kind[wanted]
        full = all(held.extremes(index)[0] == values.STRING for index in wanted)
        if not full:
            sizes = sizes * (kinds == values.STRING)  # a null may keep bytes
        ends, data = together(self._window, starts.T.reshape(-1), sizes.T.reshape(-1))
        block.data.append(
            pa.Array.from_buffers(pa.binary(), len(ends) - 1, [None, pa.py_buffer(ends), pa.py_buffer(data)])
        )
        block.shapes.append((count, len(wanted)))
        block.nulls.append(None if full else kinds.reshape(-1) != values.STRING)
        for at, index in enumerate(wanted):
            out[index] = Asked(values.STRING, block.count + at * count, count)
        block.count += count * len(wanted)

    def close(self) -> Words:
        """Render all that was asked for."""
        words: list[pa.Array] = []
        codes: dict[int, pa.Array] = {}
        known = 0
        if self._strings.count:
            text, found, nulls = _texts(self._strings)
            words.append(text)
            codes[values.STRING] = pa.array(found, mask=nulls)
            known += len(text)
        for kind in sorted(self._flats):
            flat = self._flats[kind]
            text, found = _rendered(self._window, kind, flat)
            words.append(text)
            codes[kind] = pa.array(found + np.int32(known), mask=flat.mask())
            known += len(text)
        if not words:
            return Words(pa.array([], pa.string()), codes)
        distinct = pa.concat_arrays(
            words
        ).dictionary_encode()  # texts of two types can be the same, and those with a terminator more
        if len(distinct.dictionary) < known:
            codes = {kind: distinct.indices.take(places) for kind, places in codes.items()}
        return Words(distinct.dictionary, codes)


@dataclass(frozen=True, slots=True)
class Words:
    """The dictionary of a window, and by type the places of all values in it."""

    text: pa.Array
    codes: dict[int, pa.Array]

    def column(self, asked: Asked) -> pa.DictionaryArray:
        if asked.text is not None:
            return asked.text
        if asked.kind == values.NULL:
            return pa.DictionaryArray.from_arrays(pa.nulls(asked.count, pa.int32()), self.text, safe=False)
        found = self.codes[asked.kind].slice(asked.start, asked.count)
        return pa.DictionaryArray.from_arrays(found, self.text, safe=False)


def _texts(block: _Strings) -> tuple[pa.Array, Int32s, Bools | None]:
    """Distinct strings, the place of each value among them (columns one after the other), and which are null."""
    encoded = pa.chunked_array(
        block.data
    ).dictionary_encode()  # chunks share the dictionary, and are not copied together
    out = np.empty(block.count, np.int32)
    at = 0
    for chunk, (count, width) in zip(encoded.chunks, block.shapes, strict=True):
        stop = at + count * width
        out[at:stop].reshape(width, count)[:] = chunk.indices.to_numpy().reshape(count, width).T
        at = stop
    nulls = None
    if any(mask is not None for mask in block.nulls):
        pairs = zip(block.nulls, block.shapes, strict=True)
        nulls = np.concatenate([np.zeros(n * k, np.bool_) if mask is None else mask for mask, (n, k) in pairs])
    return _utf8(encoded.chunk(0).dictionary), out, nulls


def _utf8(raw: pa.Array) -> pa.Array:
    """UTF-16 texts without their terminators as UTF-8; lone surrogates visible."""
    bounds = np.frombuffer(raw.buffers()[1], np.int32)[: len(raw) + 1]
    units = np.frombuffer(raw.buffers()[2], np.uint8)[: bounds[-1]].view("<u2") if bounds[-1] else np.empty(0, "<u2")
    ends = bounds // 2
    starts, stops = ends[:-1], ends[1:]
    ended = (stops > starts) & (units[np.maximum(stops - 1, 0)] == 0) if len(units) else np.zeros(len(raw), np.bool_)
    plain = not len(units) or int(units.max()) < 0x80
    valid = np.ones(len(raw), np.bool_)
    if plain and not ended.any():
        return text_column(ends, units.astype(np.uint8), valid)
    if ended.any():
        keep = _unterminated(units, starts, stops)
        units, ends = units[keep], ends_of(np.add.reduceat(np.append(keep, False), starts) * (stops > starts))
    return text_column(ends, units.astype(np.uint8), valid) if plain else _wide(units, ends)


def _unterminated(units: npt.NDArray[np.uint16], starts: Int32s, stops: Int32s) -> Bools:
    """Units that are not among the NULs which end a text."""
    places = np.flatnonzero(units)
    before = np.searchsorted(places, stops)  # units that are no NUL before the end of each text
    last = np.where(before > 0, places[np.maximum(before - 1, 0)] + 1, 0) if len(places) else np.zeros(len(stops))
    kept = np.maximum(last, starts)
    change = np.zeros(len(units) + 1, np.int32)
    np.add.at(change, starts, 1)
    np.add.at(change, np.asarray(kept, np.int64), -1)
    return np.cumsum(change[:-1]) > 0


def _wide(units: npt.NDArray[np.uint16], ends: Int32s) -> pa.Array:
    """Texts that are not all ASCII; `ends` count units."""
    valid = np.ones(len(ends) - 1, np.bool_)
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


def _rendered(window: Window, kind: int, flat: _Flat) -> tuple[pa.Array, Int32s]:
    """Distinct values of a type as text, and the place of each among them; 0 where a row has none."""
    form = _FORMS.get(kind)
    if form is None:
        return _ragged(window, kind, flat)
    starts, mask = np.concatenate(flat.starts), flat.mask()
    if mask is not None:
        starts = starts[~mask]
    raw = numbers_at(window.data, starts, form)
    if kind == values.GUID:
        held = pa.Array.from_buffers(pa.binary(16), len(raw), [None, pa.py_buffer(raw.view(np.uint8))])
        encoded = held.dictionary_encode()
        some = np.frombuffer(encoded.dictionary.buffers()[1], np.uint8)[: 16 * len(encoded.dictionary)].reshape(-1, 16)
        drawn = guids(some)
        text = text_column(ends_of(np.full(len(drawn), 38)), drawn.reshape(-1), np.ones(len(drawn), np.bool_))
    else:
        encoded = pa.array(raw).dictionary_encode()
        text = _written(kind, encoded.dictionary)
    return text, _placed(encoded.indices.to_numpy(), mask)


def _written(kind: int, distinct: pa.Array) -> pa.Array:
    """Distinct numbers as text."""
    if kind in values.INTEGERS:
        return distinct.cast(pa.string())
    numbers = distinct.to_numpy()
    if kind != values.FILETIME:
        return hexes(numbers)
    if (numbers > np.uint64(values.LAST)).any():
        return pa.array([values.filetime(ticks) for ticks in numbers.tolist()], pa.string())
    drawn = moments(numbers)
    return text_column(ends_of(np.full(len(drawn), 28)), drawn.reshape(-1), np.ones(len(drawn), np.bool_))


def _ragged(window: Window, kind: int, flat: _Flat) -> tuple[pa.Array, Int32s]:
    """Values of any size: SIDs, binary, booleans, arrays …"""
    pieces = []
    for starts, sizes in zip(flat.starts, flat.sizes, strict=True):  # sizes of rows without a value are zero
        ends, data = together(window, starts, sizes)
        pieces.append(pa.Array.from_buffers(pa.binary(), len(starts), [None, pa.py_buffer(ends), pa.py_buffer(data)]))
    held, mask = pa.concat_arrays(pieces), flat.mask()
    if mask is not None:
        held = held.filter(pa.array(~mask))
    encoded = held.dictionary_encode()
    codes = _placed(encoded.indices.to_numpy(), mask)
    if kind == values.BINARY:
        return _hex(encoded.dictionary), codes
    shown = [
        _remembered(kind, raw) if len(raw) <= _SHORT else rendered(kind, raw) for raw in encoded.dictionary.to_pylist()
    ]
    _complain(flat, codes, mask, [why for _, why in shown])
    return pa.array([text for text, _ in shown], pa.string()), codes


def _complain(flat: _Flat, codes: Int32s, mask: Bools | None, reasons: list[str]) -> None:
    """Tell the columns which of their values could not be rendered."""
    if not any(reasons):
        return
    bad = np.array([bool(reason) for reason in reasons])[codes]
    if mask is not None:
        bad &= ~mask
    firsts = [asked.start for asked in flat.asked]
    for place in np.flatnonzero(bad).tolist():
        number = bisect_right(firsts, place) - 1
        while not flat.asked[number].count:
            number -= 1
        row = place - firsts[number]
        flat.asked[number].trouble.append((row, int(flat.starts[number][row]), reasons[codes[place]]))


@lru_cache(1 << 14)
def _remembered(kind: int, raw: bytes) -> tuple[str, str]:
    return rendered(kind, raw)


def _hex(raw: pa.Array) -> pa.Array:
    ends = np.frombuffer(raw.buffers()[1], np.int32)[: len(raw) + 1]
    data = np.frombuffer(raw.buffers()[2], np.uint8)[: ends[-1]] if ends[-1] else np.empty(0, np.uint8)
    return text_column(ends * 2, HEX[data].view(np.uint8), np.ones(len(raw), np.bool_))


def _placed(found: Int32s, mask: Bools | None) -> Int32s:
    """Places of the rows that have a value, put back among those that have none."""
    if mask is None:
        return found
    out = np.zeros(len(mask), np.int32)
    out[~mask] = found
    return out
