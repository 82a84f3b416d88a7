"""What is said of the bytes of one file while it is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from parsers.base import Evidence
from parsers.gather import Int64s
from timelines.problems import KINDS, Account, Kind, Problem

MANY = 16  # ranges that are worth an array of their own


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
        if len(begins) < MANY:
            for at, length in zip(begins.tolist(), lengths.tolist(), strict=True):
                self.put(kind, at, at + length, part)
            return
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
        keys = sorted({**self.ranges, **self.many}, key=lambda key: (KINDS.index(key[0]), key[1]))
        # one array for all: small logs have a dozen ranges, and an array each would cost more than they do
        whole = np.array([pair for key in keys for pair in self.ranges.get(key, ())], np.int64).reshape(-1, 2)
        offsets, lengths = whole[:, 0] + self.start, whole[:, 1]
        out, at = [], 0
        for key in keys:
            stop = at + len(self.ranges.get(key, ()))
            at_own, own = offsets[at:stop], lengths[at:stop]
            for begins, sizes in self.many.get(key, ()):
                at_own, own = np.concatenate((at_own, begins + self.start)), np.concatenate((own, sizes))
            out.append(Account(key[0], at_own, own, key[1]))
            at = stop
        return out
