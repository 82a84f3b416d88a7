"""Logs whose lines are JSON objects: a format says which names mean which columns; the rest is kept under the names that the log uses.

A name within an object within the line is written with dots: `request.headers.User-Agent`. Texts say what their escapes mean; a number
stands as its digits do in the line. A value that is not what its name should hold is kept under its own name, and its row is flagged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pyarrow as pa

from parsers.copied import Cut, columns_of
from parsers.gather import Bools, Int64s
from parsers.interned import NOTHING
from parsers.web import fields as f
from parsers.web.formats import Page, Taken
from parsers.web.json_kinds import Target
from parsers.web.json_page import Values, values
from parsers.web.json_places import holding, side_by_side
from parsers.web.json_structure import AGAIN, KIND, ROW, Int32s
from parsers.web.json_texts import spelled, unescaped
from parsers.web.kinds import DASH, Kind, ReadOnce, Request, Text, given_plain, matches, texts
from parsers.web.remarks import Remarks
from parsers.web.spans import Spans
from parsers.web.table import UNKNOWN, Table
from timelines.coded import CODED

NAMES = 256  # own columns of one page; what a line says under rarer names is kept in `extra`
CELLS = 1 << 22  # values of a page that are put side by side at a time: 64 MiB of places
FEW = 1_024  # rows that tell whether a column's texts repeat
SHARED = 2  # rows that share a text on average; below, plain text is cheaper to make and to write

Change = Callable[[pa.RecordBatch], pa.RecordBatch]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name means: its column and what its value must be."""

    name: str
    column: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class JsonFormat:
    """One server's JSON lines. See `parsers.web.formats.Format`.

    A line is the format's own when it holds one name of each group in `needs`, none of `never`, and its texts match `says`.
    `times`: names of the instant and how it is written, the first that is there and fits counts. Of two meanings of one column the first
    counts; the other value is kept under its own name.
    """

    name: str
    family: str
    event: str
    time_desc: str
    needs: tuple[tuple[str, ...], ...]
    times: tuple[tuple[str, Kind], ...]
    meanings: tuple[Meaning, ...]
    never: tuple[str, ...] = ()
    says: Mapping[str, str] | None = None
    protocol: str | None = "http"
    change: Change | None = None

    def sniff(self, sample: Sequence[bytes], state: Mapping[str, object]) -> Sequence[bool | None]:
        """Lines that are objects with the names this format needs."""
        return [line[:1] == b"{" and self._owns(_said(line)) for line in sample]

    def _owns(self, said: Mapping[str, str]) -> bool:
        return (
            all(any(name in said for name in group) for group in self.needs)
            and not any(name in said for name in self.never)
            and all(re.search(form, said.get(name, "")) for name, form in (self.says or {}).items())
        )

    def read(self, page: Page) -> Taken:
        """The page's lines that are this format's."""
        found = values(page.lines, page.control)
        own = _owned(found, self)
        rows = np.flatnonzero(own)
        if not len(rows):
            return Taken(own, reasons=found.reasons)
        few = max(1, CELLS // max(1, min(len(found.names), NAMES)))  # lines at a time: many names make wide rows
        parts = np.split(rows, np.arange(few, len(rows), few))
        batches = tuple(batch for part in parts for batch in _Reading.of(page, found, part).batches(self))
        return Taken(own, batches if self.change is None else tuple(map(self.change, batches)), found.reasons)


@lru_cache(maxsize=128)
def _said(line: bytes) -> Mapping[str, str]:
    """Names of a line and the texts under them (nothing else's value); nothing of a line that is no JSON object."""
    try:
        whole = json.loads(
            line.decode("utf-8", "replace"), object_pairs_hook=tuple, parse_int=len, parse_float=len, strict=False
        )
    except (ValueError, RecursionError):
        return {}
    if not isinstance(whole, tuple):
        return {}
    said: dict[str, str] = {}
    todo = [("", whole)]
    while todo:
        prefix, pairs = todo.pop()
        for name, value in pairs:
            if isinstance(value, tuple) and value:
                todo.append((f"{prefix}{name}.", value))
            else:
                said[prefix + name] = value if isinstance(value, str) else ""
    return said


def _owned(found: Values, one: JsonFormat) -> Bools:
    """Lines that hold one name of each group that the format needs, and say what it wants."""
    index = {name: place for place, name in enumerate(found.names)}
    own = np.ones(len(found.lines), np.bool_) if _everywhere(found, one, index) else _holders(found, one, index)
    for name, form in (one.says or {}).items():
        at = np.flatnonzero(found.name == index.get(name, -1))
        fits = np.zeros(len(own), np.bool_)
        fits[found.row[at]] = _say(found, at, form)
        own &= fits
    return np.asarray(own)


def _everywhere(found: Values, one: JsonFormat, index: Mapping[str, int]) -> bool:
    """Whether all lines hold what the format needs, as far as how often names are said tells: a line says each once."""
    often = {name for name, place in index.items() if found.times[place] == len(found.lines)}
    return not index.keys() & set(one.never) and all(often & set(group) for group in one.needs)


def _holders(found: Values, one: JsonFormat, index: Mapping[str, int]) -> Bools:
    """Lines that hold one name of each group that the format needs, and none that it must not hold."""
    groups = np.zeros(len(found.names) + 1, np.int64)
    for bit, group in enumerate((*one.needs, one.never)):
        for name in group:
            if name in index:
                groups[index[name]] |= 1 << bit
    return np.asarray(holding(found.table, groups, len(found.lines)) == (1 << len(one.needs)) - 1)


def _say(found: Values, at: Int64s, form: str) -> Bools:
    """Which of some values of one name match a pattern; what says the same as the one before is not looked at."""
    first = (found.table[at, KIND] & AGAIN) == 0
    first[:1] = True
    seen = at[first]
    fits = matches(texts(found.lines.data, found.start[seen].astype(np.int64), found.end[seen].astype(np.int64)), form)
    return np.asarray(fits[np.cumsum(first) - 1])


@dataclass(slots=True)
class _Reading:
    """The lines of one format on their way to rows. `spans`: one row a name."""

    page: Page
    names: list[str]
    spans: Spans
    remarks: Remarks
    quality: Int64s
    beyond: Bools  # lines that say something under names beyond NAMES

    @classmethod
    def of(cls, page: Page, found: Values, rows: Int64s) -> _Reading:
        part = page.take(rows)
        names, kept, rare = _kept(found)
        table, far = _theirs(found, rows, rare)
        remarks = Remarks(len(rows))
        lines = replace(part.lines, data=unescaped(part.lines, part.high, table, remarks), odd=None)
        spans = Spans.empty(lines, len(names))
        spans.again = np.zeros(spans.starts.shape, np.bool_)
        side_by_side(lines.data, table, kept, spans.starts, spans.ends, spans.again)
        remarks.mark(part.control, "control-bytes")
        remarks.mark(lines.unterminated(), "no-line-end")
        remarks.mark(found.repeated[rows], "duplicate-keys")
        remarks.mark(far, "many-keys")
        quality = np.where(found.slow[rows], f.STRICT, f.FAST)
        quality[found.repeated[rows] | part.control] = f.LOOSE
        return cls(replace(part, lines=lines), names, spans, remarks, quality, far)

    def batches(self, one: JsonFormat) -> tuple[pa.RecordBatch, ...]:
        """Rows, apart for each way in which their instant is written."""
        left, found = np.ones(len(self.quality), np.bool_), []
        for name, kind in one.times:
            if name not in self.names or not left.any():
                continue
            rows = np.flatnonzero(left & self._fitting(self.names.index(name), kind))
            if len(rows):
                left[rows] = False
                found.append(self._take(rows)._batch(one, (name, kind)))
        if left.any():
            found.append(self._take(np.flatnonzero(left))._batch(one, None))
        return tuple(found)

    def _fitting(self, place: int, kind: Kind) -> Bools:
        starts, ends = self.spans.starts[place], self.spans.ends[place]
        fits = self.spans.present(place)
        if fits.all():
            if isinstance(kind, ReadOnce):
                return kind.fits_in(self.spans, place)
            return kind.fits(self.page.lines.data, starts, ends)
        rows = np.flatnonzero(fits)
        if len(rows):
            fits[rows] = kind.fits(self.page.lines.data, starts[rows], ends[rows])
        return fits

    def _take(self, rows: Int64s) -> _Reading:
        if len(rows) == len(self.quality):
            return self
        page = self.page.take(rows)
        spans = Spans(page.lines, self.spans.starts[:, rows], self.spans.ends[:, rows], self.spans.invalid[rows])
        return _Reading(page, self.names, spans, self.remarks.take(rows), self.quality[rows], self.beyond[rows])

    def _batch(self, one: JsonFormat, time: tuple[str, Kind] | None) -> pa.RecordBatch:
        table = Table(self.page, self.spans, self.remarks)
        told = set[int]()
        if time is not None:
            told.add(self.names.index(time[0]))
            time[1].fill(table, self.names.index(time[0]), "time", None)
        else:
            table.put_time(np.zeros(len(table), np.int64), np.zeros(len(table), np.bool_), UNKNOWN)
        due = _Due(table)
        for meaning in one.meanings:
            place = self.names.index(meaning.name) if meaning.name in self.names else -1
            if place < 0 or place in told or due.has(meaning.column):
                continue
            wrong = self.spans.present(place) & ~self._fitting(place, meaning.kind)
            if wrong.any():
                table.put(meaning.name, self._wrong(place, wrong), meaning.name)
            if not self.spans.present(place).any():
                continue
            told.add(place)
            due.fill(meaning, place)
        for place, name in enumerate(self.names):
            if place not in told and self.spans.present(place).any():
                due.own(name, place)
        due.put()
        if self.beyond.any():
            whole = texts(self.page.lines.data, self.page.lines.starts, self.page.lines.ends).to_pylist()
            extra = [spelled(raw) if far else None for raw, far in zip(whole, self.beyond.tolist(), strict=True)]
            table.put("extra", pa.array(extra, pa.string()))
        return table.batch(one.family, one.event, one.time_desc, one.protocol, self.quality)

    def _wrong(self, place: int, wrong: Bools) -> pa.Array:
        """What stands where another kind of value should, as text; taken out of the spans."""
        self.remarks.mark(wrong, "wrong-type")
        self.quality = np.where(wrong, f.LOOSE, self.quality)
        starts = self.spans.starts[place].copy()
        self.spans.starts[place] = np.where(wrong, starts, -1)
        kept = self.spans.text(place, dash_is_null=False)
        self.spans.starts[place] = starts
        self.spans.leave_out(place, wrong)
        return kept


_OWN = " "  # before the key of a column that the log names itself: no other begins so


class _Due:
    """Text columns that are to be made: all together, some rows at a time, while the lines' bytes are near."""

    def __init__(self, table: Table) -> None:
        self.table, self.cuts = table, dict[str, Cut]()

    def has(self, column: str) -> bool:
        return self.table.has(column) or column in self.cuts

    def fill(self, meaning: Meaning, place: int) -> None:
        spans, kind = self.table.spans, meaning.kind
        if isinstance(kind, Text):
            alone = NOTHING if kind.dash else DASH
            self.cuts[meaning.column] = self._cut(place, alone)
        elif isinstance(kind, Target):
            self.cuts = kind.cuts(spans, place) | self.cuts
        else:
            if isinstance(kind, Request):  # its columns are several, and those from before count
                self.put()
            kind.fill(self.table, place, meaning.column, None)

    def own(self, name: str, place: int) -> None:
        self.cuts[_OWN + name] = self._cut(place)

    def _cut(self, place: int, alone: int = NOTHING) -> Cut:
        spans = self.table.spans
        again = None if spans.again is None else spans.again[place]
        return Cut(spans.starts[place], spans.ends[place], alone=alone, again=again)

    def put(self) -> None:
        plain = given_plain(self.table.page)
        for key, array in columns_of(self.table.spans.lines.data, self.cuts, plain).items():
            if len(array) >= FEW and array.type == CODED and len(array.dictionary) * SHARED > len(array):
                plain.add(key)
            own = key.removeprefix(_OWN)
            self.table.put(own, array, own if key != own else None)
        self.cuts = {}


def _kept(found: Values) -> tuple[list[str], Int64s, Bools]:
    """The names that become columns; the place of each name among them, -1 for the others; and which hold something and are left out."""
    times = found.times
    order = np.argsort(-times, kind="stable")
    order = order[times[order] > 0]
    kept = np.full(len(found.names), -1, np.int64)
    chosen = np.sort(order[:NAMES])
    kept[chosen] = np.arange(len(chosen))
    return [found.names[number] for number in chosen.tolist()], kept, (times > 0) & (kept < 0)


def _theirs(found: Values, rows: Int64s, rare: Bools) -> tuple[Int32s, Bools]:
    """The values of some lines, under names that are not `rare`, with lines numbered among these; and which of them have a rare name."""
    far = np.zeros(len(rows), np.bool_)
    if len(rows) == len(found.lines) and not rare.any():
        return found.table, far
    line = np.full(len(found.lines), -1, np.int32)
    line[rows] = np.arange(len(rows))
    mine = line[found.row] >= 0
    aside = rare[found.name]
    far[line[found.row[mine & aside]]] = True
    table = found.table[mine & ~aside]
    table[:, ROW] = line[table[:, ROW]]
    table[:, KIND] &= ~AGAIN
    return table, far
