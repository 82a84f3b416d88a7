"""The texts of a piece, each rendered once: what all records of all shapes say is one dictionary, and columns are places in it.

Values are asked for first, column by column; which of them are the same is known already (`parsers.windows.instances`), and only
distinct ones are rendered, to the same text as `parsers.windows.values` gives one by one. MS-EVEN6 section 2.2.14 for the types.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.gather import Bools, Int64s
from parsers.windows import values
from parsers.windows.digits import HEX, ends_of, guids, hexes, moments, text_column
from parsers.windows.flat import Int32s
from parsers.windows.gathered import DIFFER, MIXED, TEXTS, Gathered, Gathering, kinds_of
from parsers.windows.typed import Values, one_by_one, rendered
from parsers.windows.visit import Visit
from parsers.windows.words import Asked, Words

_FORMS = {3: "i1", 4: "u1", 5: "<i2", 6: "<u2", 7: "<i4", 8: "<u4", 9: "<i8", 10: "<u8"}
_FORMS |= {values.HEX32: "<u4", values.HEX64: "<u8", values.FILETIME: "<u8"}
_SHORT = 80  # bytes of a value that is remembered from piece to piece: a SID has at most 68


class Lexicon:
    """Takes in what is asked of one window, then renders it."""

    def __init__(self, visit: Visit, gathering: Gathering | None = None) -> None:
        self._visit = visit
        self._gathering = gathering or Gathering(visit.notes.flat)
        self._coded: dict[int, list[tuple[Asked, Values, int]]] = {}

    def ask(self, held: Values, wanted: list[int], kinds: list[int] | None = None) -> dict[int, Asked]:
        """The `wanted` values of a level as text columns; null where a value is of type null. `kinds`: of all values of the level."""
        kinds = kinds_of([held])[0] if kinds is None else kinds
        return {index: self._ask(held, index, kinds[index]) for index in wanted}

    def _ask(self, held: Values, index: int, kind: int) -> Asked:
        if kind == MIXED:
            text, trouble = one_by_one(self._visit.window, held, index)
            return Asked(kind, len(held), text=text.dictionary_encode(), trouble=trouble)
        if kind == values.NULL:
            return Asked(kind, len(held))
        group = (kind,) if kind in _FORMS else TEXTS
        number = self._gathering.ask(held, index, group, values.WIDTHS.get(kind, 0))
        asked = Asked(kind, len(held), held.full(index), number)
        if group == TEXTS:
            self._coded.setdefault(kind, []).append((asked, held, index))
        return asked

    def close(self, gathered: Gathered | None = None) -> Words:
        """Render all that was asked for."""
        texts = self._visit.notes.texts
        count, known = int(texts.total[0]), 0
        gathered = gathered or self._gathering.read(count)
        words: list[pa.Array] = []
        places = np.full(count + 1, -1, np.int32)  # the last is that of no value
        numbers: dict[int, tuple[Int32s, Bools | None]] = {}
        asked = [group[0] for group in gathered.spans if len(group) == 1 and isinstance(group[0], int)]
        for kind in sorted({*asked, *self._coded}):
            if kind in _FORMS:
                raw, absent = gathered.numbers((kind,))
                text, found = _counted(kind, raw, absent)
                numbers[kind] = found + np.int32(known), absent
            else:
                text, chosen = self._texts(kind, count, gathered.asked)
                places[chosen] = np.arange(known, known + len(text), dtype=np.int32)
            words.append(text)
            known += len(text)
        # texts of two types can be the same, and those with a terminator more
        distinct = pa.concat_arrays([pa.array([], pa.string()), *words]).dictionary_encode()
        if len(distinct.dictionary) < known:
            moved = np.append(distinct.indices.to_numpy(), np.int32(-1))
            places, numbers = moved[places], {kind: (moved[found], mask) for kind, (found, mask) in numbers.items()}
        held = {kind: pa.array(found, mask=mask) for kind, (found, mask) in numbers.items()}
        alike = np.full(len(gathered.starts), DIFFER, np.int32)
        for kind, (found, mask) in numbers.items():
            gathered.alike((kind,), found, mask, alike)
        whole, some = gathered.placed(places, alike)
        return Words(distinct.dictionary, gathered.starts, whole, some, held, alike.tolist())

    def _texts(self, kind: int, count: int, asked: Bools) -> tuple[pa.Array, Int64s]:
        """The distinct values of a type that were asked for, rendered, and which of all texts they are."""
        texts = self._visit.notes.texts
        chosen = np.flatnonzero(asked & (texts.kinds[:count] == kind))
        buffers = [None, pa.py_buffer(texts.bounds[: count + 1]), pa.py_buffer(texts.held)]
        raw = pa.Array.from_buffers(pa.binary(), count, buffers)
        if len(chosen) < count:
            raw = raw.take(pa.array(chosen))
        if kind == values.STRING:
            return _utf8(raw), chosen
        if kind == values.BINARY:
            return _hex(raw), chosen
        if kind == values.GUID:
            return _guids(raw), chosen
        page = self._visit.window.page
        shown = [
            _remembered(kind, one, page) if len(one) <= _SHORT else rendered(kind, one, page) for one in raw.to_pylist()
        ]
        reasons: dict[int, str] = {code: why for code, (_, why) in zip(chosen.tolist(), shown, strict=True) if why}
        if reasons:
            self._complain(kind, count, reasons)
        return pa.array([text for text, _ in shown], pa.string()), chosen

    def _complain(self, kind: int, count: int, reasons: dict[int, str]) -> None:
        """Tell the columns which of their values could not be rendered."""
        bad = np.zeros(count + 1, np.bool_)
        bad[list(reasons)] = True
        for asked, held, index in self._coded[kind]:
            said = held.said(index)
            rows = np.flatnonzero(bad[said])
            starts = held.start(index)[rows].tolist()
            told = zip(rows.tolist(), starts, said[rows].tolist(), strict=True)
            asked.trouble += [(row, start, reasons[code]) for row, start, code in told]


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


def _counted(kind: int, said: Int64s, absent: Bools | None) -> tuple[pa.Array, Int32s]:
    """Distinct numbers of a type as text, and the place of each among them; 0 where a row has none."""
    encoded = pa.array((said if absent is None else said[~absent]).astype(_FORMS[kind])).dictionary_encode()
    return _written(kind, encoded.dictionary), _placed(encoded.indices.to_numpy(), absent)


def _guids(raw: pa.Array) -> pa.Array:
    """GUIDs, all of 16 bytes."""
    if not len(raw):
        return pa.array([], pa.string())
    begin = int(np.frombuffer(raw.buffers()[1], np.int32)[raw.offset])
    drawn = guids(np.frombuffer(raw.buffers()[2], np.uint8)[begin : begin + 16 * len(raw)].reshape(-1, 16))
    return text_column(ends_of(np.full(len(drawn), 38)), drawn.reshape(-1), np.ones(len(drawn), np.bool_))


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


@lru_cache(1 << 14)
def _remembered(kind: int, raw: bytes, page: int | None) -> tuple[str, str]:
    return rendered(kind, raw, page)


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
