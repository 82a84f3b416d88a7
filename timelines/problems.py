"""Damage is data: what could not be read, and the account of every byte of a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Kind = Literal["read", "free", "unsupported", "damaged"]
KINDS: tuple[Kind, ...] = ("read", "free", "unsupported", "damaged")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the evidence that could not be read as it should.

    `offset` and `length` are bytes in `file`; both are 0 when the problem concerns the file as a whole.
    `reason` is one line: what was found, what was expected, what was done about it.
    """

    exhibit: str
    file: str
    offset: int
    length: int
    reason: str


@dataclass(frozen=True, slots=True)
class Account:
    """Byte ranges of one file that share a fate. `offsets` and `lengths` are (n,) int64 arrays, in bytes.

    read: records and the structures that carry them; free: padding and unused space; unsupported: known but not read;
    damaged: could not be read. Over a whole file the ranges tile [0, size) exactly: no gap, no overlap.
    """

    kind: Kind
    offsets: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]


def account(kind: Kind, offset: int, length: int) -> Account:
    """An account of a single range."""
    return Account(kind, np.array([offset], np.int64), np.array([length], np.int64))


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """The sums of a file's accounts, in bytes. read + free + unsupported + damaged == size."""

    exhibit: str
    file: str
    size: int
    read: int
    free: int
    unsupported: int
    damaged: int


def balance(exhibit: str, file: str, size: int, accounts: list[Account]) -> tuple[LedgerRow, list[Problem]]:
    """Add a file's accounts up and check that they tile it.

    A byte that no account names is counted as damaged, and a byte that several name is counted once, with the kind of the first that
    begins there; each such range is returned as a problem, because it means that a parser lost count.
    """
    live = [a for a in accounts if len(a.offsets)]
    sums = dict.fromkeys(KINDS, 0)
    problems: list[Problem] = []
    if live:
        starts = np.concatenate([a.offsets for a in live])
        ends = starts + np.concatenate([a.lengths for a in live])
        kinds = np.concatenate([np.full(len(a.offsets), KINDS.index(a.kind)) for a in live])
        order = np.lexsort((ends, starts))
        starts, ends, kinds = starts[order], np.minimum(ends[order], size), kinds[order]
        reach = np.maximum.accumulate(ends)
        before = np.concatenate(([0], reach[:-1]))
        counted = np.maximum(ends - np.maximum(starts, before), 0)
        for index, kind in enumerate(KINDS):
            sums[kind] = int(counted[kinds == index].sum())
        for at in np.flatnonzero(starts < before):
            overlap = int(min(before[at], ends[at]) - starts[at])
            if overlap > 0:
                problems.append(
                    Problem(exhibit, file, int(starts[at]), overlap, "bytes claimed twice by the reader; counted once")
                )
        gaps = [(int(before[at]), int(starts[at] - before[at])) for at in np.flatnonzero(starts > before)]
        tail = size - int(reach[-1])
        if tail > 0:
            gaps.append((int(reach[-1]), tail))
    else:
        gaps = [(0, size)] if size else []
    for offset, length in gaps:
        sums["damaged"] += length
        problems.append(
            Problem(exhibit, file, offset, length, "bytes not accounted for by the reader; counted as damaged")
        )
    return LedgerRow(exhibit, file, size, sums["read"], sums["free"], sums["unsupported"], sums["damaged"]), problems
