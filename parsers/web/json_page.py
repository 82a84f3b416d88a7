"""The values of a page of JSON lines, by name: where each lies, for all lines at once.

Lines are cut in one pass over the block (`json_structure`). A line that is not plainly JSON so, or that is in some way odd, is read on its
own (`json_scan`), to the same effect.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from parsers.gather import Bools, Bytes, Int64s
from parsers.web import json_structure as s
from parsers.web.json_places import rename
from parsers.web.json_scan import TEXT, NotJson, scan, text
from parsers.web.lines import Lines

_BACKSLASH = b"\\"


@dataclass(slots=True)
class Values:
    """Values of n lines. `table` is (values, 5): the line, the name's number, what it is, and its bytes [start, end) in `data`.

    `reasons` says why lines are no JSON objects; `slow` are those that were read on their own, `repeated` those that say a name twice;
    `times` how many values each name has.
    """

    lines: Lines
    names: list[str]
    table: s.Int32s
    repeated: Bools
    slow: Bools
    times: Int64s
    reasons: dict[int, str] = field(default_factory=dict)

    @property
    def row(self) -> s.Int32s:
        return self.table[:, s.ROW]

    @property
    def name(self) -> s.Int32s:
        return self.table[:, s.NAME]

    @property
    def kind(self) -> s.Int32s:
        """TEXT, BARE or WHOLE; ESCAPED is added where a backslash stands in a text."""
        return self.table[:, s.KIND] & ~s.AGAIN

    @property
    def start(self) -> s.Int32s:
        return self.table[:, s.BEGIN]

    @property
    def end(self) -> s.Int32s:
        return self.table[:, s.END]


def values(lines: Lines, odd: Bools) -> Values:
    """Values of all lines that are JSON objects. `odd` lines (those with control bytes) are read on their own."""
    found = s.cut(lines.data, lines.starts, lines.ends, odd)
    names, table, slow, times = _named(lines, found)
    index = {name: place for place, name in enumerate(names)}
    reasons: dict[int, str] = {}
    repeated = np.zeros(len(lines), np.bool_)
    told: list[tuple[int, int, int, int, int]] = []
    for row in np.flatnonzero(slow).tolist():
        base, line = int(lines.starts[row]), lines.at(row)
        try:
            seen = scan(line)
        except NotJson as error:
            reasons[row] = str(error)
            continue
        repeated[row] = seen.repeated
        for name, kind, start, end in seen.values:
            escaped = s.ESCAPED * (kind == TEXT and _BACKSLASH in line[start:end])
            told.append((row, index.setdefault(name, len(index)), kind + escaped, base + start, base + end))
    if told:
        more = np.array(told, np.int32)
        table = np.concatenate((more, table))
        times = np.bincount(more[:, s.NAME], minlength=len(index)) + np.pad(times, (0, len(index) - len(times)))
    return Values(lines, list(index), table, repeated, slow, times, reasons)


def _named(lines: Lines, found: s.Cut) -> tuple[list[str], s.Int32s, Bools, Int64s]:
    """The names that have values, outer ones first, then as they appear; the values under them; the lines that are left to be read; and
    how many values each name has."""
    said, depths = _spelled(lines.data, found.names)
    table, slow = found.values, ~found.whole
    alike = len(set(said[1:])) < len(said) - 1
    if alike:
        slow |= _alike(found, said)
        table = table[~slow[table[:, s.ROW]]]
    if alike or slow.any():
        table[:, s.KIND] &= ~s.AGAIN
    used = np.flatnonzero(found.names[:, s.USES])
    used = used[np.lexsort((found.names[used, s.FIRST], depths[used]))]
    index: dict[str, int] = {}
    place = np.full(len(said), -1, np.int32)
    for number in used.tolist():
        place[number] = index.setdefault(said[number], len(index))
    times = np.zeros(len(index), np.int64)
    rename(table, place, times)
    return list(index), table, slow, times


def _spelled(data: Bytes, names: s.Int32s) -> tuple[list[str], Int64s]:
    """What each name says, with those of the objects around it before it; and how deep it lies."""
    said, depths = [""], [0]
    edges = (names[1:, column].tolist() for column in (s.START, s.STOP, s.PARENT))
    for start, stop, parent in zip(*edges, strict=True):
        own = text(data[start:stop].tobytes())[0]
        said.append(f"{said[parent]}.{own}" if parent else own)
        depths.append(depths[parent] + 1)
    return said, np.array(depths, np.int64)


def _alike(found: s.Cut, said: list[str]) -> Bools:
    """Lines that say one name twice in different ways: with escapes, or with a dot for an object."""
    times, numbers = Counter(said[1:]), dict[str, int]()
    again = np.array([False, *(times[name] > 1 for name in said[1:])])
    meant = np.array([numbers.setdefault(name, len(numbers)) for name in said], np.int64)
    row, number = found.values[:, s.ROW].astype(np.int64), found.values[:, s.NAME].astype(np.int64)
    pairs = [np.empty(0, np.int64)]  # no line may have kept a value
    while len(number):
        mine = again[number]
        pairs.append(row[mine] * len(said) + number[mine])
        number = found.names[number, s.PARENT].astype(np.int64)
        row, number = row[number > 0], number[number > 0]
    row, number = np.divmod(np.unique(np.concatenate(pairs)), len(said))
    keys, count = np.unique(row * len(said) + meant[number], return_counts=True)
    lines = np.zeros(len(found.whole), np.bool_)
    lines[keys[count > 1] // len(said)] = True
    return lines
