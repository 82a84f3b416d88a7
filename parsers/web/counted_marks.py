"""Where one byte value stands in a block of lines, counted line by line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parsers.gather import Int64s
from parsers.web.lines import Lines

MARGIN = 16  # sentinel positions behind the last space and quote, so that looking ahead stays in the array


@dataclass(frozen=True, slots=True)
class Marks:
    """Positions of one byte value in a block, and for each line the index of its first and how many it has."""

    where: Int64s
    first: Int64s
    count: Int64s

    @classmethod
    def of(cls, where: Int64s, lines: Lines) -> Marks:
        first = np.searchsorted(where, lines.starts)
        count = np.searchsorted(where, lines.ends) - first
        return cls(np.append(where, np.full(MARGIN, len(lines.data))), first, count)

    def nth(self, rows: Int64s, n: int | Int64s) -> Int64s:
        """Position of the n-th mark of each row, n below MARGIN or the row's count; rows that have fewer give some later position."""
        where: Int64s = self.where[self.first[rows] + n]
        return where
