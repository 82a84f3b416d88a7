"""What is said of the bytes of one file while it is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from parsers.base import Evidence
from parsers.gather import Int64s
from timelines.accounts import Accounts
from timelines.problems import Account, Kind, Label, Problem, ordered

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
    ranges: dict[Label, list[tuple[int, int]]] = field(default_factory=dict)
    many: dict[Label, list[tuple[Int64s, Int64s]]] = field(default_factory=dict)

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
        yield from self.complaints()
        yield from self.accounts()

    def complaints(self) -> list[Problem]:
        """Problems in file order."""
        return sorted(self.problems, key=lambda problem: (problem.offset, problem.reason))

    def accounts(self) -> list[Account]:
        """One account for each kind and part: ranges as they were put, those that came many at once first."""
        keys = ordered({**self.ranges, **self.many})
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


class Ranges:
    """What is put into the ledgers of several files that stand end to end in a window, of all files by one call."""

    def __init__(self) -> None:
        self._put: list[tuple[Label, Int64s, Int64s]] = []

    def put_all(self, kind: Kind, begins: Int64s, lengths: Int64s, part: str = "") -> None:
        """As `Ledger.put_all`; none of the ranges goes over the end of its file."""
        some = lengths > 0
        self._put.append(((kind, part), begins[some], lengths[some]))

    def accounts(self, ledgers: Sequence[Ledger]) -> Accounts:
        """All that was put, here and into the files' own `ledgers`."""
        starts = np.array([-ledger.start for ledger in ledgers], np.int64)
        whole: list[tuple[Label, Int64s, Int64s, Int64s]] = []
        for label, begins, lengths in self._put:
            files = np.searchsorted(starts, begins, side="right") - 1
            whole.append((label, files, begins - starts[files], lengths))
        for file, ledger in enumerate(ledgers):
            if ledger.ranges or ledger.many:
                own = ledger.accounts()
                whole += [((a.kind, a.part), np.full(len(a.offsets), file), a.offsets, a.lengths) for a in own]
        return Accounts.of(whole)


@dataclass(frozen=True, slots=True)
class Ledgers:
    """The ledgers of the files in a window by number of the file, and where what is true of all of them is put by one call."""

    each: Sequence[Ledger]
    whole: Ledger | Ranges

    def put_all(self, kind: Kind, begins: Int64s, lengths: Int64s, part: str = "") -> None:
        """Account ranges of any of the files."""
        self.whole.put_all(kind, begins, lengths, part)
