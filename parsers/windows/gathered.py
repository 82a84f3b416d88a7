"""Values as columns: what columns of a window ask for is read record by record, since a record's values stand together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from parsers.gather import Bools, Bytes, Int64s
from parsers.windows import values
from parsers.windows.flat import WIDE, Flat, Int32s
from parsers.windows.typed import Values
from timelines.compiled import compiled

Group = tuple[object, ...]  # numbers of one group are decoded together; TEXTS are no numbers
TEXTS: Group = ()
TEXT, NARROW, EIGHT = range(3)
NONE, DIFFER = -1, -2  # what a column says: nothing; more than one thing


@compiled
def _gather(
    said: Int32s,
    wide: Int64s,
    kinds: Bytes,
    firsts: Int32s,
    levels: Int64s,
    columns: Int64s,
    texts: Int32s,
    raw: Int64s,
    absent: Bytes,
    asked: Bytes,
) -> None:
    """Copy values into `raw` and codes of texts into `texts`, and note which of `raw` are `absent` and which codes are `asked` for.

    `levels`: (l, 4) the first of its `firsts`, how many, the first of its columns and the last but one; `columns`: (c, 4) which value of a
    record, where its rows go, as what (TEXT, or NARROW or `wide` numbers to `raw`), and whether some are null there.
    """
    for level in range(len(levels)):
        begin, count, first, stop = levels[level, 0], levels[level, 1], levels[level, 2], levels[level, 3]
        for row in range(count):
            base = np.int64(firsts[begin + row])
            for column in range(first, stop):
                value, out = base + columns[column, 0], columns[column, 1] + row
                code = said[value]
                if columns[column, 2] == TEXT:
                    texts[out] = code
                    if code >= 0:
                        asked[code] = 1
                else:
                    raw[out] = np.int64(code) & 0xFFFFFFFF if columns[column, 2] == NARROW or code < 0 else wide[code]
                    if columns[column, 3] != 0:
                        absent[out] = kinds[value] == 0


@compiled
def _place(texts: Int32s, places: Int32s, bits: Bytes, columns: Int64s, alike: Int32s) -> None:
    """Replace codes by their places; those of no text, which are below 0, by 0, and these lose their bit.

    `columns`: (c, 2) where the rows of each begin, and how many they are. A column all of whose rows say one thing stays as it is: `alike`
    has that thing's place (NONE: no text), of all others DIFFER.
    """
    for column in range(len(columns)):
        begin, stop = columns[column, 0], columns[column, 0] + columns[column, 1]
        first, row = texts[begin], begin + 1
        while row < stop and texts[row] == first:
            row += 1
        if row == stop:
            alike[column] = NONE if first < 0 else places[first]
            continue
        alike[column] = DIFFER
        for row in range(begin, stop):
            code = texts[row]
            if code < 0:
                texts[row] = 0
                bits[row >> 3] &= np.uint8(0xFF ^ (1 << (row & 7)))
            else:
                texts[row] = places[code]


@compiled
def tell_alike(places: Int32s, absent: Bytes, columns: Int64s, alike: Int32s) -> None:
    """The same `alike` of columns that are places already, of which some may be `absent` (empty: none)."""
    for column in range(len(columns)):
        begin, stop = columns[column, 0], columns[column, 0] + columns[column, 1]
        first, row = places[begin], begin + 1
        if len(absent) == 0:
            while row < stop and places[row] == first:
                row += 1
        else:
            while row < stop and places[row] == first and absent[row] == absent[begin]:
                row += 1
        alike[column] = DIFFER if row < stop else NONE if len(absent) > 0 and absent[begin] != 0 else first


class Gathering:
    """Takes in which columns are asked for; `read` gives them."""

    def __init__(self, flat: Flat) -> None:
        self._flat = flat
        self._held: list[Values] = []
        self._levels: dict[int, int] = {}  # the number of each of `held`, by its id
        self._groups: dict[Group, int] = {TEXTS: 0}
        self._wanted: list[tuple[int, int, int, bool, int, int]] = []

    def ask(self, held: Values, index: int, group: Group = TEXTS, width: int = 0) -> int:
        """Ask for a value of a level, if not for texts for numbers of so many bytes; returns the number of the column."""
        level = self._levels.get(id(held))
        if level is None:
            level = self._levels[id(held)] = len(self._held)
            self._held.append(held)
        number = self._groups.setdefault(group, len(self._groups))
        form = TEXT if group == TEXTS else EIGHT if width == WIDE else NARROW
        self._wanted.append((level, index, number, held.full(index), len(held), form))
        return len(self._wanted) - 1

    def read(self, codes: int) -> Gathered:
        """All that was asked for; `codes`: how many texts there are."""
        level, index, group, full, rows, form = np.array(self._wanted, np.int64).reshape(-1, 6).T
        order = np.argsort(group, kind="stable")  # columns of a group stand side by side
        ends = np.cumsum(rows[order])
        starts = np.empty(len(rows), np.int64)
        starts[order] = ends - rows[order]
        bounds = np.append(0, ends)[np.searchsorted(group[order], np.arange(len(self._groups) + 1))]
        count, total = int(bounds[1]), int(bounds[-1])
        out = starts - np.where(group > 0, count, 0)
        texts, raw = np.empty(count, np.int32), np.empty(total - count, np.int64)
        absent, asked = np.zeros(total - count, np.uint8), np.zeros(codes, np.uint8)
        by_level = np.argsort(level, kind="stable")
        columns = np.stack((index, out, form, 1 - full), axis=1).astype(np.int64)[by_level]
        levels, firsts = self._records(level)
        flat = self._flat
        _gather(flat.said, flat.wide, flat.kind, firsts, levels, columns, texts, raw, absent, asked)
        spans = {one: (int(bounds[at]) - count, int(bounds[at + 1]) - count) for one, at in self._groups.items() if at}
        within = starts - bounds[group]
        which = {one: np.flatnonzero(group == at) for one, at in self._groups.items()}
        placed = {one: np.stack((within[some], rows[some]), axis=1) for one, some in which.items()}
        return Gathered(texts, asked.view(np.bool_), within.tolist(), raw, absent.view(np.bool_), spans, which, placed)

    def _records(self, level: Int64s) -> tuple[Int64s, Int32s]:
        """What `_gather` has to know of levels: where their records and their columns begin and end."""
        sizes = np.array([len(held) for held in self._held], np.int64)
        stops = np.cumsum(np.bincount(level, minlength=len(sizes)))
        begins = np.cumsum(sizes) - sizes
        firsts = np.concatenate([held.first for held in self._held] or [np.empty(0, np.int32)])
        return np.stack((begins, sizes, np.append(0, stops)[:-1], stops), axis=1).astype(np.int64), firsts


@dataclass(frozen=True, slots=True)
class Gathered:
    """Columns that were asked for. `texts`: codes of all text columns; `asked`: whether a code is among them; `starts`: where each column
    begins, among the texts or among the numbers of its group; `which`: by group the numbers of its columns, and in `columns` (c, 2) where
    each of these begins and how many rows it has."""

    texts: Int32s
    asked: Bools
    starts: list[int]
    raw: Int64s
    absent: Bools
    spans: dict[Group, tuple[int, int]]
    which: dict[Group, Int64s]
    columns: dict[Group, Int64s]

    def numbers(self, group: Group) -> tuple[Int64s, Bools | None]:
        """All numbers of a group, column after column, and which are absent (None: none)."""
        begin, end = self.spans[group]
        absent = self.absent[begin:end]
        return self.raw[begin:end], absent if absent.any() else None

    def placed(self, places: Int32s, alike: Int32s) -> tuple[pa.Array, pa.Array]:
        """All texts as `places` of their codes, which takes the codes' room: where none is null, and with nulls. By number of column
        `alike` is told what all its rows say: a place, NONE, or DIFFER; the places of one that says one thing are not to be read."""
        count, bits = len(self.texts), np.full(len(self.texts) // 8 + 1, 0xFF, np.uint8)
        said = np.empty(len(self.which[TEXTS]), np.int32)
        _place(self.texts, places, bits, self.columns[TEXTS], said)
        alike[self.which[TEXTS]] = said
        data = pa.py_buffer(self.texts)
        whole = pa.Array.from_buffers(pa.int32(), count, [None, data])
        return whole, pa.Array.from_buffers(pa.int32(), count, [pa.py_buffer(bits), data])

    def alike(self, group: Group, places: Int32s, absent: Bools | None, alike: Int32s) -> None:
        """Tell the same of a group's numbers, which have been found to have `places`."""
        said = np.empty(len(self.which[group]), np.int32)
        tell_alike(places, _NEVER if absent is None else absent.view(np.uint8), self.columns[group], said)
        alike[self.which[group]] = said


_NEVER = np.empty(0, np.uint8)
_SOUND = np.array([kind in values.RENDER or kind ^ values.ARRAY in values.RENDER for kind in range(256)], np.bool_)
_WIDTHS = np.array([values.WIDTHS.get(kind, -1) for kind in range(256)], np.int32)
MIXED = -1


def kinds_of(levels: list[Values]) -> list[list[int]]:
    """Of each level, the type of each value in all records (or null), when its sizes fit that type; else MIXED. See `typed.uniform`."""
    if not levels:
        return []
    count, lowest, kind, least, most, bits = np.concatenate([held.sums for held in levels]).T
    of = np.minimum(kind, 255)
    sound = (lowest == kind) & _SOUND[of]
    width = _WIDTHS[of]
    sound &= (width < 0) | ((least == width) & (most == width))
    sound &= (kind != values.STRING) | (bits & 1 == 0)
    found = np.where(count == 0, values.NULL, np.where(sound, kind, MIXED))
    ends = np.cumsum([held.many for held in levels])[:-1]
    return [part.tolist() for part in np.split(found, ends)]
