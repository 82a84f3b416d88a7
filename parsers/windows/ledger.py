"""What is said of the bytes of one file while it is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from parsers.base import Evidence
from parsers.gather import Int64s
from timelines.problems import KINDS, Account, Kind, Problem


@dataclass(slots=True)
class Ledger:
    """Accounts and problems of one piece of a file. Places count from the window that is read; `start` is where in the file that begins.

    `start` is below zero where other files stand before this one in the window. `grid`: the file is an event log, with its chunks where
    they belong; else they were found in other bytes.
    """

    evidence: Evidence
    start: int
    grid: bool = True
    problems: list[Problem] = field(default_factory=list)
    ranges: dict[tuple[Kind, str], list[tuple[int, int]]] = field(default_factory=dict)
    many: dict[tuple[Kind, str], list[tuple[Int64s, Int64s]]] = field(default_factory=dict)

    def put(self, kind: Kind, at: int, stop: int, part: str = "") -> None:
        """Account bytes [at, stop) of the piece; `part` says what they are of a log, in a word or two."""
        if stop > at:
            self.ranges.setdefault((kind, part), []).append((at, stop - at))

    def put_all(self, kind: Kind, begins: Int64s, lengths: Int64s, part: str = "") -> None:
        """The same for many ranges."""
        some = lengths > 0
        if some.any():
            self.many.setdefault((kind, part), []).append((begins[some], lengths[some]))

    def complain(self, at: int, length: int, reason: str) -> None:
        self.problems.append(self.evidence.problem(self.start + at, length, reason))

    def told(self) -> Iterator[Problem | Account]:
        """Problems in file order, then accounts."""
        yield from sorted(self.problems, key=lambda problem: (problem.offset, problem.reason))
        yield from self.accounts()

    def accounts(self) -> list[Account]:
        """One account for each kind and part: ranges as they were put, those that came many at once first."""
        # one array for all: small logs have a dozen ranges, and an array each would cost more than they do
        whole = np.array([pair for ranges in self.ranges.values() for pair in ranges], np.int64).reshape(-1, 2)
        pieces, at = {key: list(held) for key, held in self.many.items()}, 0
        for key, ranges in self.ranges.items():
            stop = at + len(ranges)
            pieces.setdefault(key, []).append((whole[at:stop, 0], whole[at:stop, 1]))
            at = stop
        out = []
        for (kind, part), held in sorted(pieces.items(), key=lambda item: (KINDS.index(item[0][0]), item[0][1])):
            begins, lengths = (
                np.concatenate(column) if len(held) > 1 else column[0] for column in zip(*held, strict=True)
            )
            out.append(Account(kind, begins + self.start, lengths, part))
        return out
