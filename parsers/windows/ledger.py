"""What is said of the bytes of one file while it is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from parsers.base import Evidence
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

    def put(self, kind: Kind, at: int, stop: int, part: str = "") -> None:
        """Account bytes [at, stop) of the piece; `part` says what they are of a log, in a word or two."""
        if stop > at:
            self.ranges.setdefault((kind, part), []).append((at, stop - at))

    def put_all(self, kind: Kind, ranges: Sequence[tuple[int, int]], part: str = "") -> None:
        """The same for many ranges: begin and length of each."""
        held = [one for one in ranges if one[1] > 0]
        if held:
            self.ranges.setdefault((kind, part), []).extend(held)

    def complain(self, at: int, length: int, reason: str) -> None:
        self.problems.append(self.evidence.problem(self.start + at, length, reason))

    def told(self) -> Iterator[Problem | Account]:
        """Problems in file order, then accounts."""
        yield from sorted(self.problems, key=lambda problem: (problem.offset, problem.reason))
        yield from self.accounts()

    def accounts(self) -> list[Account]:
        held = sorted(self.ranges.items(), key=lambda item: (KINDS.index(item[0][0]), item[0][1]))
        # one array for all: small logs have a dozen ranges, and an array each would cost more than they do
        whole = np.array([pair for _, ranges in held for pair in ranges], np.int64).reshape(-1, 2)
        offsets, lengths = whole[:, 0] + self.start, whole[:, 1]
        out, at = [], 0
        for (kind, part), ranges in held:
            stop = at + len(ranges)
            out.append(Account(kind, offsets[at:stop], lengths[at:stop], part))
            at = stop
        return out
