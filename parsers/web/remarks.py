"""Remarks on rows, gathered while a block is read, for the core column `flags`."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from parsers.gather import Bools, Int64s
from parsers.web.spans import chosen


class Remarks:
    """Remarks on the n rows of one block; most rows have none."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._by_row: dict[int, list[str]] = {}

    def add(self, row: int, *remarks: str) -> None:
        if remarks:
            self._by_row.setdefault(row, []).extend(remarks)

    def mark(self, rows: Bools | Int64s, remark: str) -> None:
        """Add one remark to many rows, given as a mask or as indices."""
        for row in (np.flatnonzero(rows) if rows.dtype == np.bool_ else rows).tolist():
            self.add(row, remark)

    def take(self, rows: Int64s) -> Remarks:
        """The remarks of some rows, given by index."""
        taken = Remarks(len(rows))
        remarked = np.fromiter(self._by_row, np.int64, len(self._by_row))
        for place in np.flatnonzero(np.isin(rows, remarked)).tolist():
            taken.add(place, *self._by_row[int(rows[place])])
        return taken

    def with_rows(self, places: Int64s) -> Remarks:
        """The same among other rows, of which those at `places`, ascending, have no remarks yet."""
        wider = Remarks(self._count + len(places))
        kept = np.delete(np.arange(wider._count), places)
        for row, remarks in self._by_row.items():
            wider.add(int(kept[row]), *remarks)
        return wider

    def column(self) -> pa.StringArray:
        """Comma-separated remarks, sorted, each once; empty text where there are none."""
        texts: dict[str, int] = {"": 0}
        codes = np.zeros(self._count, np.int64)
        for row, remarks in self._by_row.items():
            codes[row] = texts.setdefault(",".join(sorted(set(remarks))), len(texts))
        return chosen(tuple(texts), codes)
