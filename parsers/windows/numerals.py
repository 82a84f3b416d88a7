"""The numbers and the time of System, as they were read: one column for all shapes of a piece."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from parsers.gather import Bools, Int64s
from parsers.windows import values
from parsers.windows.paths import RECORD, TIME
from parsers.windows.typed import NUMBERS, Values, uniform
from timelines import times
from timelines.schema import TIME as INSTANT


@dataclass(slots=True)
class _Column:
    """One column in one form, shape after shape: whose rows, what they say, and which have a value (None: all)."""

    shapes: list[int] = field(default_factory=list)
    said: list[Int64s] = field(default_factory=list)
    valid: list[Bools | None] = field(default_factory=list)


class Numerals:
    """Takes in what is asked of one window, then decodes it."""

    def __init__(self) -> None:
        self._columns: dict[tuple[str, str], _Column] = {}

    def ask(self, shape: int, column: str, held: Values, index: int) -> bool:
        """Whether the value is a number (for TIME: a FILETIME) in every row, or null; then it is decoded by `close`."""
        kind, full = uniform(held, index), held.full(index)
        if column == TIME:
            if kind != values.FILETIME or not full:
                return False
            form = "<u8"
        else:
            form = NUMBERS.get(-1 if kind is None else kind, "")
            if not form or (form == "<u8" and column != RECORD):
                return False
        asked = self._columns.setdefault((column, form), _Column())
        asked.shapes.append(shape)
        asked.said.append(held.said(index))
        asked.valid.append(None if full else held.kind(index) == kind)
        return True

    def close(self) -> dict[int, dict[str, pa.Array]]:
        """By shape, the columns that were asked for: instants, uint64 for the record number, else int32 or int64."""
        out: dict[int, dict[str, pa.Array]] = {}
        for (column, form), asked in self._columns.items():
            array = _decoded(column, form, asked)
            at = 0
            for shape, said in zip(asked.shapes, asked.said, strict=True):
                out.setdefault(shape, {})[column] = array.slice(at, len(said))
                at += len(said)
        return out


def _decoded(column: str, form: str, asked: _Column) -> pa.Array:
    raw, nulls = np.concatenate(asked.said), None
    if any(valid is not None for valid in asked.valid):
        pairs = zip(asked.valid, asked.said, strict=True)
        nulls = ~np.concatenate([np.ones(len(at), np.bool_) if valid is None else valid for valid, at in pairs])
    if column == TIME:
        instants, sane = times.from_filetime(raw.view(np.uint64))
        return pa.array(instants, pa.int64(), mask=~sane).view(INSTANT)
    type_ = np.uint64 if column == RECORD else np.int32 if form in ("u1", "<u2") else np.int64
    return pa.array(raw.astype(type_), mask=nulls)
