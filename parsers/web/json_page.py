"""The values of a page of JSON lines, by name: where each lies, for all lines at once.

Lines are cut at the quotes that begin and end their texts; what stands between two texts says how they belong together. A line that is
not plainly JSON so, or that is in some way odd, is read on its own (`json_scan`), to the same effect.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from parsers.gather import Bools, Bytes, Int64s, spread
from parsers.web import json_gaps as g
from parsers.web.json_scan import BARE, DEPTH, TEXT, VALUES, WHOLE, NotJson, scan, text
from parsers.web.kinds import matches, texts
from parsers.web.lines import Lines
from parsers.web.marks import escaped_quotes

_BACKSLASH, _QUOTE, _OPEN = b'\\"{'
_BARE = r"^(-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?|true|false|null)$"
_LIST = r"^(\[ *\]|\{ *\}|\[ *BARE( *, *BARE)* *\])$".replace("BARE", _BARE[1:-1])
COUNTED = 1 << 22  # keys that are counted in a table of so many places; more are sorted
Small = npt.NDArray[np.int8]


@dataclass(slots=True)
class Values:
    """Values of n lines. Each of `rows`, `names`, `kinds`, `starts`, `ends` is (values,): the line, the name's number, what it is, and
    its bytes in `data`. `reasons` says why lines are no JSON objects."""

    lines: Lines
    names: list[str]
    row: Int64s
    name: Int64s
    kind: Int64s
    start: Int64s
    end: Int64s
    repeated: Bools
    slow: Bools
    reasons: dict[int, str] = field(default_factory=dict)


def values(lines: Lines, odd: Bools) -> Values:
    """Values of all lines that are JSON objects. `odd` lines (those with control bytes) are read on their own."""
    strings = _Strings.of(lines, odd)
    fast = _fast(lines, strings)
    found = [fast] if fast is not None else []
    names: dict[str, int] = {name: place for place, name in enumerate(fast.names)} if fast is not None else {}
    done = np.zeros(len(lines), np.bool_)
    if fast is not None:
        done[fast.row] = True
    reasons: dict[int, str] = {}
    repeated = np.zeros(len(lines), np.bool_)
    told: list[tuple[int, int, int, int, int]] = []
    for row in np.flatnonzero(~done).tolist():
        base = int(lines.starts[row])
        try:
            seen = scan(lines.at(row))
        except NotJson as error:
            reasons[row] = str(error)
            continue
        repeated[row] = seen.repeated
        told += [
            (row, names.setdefault(name, len(names)), kind, base + a, base + b) for name, kind, a, b in seen.values
        ]
    parts = [np.array(told, np.int64).reshape(-1, 5).T]
    parts += [np.stack((one.row, one.name, one.kind, one.start, one.end)) for one in found]
    row, name, kind, start, end = np.concatenate(parts, axis=1)
    return Values(lines, list(names), row, name, kind, start, end, repeated, ~done, reasons)


@dataclass(slots=True)
class _Strings:
    """The texts of the lines that have some and begin as an object does: where each begins and ends (inside its quotes), its line."""

    row: Int64s
    open: Int64s
    close: Int64s
    last: Bools  # the line's last text

    @classmethod
    def of(cls, lines: Lines, odd: Bools) -> _Strings:
        quotes = _narrow(np.flatnonzero(lines.data == _QUOTE))
        quotes = quotes[~escaped_quotes(lines.data, quotes)]
        first = np.searchsorted(quotes, lines.starts)
        count = np.searchsorted(quotes, lines.ends) - first
        good = ~odd & (count > 0) & (count % 2 == 0) & (lines.data[lines.starts] == _OPEN)
        rows = np.flatnonzero(good)
        places = quotes[spread(first[rows], count[rows])]
        row = np.repeat(_narrow(rows), count[rows] // 2)
        last = np.ones(len(row), np.bool_)
        last[:-1] = row[1:] != row[:-1]
        return cls(row, places[::2], places[1::2], last)


def _narrow(numbers: Int64s) -> Int64s:
    """Places in a block as 32 bits each: half the memory to walk through, which is most of the work here."""
    return cast("Int64s", numbers.astype(np.int32))


def _fast(lines: Lines, strings: _Strings) -> Values | None:
    """The values of lines whose texts and gaps fit together; None where there are none."""
    if not len(strings.row):
        return None
    fold, gaps = g.folded(lines.data), g.Gaps()
    head = np.ones(len(lines), np.bool_)
    begins = np.flatnonzero(np.concatenate(([True], strings.last[:-1])))
    first = strings.row[begins]
    head[first] = _blank(lines.data, lines.starts[first] + 1, strings.open[begins])
    gap_ends = np.empty_like(strings.open)
    gap_ends[:-1] = strings.open[1:]
    gap_ends[strings.last] = lines.ends[strings.row[strings.last]]
    code = g.coded(fold, strings.close + 1, gap_ends, gaps)
    names = np.array(gaps.names, np.int8)[code]
    delta = (names == g.OBJECT) - np.array(gaps.closes, np.int64)[code]
    bad = (code < 0) | np.array(gaps.bad)[code] | ~head[strings.row]
    bad |= _out_of_step(strings, names, np.array(gaps.closes_array)[code])
    depth, wrong = _depths(strings, delta, np.array(gaps.ends)[code])
    doubtful = np.zeros(len(lines), np.bool_)
    doubtful[strings.row[bad | wrong]] = True
    found = _named(lines, strings, (code, names, depth - delta), gaps, doubtful)
    return None if found is None else _proved(found)


def _blank(data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
    """Where nothing but blanks stands at [start, end)."""
    good: Bools = ends == starts
    for place in np.flatnonzero(~good).tolist():
        good[place] = not data[starts[place] : ends[place]].tobytes().strip(b" \t")
    return good


def _out_of_step(strings: _Strings, names: Small, closes_array: Bools) -> Bools:
    """Where a text is not what the gap before it promises: a name, a value, or an array's only text."""
    before = np.concatenate((np.zeros(1, np.int8), names[:-1]))
    before[1:][strings.last[:-1]] = g.NOTHING
    value_due = (before == g.TEXT_NEXT) | (before == g.TEXT_IN_ARRAY)
    found: Bools = (names == g.NOTHING) != value_due
    found |= closes_array != (before == g.TEXT_IN_ARRAY)
    return found


def _depths(strings: _Strings, delta: Int64s, ends: Bools) -> tuple[Int64s, Bools]:
    """How deep each line is behind each text's gap; and where that is no object's course."""
    total = np.cumsum(delta)
    begins = np.concatenate(([True], strings.last[:-1]))
    counts = np.diff(np.append(np.flatnonzero(begins), len(total)))
    base = np.repeat((total - delta)[begins], counts)
    depth = 1 + total - base
    wrong = (depth > DEPTH) | (ends != strings.last) | np.where(strings.last, depth != 0, depth <= 0)
    return depth, wrong


def _named(
    lines: Lines, strings: _Strings, seen: tuple[Int64s, Small, Int64s], gaps: g.Gaps, doubtful: Bools
) -> Values | None:
    """Names and values of the lines that are not doubtful. `seen`: gap code, what it does with a name, depth before it."""
    code, names, depth = seen
    at = np.flatnonzero((names != g.NOTHING) & ~doubtful[strings.row])
    if not len(at):
        return None
    code, does, depth, row = code[at], names[at], depth[at], strings.row[at].astype(np.int64)
    path, spelled = _paths(lines.data, (strings.open[at] + 1, strings.close[at]), does, depth)
    valued = does != g.OBJECT
    here = does == g.HERE
    following = np.minimum(at + 1, len(strings.open) - 1)
    behind = strings.close[at] + 1
    start = np.where(here, behind + np.array(gaps.start, np.int64)[code], strings.open[following] + 1)
    end = np.where(here, behind + np.array(gaps.end, np.int64)[code], strings.close[following])
    kind = np.where(here, np.array(gaps.kind, np.int64)[code], TEXT)
    twice = _repeated(row * len(spelled) + path, len(lines) * len(spelled))
    if len(twice):
        doubtful[twice // len(spelled)] = True
        valued &= ~doubtful[row]
    many = np.bincount(row, minlength=len(lines)) > VALUES
    if many.any():
        doubtful |= many
        valued &= ~doubtful[row]
    nobody = np.zeros(len(lines), np.bool_)
    return Values(lines, spelled, row[valued], path[valued], kind[valued], start[valued], end[valued], nobody, nobody)


def _repeated(keys: Int64s, count: int) -> Int64s:
    """Numbers below `count` that occur more than once."""
    if count <= COUNTED:
        return np.flatnonzero(np.bincount(keys) > 1)
    found, times = np.unique(keys, return_counts=True)
    return found[times > 1]


def _paths(data: Bytes, spans: tuple[Int64s, Int64s], does: Small, depth: Int64s) -> tuple[Int64s, list[str]]:
    """The number of each name's full path, and the paths."""
    keys = texts(data, *spans).dictionary_encode()
    key = keys.indices.to_numpy().astype(np.int64)
    said = [text(raw)[0] for raw in keys.dictionary.to_pylist()]
    path, spelled, index = np.zeros(len(key), np.int64), list[str](), dict[str, int]()
    places = np.arange(len(key))
    for level in range(1, int(depth.max()) + 1):
        mine = np.flatnonzero(depth == level)
        above = np.zeros(len(mine), np.int64) - 1
        if level > 1:
            opened = np.maximum.accumulate(np.where((does == g.OBJECT) & (depth == level - 1), places, 0))
            above = path[opened[mine]]
        pairs = pc.dictionary_encode(pa.array(above * len(said) + key[mine]))
        numbers = []
        for pair in pairs.dictionary.to_pylist():
            parent, own = divmod(pair, len(said))
            name = said[own] if parent < 0 else f"{spelled[parent]}.{said[own]}"
            if name not in index:
                index[name] = len(spelled)
                spelled.append(name)
            numbers.append(index[name])
        if len(mine):
            path[mine] = np.array(numbers, np.int64)[pairs.indices.to_numpy()]
    return path, spelled


def _proved(found: Values) -> Values | None:
    """The values without those of lines in which a number or an array is none."""
    doubtful = np.zeros(len(found.lines), np.bool_)
    for kind, pattern in ((BARE, _BARE), (WHOLE, _LIST)):
        at = np.flatnonzero(found.kind == kind)
        if len(at):
            good = matches(texts(found.lines.data, found.start[at], found.end[at]), pattern)
            doubtful[found.row[at[~good]]] = True
    if not doubtful.any():
        return found
    keep = ~doubtful[found.row]
    if not keep.any():
        return None
    found.row, found.name, found.kind = found.row[keep], found.name[keep], found.kind[keep]
    found.start, found.end = found.start[keep], found.end[keep]
    return found
