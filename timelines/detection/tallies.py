"""What the events of a sliding window come to, kept up to date as events enter and leave it.

Numbers are exact (whole or fractions), so that no result hangs on the order of additions: 0.1 and 0.2 are 0.3.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from timelines.detection.questions import number_of

Number = int | Fraction


def exact(text: str) -> Number | None:
    """A decimal or 0x number without loss; None for any other text."""
    number = number_of(text)
    return Fraction(text) if isinstance(number, float) else number


def shown(number: Number) -> str:
    """A number in a sentence: whole as it is, otherwise with six digits."""
    return str(number) if number == int(number) else f"{float(number):.6g}"


@dataclass(frozen=True, slots=True)
class Event:
    """A match as correlations see it: UTC ns, cited rows behind it, which of the correlation's rules, the values value_count counts,
    the number that the others measure."""

    time: int
    rows: tuple[int, ...]
    rule: int
    counted: tuple[str, ...] = ()
    number: Number = 0


class Tally(Protocol):
    """A measure of the events inside a window."""

    def add(self, event: Event) -> None: ...

    def remove(self, event: Event) -> None: ...

    def measure(self) -> Number:
        """Asked only of windows that hold an event."""
        ...


class Different:
    """How many different values the events have."""

    def __init__(self, value: Callable[[Event], Hashable]) -> None:
        self._value = value
        self._present: dict[Hashable, int] = {}

    def add(self, event: Event) -> None:
        value = self._value(event)
        self._present[value] = self._present.get(value, 0) + 1

    def remove(self, event: Event) -> None:
        value = self._value(event)
        self._present[value] -= 1
        if not self._present[value]:
            del self._present[value]

    def measure(self) -> Number:
        return len(self._present)


class Satisfied:
    """1 where the rules that matched satisfy a condition over rules, else 0."""

    def __init__(self, holds: Callable[[frozenset[int]], bool]) -> None:
        self._holds = holds
        self._present: dict[int, int] = {}

    def add(self, event: Event) -> None:
        self._present[event.rule] = self._present.get(event.rule, 0) + 1

    def remove(self, event: Event) -> None:
        self._present[event.rule] -= 1

    def measure(self) -> Number:
        return int(self._holds(frozenset(rule for rule, count in self._present.items() if count)))


class Total:
    """The sum of the events' numbers, or their arithmetic mean."""

    def __init__(self, mean: bool = False) -> None:
        self._mean = mean
        self._sum: Number = 0
        self._count = 0

    def add(self, event: Event) -> None:
        self._sum += event.number
        self._count += 1

    def remove(self, event: Event) -> None:
        self._sum -= event.number
        self._count -= 1

    def measure(self) -> Number:
        return Fraction(self._sum, self._count) if self._mean else self._sum


class Percentile:
    """The number below which `percent` per cent of the events' numbers lie, interpolated linearly between neighbours (50: the median)."""

    def __init__(self, percent: int) -> None:
        self._percent = percent
        self._sorted: list[Number] = []

    def add(self, event: Event) -> None:
        insort(self._sorted, event.number)

    def remove(self, event: Event) -> None:
        del self._sorted[bisect_left(self._sorted, event.number)]

    def measure(self) -> Number:
        rank = Fraction((len(self._sorted) - 1) * self._percent, 100)
        below = int(rank)
        low, high = self._sorted[below], self._sorted[min(below + 1, len(self._sorted) - 1)]
        return low + (rank - below) * (high - low)
