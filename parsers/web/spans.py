"""Where each field of each line lies, and the text columns made from it.

However a line was read (byte scan, strict or loose expression), its fields are positions in the block's own bytes: columns are cut from
the evidence, never from a copy that a reader could have altered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.copied import column_of, copied
from parsers.gather import Bools, Bytes, Int64s
from parsers.web.lines import Lines
from parsers.web.numerals import digits
from timelines.coded import constant

Grid = npt.NDArray[np.int64]
_DASH = 45


@dataclass(slots=True)
class Spans:
    """Fields of n lines. `starts` and `ends` are (fields, n) int64 positions in `lines.data`; a start of -1 means no such field."""

    lines: Lines
    starts: Grid
    ends: Grid
    invalid: Bools  # (n,) lines that hold bytes that are no UTF-8
    _repairs: dict[int, tuple[Int64s, Int64s, Int64s]] = field(default_factory=dict)
    _data: Bytes | None = None

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

    def repair(self, suspects: Int64s) -> None:
        """Find fields that are no valid UTF-8 among the `suspects` (rows with bytes above 0x7f) and spell their bad bytes `\\xHH`.

        The spelled text is kept behind the block's bytes; the rows are marked in `invalid`.
        """
        spelled: list[bytes] = []
        places: dict[int, list[tuple[int, int, int]]] = {}
        at = len(self.lines.data)
        for row in suspects.tolist():
            line, begin = self.lines.at(row), int(self.lines.starts[row])
            if _is_utf8(line):
                continue
            self.invalid[row] = True
            edges = zip(self.starts[:, row].tolist(), self.ends[:, row].tolist(), strict=True)
            for column, (start, end) in enumerate(edges):
                raw = line[start - begin : end - begin] if start >= 0 else b""
                if not _is_utf8(raw):
                    text = raw.decode("utf-8", "backslashreplace").encode("utf-8")
                    places.setdefault(column, []).append((row, at, at + len(text)))
                    spelled.append(text)
                    at += len(text)
        if spelled:
            self._data = np.concatenate((self.lines.data, np.frombuffer(b"".join(spelled), np.uint8)))
            for column, found in places.items():
                rows, starts, ends = np.array(found, np.int64).T
                self._repairs[column] = rows, starts, ends

    def text(self, column: int, dash_is_null: bool = True) -> pa.StringArray:
        """One field of every line as a string column; null where the line lacks it, or holds only `-` and that means nothing."""
        return copied(*self._cut(column, dash_is_null))

    def column(self, column: int, dash_is_null: bool = True) -> pa.Array:
        """The same as places in a dictionary where texts repeat (`timelines.coded.CODED`), else as strings."""
        return column_of(*self._cut(column, dash_is_null))

    def _cut(self, column: int, dash_is_null: bool) -> tuple[Bytes, Int64s, Int64s]:
        """Bytes, and where the texts of a field lie in them; a start of -1 where the column is to be null."""
        data, starts, ends = self.lines.data, self.starts[column], self.ends[column]
        if dash_is_null and (self.starts[column] >= 0).any():
            within = np.clip(starts, 0, len(data) - 1)  # an empty field may begin where the block ends
            starts = np.where((ends - starts == 1) & (data[within] == _DASH), -1, starts)
        if column in self._repairs and self._data is not None:
            rows, more_starts, more_ends = self._repairs[column]
            data, starts, ends = self._data, starts.copy(), ends.copy()
            starts[rows], ends[rows] = more_starts, more_ends
        return data, starts, ends

    def numbers(self, column: int) -> tuple[Int64s, Bools]:
        """One field of every line as whole numbers, and where it is one: 1 to 18 digits and nothing else."""
        starts, ends = self.starts[column], self.ends[column]
        return digits(self.lines.data, starts, ends)


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
