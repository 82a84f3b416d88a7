"""Events over time as data: counts a bin for each kind of source, and where findings stand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lane:
    """Events of one kind of source a bin, in bin order."""

    source: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding on the chart."""

    number: str
    level: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Events over time: bins of `width` ns from `start`. `before` and `after` count events beyond the edges, `timeless` those without
    an instant."""

    start: int
    width: int
    lanes: tuple[Lane, ...]
    marks: tuple[Mark, ...]
    before: int
    after: int
    timeless: int

    @property
    def bins(self) -> int:
        return len(self.lanes[0].counts) if self.lanes else 0

    @property
    def end(self) -> int:
        return self.start + self.width * self.bins
