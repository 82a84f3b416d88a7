"""Draws that give the same values on every machine and Python: only random bits and whole-number arithmetic, no libm."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """A seeded source of choices. `name` keeps independent parts of the scenario independent of each other's order."""

    def __init__(self, seed: int, name: str) -> None:
        self._source = random.Random(f"{seed}/{name}")

    def below(self, limit: int) -> int:
        """A whole number in [0, limit)."""
        return self._source.getrandbits(48) % limit

    def between(self, low: int, high: int) -> int:
        """A whole number in [low, high]."""
        return low + self.below(high - low + 1)

    def chance(self, per_cent: int) -> bool:
        return self.below(100) < per_cent

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def weighted(self, choices: Sequence[tuple[T, int]]) -> T:
        """One of the choices, each as often as its whole-number weight says."""
        left = self.below(sum(weight for _, weight in choices))
        for choice, weight in choices:
            left -= weight
            if left < 0:
                return choice
        raise AssertionError("weights are positive")

    def bits(self, count: int) -> int:
        return self._source.getrandbits(count)

    def raw(self, size: int) -> bytes:
        return self._source.getrandbits(8 * size).to_bytes(size, "big")

    def hex(self, digits: int) -> str:
        return f"{self._source.getrandbits(4 * digits):0{digits}x}"

    def guid(self) -> str:
        text = self.hex(32).upper()
        return f"{{{text[:8]}-{text[8:12]}-4{text[13:16]}-A{text[17:20]}-{text[20:]}}}"
