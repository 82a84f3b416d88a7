"""Where each field of each line lies, and the text columns made from it.

However a line was read (byte scan, strict or loose expression), its fields are positions in the block's own bytes: columns are cut from
the evidence, never from a copy that a reader could have altered.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.copied import Cut, columns_of, copied
from parsers.gather import Bools, Bytes, Int64s
from parsers.interned import NOTHING
from parsers.web.lines import Lines
from parsers.web.numerals import digits
from timelines.coded import constant

Grid = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]  # of a grid's values
T = TypeVar("T")
_DASH = 45


@dataclass(slots=True)
class Spans:
    """Fields of n lines. `starts` and `ends` are (fields, n) int64 positions in `lines.data`; a start of -1 means no such field."""

    lines: Lines
    starts: Grid
    ends: Grid
    invalid: Bools  # (n,) lines that hold bytes that are no UTF-8
    _known: dict[int, Int64s] = field(default_factory=dict)  # by field: its numbers, -1 where it holds none
    _read: dict[tuple[object, int], Any] = field(default_factory=dict)  # by kind and field: what was read of it
    again: Marks | None = None  # (fields, n): what is known to be the same as the field's last value before it
    _repairs: dict[int, tuple[Int64s, list[str]]] = field(
        default_factory=dict
    )  # by field: rows, and what they are spelled as

    @classmethod
    def empty(cls, lines: Lines, fields: int) -> Spans:
        shape = (fields, len(lines))
        return cls(lines, np.full(shape, -1, np.int64), np.full(shape, -1, np.int64), np.zeros(len(lines), np.bool_))

    def put(self, column: int, rows: Int64s | Bools, starts: Int64s, ends: Int64s) -> None:
        self.starts[column, rows] = starts
        self.ends[column, rows] = ends

    def present(self, column: int) -> Bools:
        held: Bools = self.starts[column] >= 0
        return held

    def take(self, lines: Lines, rows: Int64s) -> Spans:
        """Fields of some of the lines, given by index, ascending; nothing is repaired yet."""
        starts, ends = (
            np.take(grid, rows, axis=1) for grid in (self.starts, self.ends)
        )  # row after row, as kernels want them
        known = {column: numbers[rows] for column, numbers in self._known.items()}
        return Spans(lines, starts, ends, self.invalid[rows], known)

    def with_rows(self, lines: Lines, places: Int64s) -> Spans:
        """The same among other lines, of which those at `places`, ascending, have no fields yet; nothing is repaired yet."""
        before = places - np.arange(len(places))
        starts, ends = (np.insert(grid, before, -1, axis=1) for grid in (self.starts, self.ends))
        return Spans(lines, starts, ends, np.insert(self.invalid, before, False))

    def repair(self, suspects: Int64s) -> None:
        """Find fields that are no valid UTF-8 among the `suspects` (rows with bytes above 0x7f) and spell their bad bytes `\\xHH`.

        The rows are marked in `invalid`.
        """
        spelled: dict[int, dict[int, str]] = {}
        for row in suspects.tolist():
            line, begin = self.lines.at(row), int(self.lines.starts[row])
            if _is_utf8(line):
                continue
            self.invalid[row] = True
            edges = zip(self.starts[:, row].tolist(), self.ends[:, row].tolist(), strict=True)
            for column, (start, end) in enumerate(edges):
                raw = line[start - begin : end - begin] if start >= 0 else b""
                if not _is_utf8(raw):
                    spelled.setdefault(column, {})[row] = raw.decode("utf-8", "backslashreplace")
        for column, texts in spelled.items():
            self._repairs[column] = np.array(list(texts), np.int64), list(texts.values())

    def text(self, column: int, dash_is_null: bool = True) -> pa.StringArray:
        """One field of every line as a string column; null where the line lacks it, or holds only `-` and that means nothing."""
        return copied(self.lines.data, self._cut(column, dash_is_null))

    def columns(self, wanted: Mapping[str, int], as_written: Collection[str], plain: set[str]) -> dict[str, pa.Array]:
        """The same of several fields, by name: places in a dictionary (`timelines.coded.CODED`) where texts repeat, else strings.

        A `-` means nothing, but in columns that are given `as_written`. For `plain` see `parsers.copied.columns_of`.
        """
        cuts = {name: self._cut(column, name not in as_written) for name, column in wanted.items()}
        return columns_of(self.lines.data, cuts, plain)

    def _cut(self, column: int, dash_is_null: bool) -> Cut:
        """Where the texts of a field lie, and those that are spelled otherwise."""
        alone = _DASH if dash_is_null else NOTHING
        return Cut(self.starts[column], self.ends[column], self._repairs.get(column), alone)

    def numbers(self, column: int) -> tuple[Int64s, Bools]:
        """One field of every line as whole numbers, and where it is one: 1 to 18 digits and nothing else."""
        if (known := self._known.get(column)) is not None:
            return known, known >= 0
        values, valid = digits(self.lines.data, self.starts[column], self.ends[column])
        self._known[column] = np.where(valid, values, -1)
        return values, valid

    def once(self, kind: object, column: int, read: Callable[[Bytes, Int64s, Int64s], T]) -> T:
        """What `read` makes of a field, for a kind of value that is first asked whether it fits, then for what it says."""
        made: T | None = self._read.get((kind, column))
        if made is None:
            made = self._read[kind, column] = read(self.lines.data, self.starts[column], self.ends[column])
        return made

    def leave_out(self, column: int, rows: Bools) -> None:
        """Let some lines have no such field."""
        self.starts[column, rows] = -1
        self._known.pop(column, None)
        for key in [key for key in self._read if key[1] == column]:
            del self._read[key]


def chosen(texts: Sequence[str], codes: npt.NDArray[np.int64]) -> pa.DictionaryArray:
    """A text column of few distinct values: `texts[code]` for each row, null where the code is negative."""
    if len(texts) == 1 and (not len(codes) or int(codes.min()) >= 0):
        return constant(texts[0], len(codes))
    absent = codes < 0
    places = pa.array(codes.astype(np.int32), mask=absent if absent.any() else None)
    return pa.DictionaryArray.from_arrays(places, pa.array(texts, pa.string()), safe=False)


def _is_utf8(raw: bytes) -> bool:
    if raw.isascii():
        return True
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
