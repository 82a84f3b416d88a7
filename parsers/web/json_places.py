"""The values of JSON lines, which come line by line, put side by side by name: compiled."""

from __future__ import annotations

import numpy as np

from parsers.gather import Bytes, Int64s
from parsers.web.json_scan import BARE
from parsers.web.json_structure import AGAIN, BEGIN, END, KIND, NAME, ROW, Int32s
from parsers.web.spans import Grid, Marks
from timelines.compiled import compiled

_NULL, _NULL_LENGTH = ord("n"), 4


def holding(table: Int32s, groups: Int64s, count: int) -> Int64s:
    """Which groups of names each of `count` lines holds one of, a bit each; `groups`: (names,) the bits of each name."""
    found = np.zeros(count, np.int64)
    _held(table, groups, found)
    return found


def side_by_side(data: Bytes, table: Int32s, places: Int64s, starts: Grid, ends: Grid, again: Marks) -> None:
    """Put where values lie, and which are the same as those before, into grids of (columns, lines); `places`: the column of each name, -1
    for none. A null is no value."""
    data = data.view()
    data.flags.writeable = False
    _placed(data, table, places, starts, ends, again)


def rename(table: Int32s, places: Int32s, times: Int64s) -> None:
    """Give values the numbers that `places` says of their names', and count those of each."""
    _renamed(table, places, times)


@compiled
def _renamed(table: Int32s, places: Int32s, times: Int64s) -> None:
    for value in range(len(table)):
        place = places[table[value, NAME]]
        table[value, NAME] = place
        times[place] += 1


@compiled
def _held(table: Int32s, groups: Int64s, found: Int64s) -> None:
    for value in range(len(table)):
        found[table[value, ROW]] |= groups[table[value, NAME]]


@compiled
def _placed(data: Bytes, table: Int32s, places: Int64s, starts: Grid, ends: Grid, again: Marks) -> None:
    for value in range(len(table)):
        column, row = places[table[value, NAME]], table[value, ROW]
        if column < 0:
            continue
        start, end, kind = table[value, BEGIN], table[value, END], table[value, KIND]
        again[column, row] = kind & AGAIN != 0
        null = kind & ~AGAIN == BARE and end - start == _NULL_LENGTH and data[start] == _NULL
        starts[column, row] = -1 if null else start
        ends[column, row] = end
