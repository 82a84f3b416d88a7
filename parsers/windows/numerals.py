"""The numbers and the time of System, straight from their bytes: one gather a column for all shapes of a piece."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from parsers.gather import Bools, Int64s, numbers_at
from parsers.windows import values
from parsers.windows.paths import RECORD, TIME
from parsers.windows.typed import NUMBERS, Values, Window, uniform
from timelines import times
from timelines.schema import TIME as INSTANT


@dataclass(slots=True)
class _Column:
    """One column in one form, shape after shape: whose rows, where they lie, and which have a value (None: all)."""

    shapes: list[int] = field(default_factory=list)
    starts: list[Int64s] = field(default_factory=list)
    valid: list[Bools | None] = field(default_factory=list)


class Numerals:
    """Takes in what is asked of one window, then decodes it."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._columns: dict[tuple[str, str], _Column] = {}

    def ask(self, shape: int, column: str, held: Values, index: int) -> bool:
        """Whether the value is a number (for TIME: a FILETIME) in every row, or null; then it is decoded by `close`."""
        kind = uniform(held, index)
        lowest = held.extremes(index)[0]
        if column == TIME:
            if kind != values.FILETIME or lowest != kind:
                return False
            form = "<u8"
        else:
            form = NUMBERS.get(-1 if kind is None else kind, "")
            if not form or (form == "<u8" and column != RECORD):
                return False
        asked = self._columns.setdefault((column, form), _Column())
        asked.shapes.append(shape)
        asked.starts.append(held.start[index])
        asked.valid.append(None if lowest == kind else held.kind[index] == kind)
        return True

    def close(self) -> dict[int, dict[str, pa.Array]]:
        """By shape, the columns that were asked for: instants, uint64 for the record number, else int32 or int64."""
        out: dict[int, dict[str, pa.Array]] = {}
        for (column, form), asked in self._columns.items():
            array = self._decoded(column, form, asked)
            at = 0
            for shape, starts in zip(asked.shapes, asked.starts, strict=True):
                out.setdefault(shape, {})[column] = array.slice(at, len(starts))
                at += len(starts)
        return out

    def _decoded(self, column: str, form: str, asked: _Column) -> pa.Array:
        starts, nulls = np.concatenate(asked.starts), None
        if any(valid is not None for valid in asked.valid):
            pairs = zip(asked.valid, asked.starts, strict=True)
            nulls = ~np.concatenate([np.ones(len(at), np.bool_) if valid is None else valid for valid, at in pairs])
            starts = np.where(nulls, 0, starts)  # any place of the window; the number there is masked
        raw = numbers_at(self._window.data, starts, form)
        if column == TIME:
            instants, sane = times.from_filetime(raw)
            return pa.array(instants, pa.int64(), mask=~sane).view(INSTANT)
        type_ = np.uint64 if column == RECORD else np.int32 if form in ("u1", "<u2") else np.int64
        return pa.array(raw.astype(type_), mask=nulls)
