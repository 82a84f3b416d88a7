"""Which groups of packets belong together, however many packets say so."""

from __future__ import annotations

import numpy as np

from parsers.network.records import Int64s


class Linked:
    """Groups (0 .. count - 1) that are linked, directly or by way of others. `root`: the lowest group that each is linked with."""

    __slots__ = ("root",)

    def __init__(self, count: int) -> None:
        self.root = np.arange(count, dtype=np.int64)

    def link(self, one: Int64s, two: Int64s) -> None:
        """Link each of `one` with that of `two` at the same place."""
        pairs = np.stack([self.root[one], self.root[two]], axis=1)
        for first, second in np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0).tolist():
            low, high = sorted((self._found(first), self._found(second)))
            self.root[high] = low
        while not np.array_equal(self.root, further := self.root[self.root]):
            self.root = further

    def _found(self, group: int) -> int:
        while self.root[group] != group:
            group = int(self.root[group])
        return group
