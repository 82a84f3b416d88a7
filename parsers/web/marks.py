"""Where certain bytes stand in a block of lines: each is looked for once, then any column can ask for the next one."""

from __future__ import annotations

import numpy as np

from parsers.gather import Bools, Bytes, Int64s

QUOTE, BACKSLASH = 34, 92
RUN = 64  # backslashes before a quote that are counted; a longer run is taken for one that escapes it


class Marks:
    """Positions of bytes in `data`, found when they are first asked for."""

    def __init__(self, data: Bytes) -> None:
        self.data = data
        self._where: dict[int, Int64s] = {}

    def next(self, byte: int, at: Int64s) -> Int64s:
        """The first position of `byte` at or behind each of `at`; the block's length where there is none."""
        return self._after(self._of(byte), at)

    def next_quote(self, at: Int64s) -> Int64s:
        """The first quote at or behind each of `at` that no backslash escapes."""
        if -QUOTE not in self._where:
            quotes = self._of(QUOTE)[:-1]
            self._where[-QUOTE] = np.append(quotes[~escaped_quotes(self.data, quotes)], len(self.data))
        return self._after(self._where[-QUOTE], at)

    def _of(self, byte: int) -> Int64s:
        if byte not in self._where:
            self._where[byte] = np.append(np.flatnonzero(self.data == byte), len(self.data))
        return self._where[byte]

    def _after(self, where: Int64s, at: Int64s) -> Int64s:
        return where[np.minimum(np.searchsorted(where, at), len(where) - 1)]


def escaped_quotes(data: Bytes, quotes: Int64s) -> Bools:
    """Quotes with an odd number of backslashes before them."""
    odd = np.zeros(len(quotes), np.bool_)
    if not (data == BACKSLASH).any():
        return odd
    rows = np.flatnonzero(data[np.maximum(quotes - 1, 0)] == BACKSLASH) if len(quotes) else np.empty(0, np.int64)
    rows = rows[quotes[rows] > 0]
    for back in range(2, RUN + 2):
        odd[rows] = ~odd[rows]
        rows = rows[(quotes[rows] >= back) & (data[np.maximum(quotes[rows] - back, 0)] == BACKSLASH)]
        if not len(rows):
            break
    odd[rows] = True
    return odd
