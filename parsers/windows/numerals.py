"""The numbers and the time of System, as they were read: one column for all shapes of a piece."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from parsers.gather import Bools, Int64s
from parsers.windows import values
from parsers.windows.gathered import Gathered, Gathering
from parsers.windows.paths import RECORD, TIME
from parsers.windows.typed import NUMBERS, Values
from timelines import times
from timelines.schema import TIME as INSTANT


class Numerals:
    """Takes in what is asked of one window, then decodes it."""

    def __init__(self, gathering: Gathering) -> None:
        self._gathering = gathering
        self._asked: dict[tuple[str, str], list[tuple[int, int, int]]] = {}  # shape, number of the column, rows

    def ask(self, shape: int, column: str, held: Values, index: int, kind: int) -> bool:
        """Whether the value, of that `kind`, is a number (for TIME: a FILETIME) in every row, or null; then it is decoded by `close`."""
        if column == TIME:
            if kind != values.FILETIME or not held.full(index):
                return False
            form = "<u8"
        else:
            form = NUMBERS.get(kind, "")
            if not form or (form == "<u8" and column != RECORD):
                return False
        number = self._gathering.ask(held, index, (column, form), values.WIDTHS[kind])
        self._asked.setdefault((column, form), []).append((shape, number, len(held)))
        return True

    def close(self, gathered: Gathered) -> dict[int, dict[str, pa.Array]]:
        """By shape, the columns that were asked for: instants, uint64 for the record number, else int32 or int64."""
        out: dict[int, dict[str, pa.Array]] = {}
        for (column, form), asked in self._asked.items():
            array = _decoded(column, form, *gathered.numbers((column, form)))
            for shape, number, rows in asked:
                out.setdefault(shape, {})[column] = array.slice(gathered.starts[number], rows)
        return out


def _decoded(column: str, form: str, raw: Int64s, absent: Bools | None) -> pa.Array:
    if column == TIME:
        instants, sane = times.from_filetime(raw.view(np.uint64))
        return pa.array(instants, pa.int64(), mask=~sane).view(INSTANT)
    type_ = np.uint64 if column == RECORD else np.int32 if form in ("u1", "<u2") else np.int64
    return pa.array(raw.astype(type_), mask=absent)
