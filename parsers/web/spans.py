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

from parsers.gather import Bools, Bytes, Int64s
from parsers.web.lines import Lines
from parsers.web.numerals import digits

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
        """One field of every line as a string column; null where the line lacks it, or holds only `-` and that means nothing.

        Arrow itself cuts the text: the spans and the gaps between them are read as one string array over the block, and every second
        string is taken. That is ten times faster than gathering bytes by index.
        """
        present = self.present(column)
        count = len(present)
        if not present.any():
            return pa.nulls(count, pa.string())
        starts, ends = self.starts[column], self.ends[column]
        if dash_is_null:
            within = np.clip(starts, 0, len(self.lines.data) - 1)  # an empty field may begin where the block ends
            dash = (ends - starts == 1) & (self.lines.data[within] == _DASH)
            present = present & ~dash
            if not present.any():
                return pa.nulls(count, pa.string())
        absent = starts < 0
        if absent.any():
            starts = np.where(absent, self.lines.starts, starts)
            ends = np.where(absent, starts, ends)
        take = np.arange(0, 2 * count, 2, dtype=np.int64)
        data = self.lines.data
        if column in self._repairs and self._data is not None:
            rows, more_starts, more_ends = self._repairs[column]
            starts, ends = np.concatenate((starts, more_starts)), np.concatenate((ends, more_ends))
            take[rows] = 2 * np.arange(count, count + len(rows), dtype=np.int64)
            data = self._data
        edges = np.empty(2 * len(starts) + 1, np.int32)
        edges[:-1:2], edges[1::2] = starts, ends
        edges[-1] = len(data)  # Arrow looks at the first and the last only: values may lie in any order
        strings = pa.Array.from_buffers(
            pa.string(), len(edges) - 1, [None, pa.py_buffer(edges), pa.py_buffer(np.ascontiguousarray(data))]
        )
        return strings.take(pa.array(take, mask=~present))

    def numbers(self, column: int) -> tuple[Int64s, Bools]:
        """One field of every line as whole numbers, and where it is one: 1 to 18 digits and nothing else."""
        starts, ends = self.starts[column], self.ends[column]
        return digits(self.lines.data, starts, ends)


def chosen(texts: Sequence[str], codes: npt.NDArray[np.int64]) -> pa.StringArray:
    """A string column of few distinct values: `texts[code]` for each row."""
    if len(texts) == 1:
        return pa.repeat(texts[0], len(codes))
    return pa.array(texts, pa.string()).take(pa.array(codes))


def _is_utf8(raw: bytes) -> bool:
    if raw.isascii():
        return True
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
