"""Damage is data: what could not be read, and the account of every byte of a file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from timelines.visible import visible

Kind = Literal["read", "free", "unsupported", "damaged"]
KINDS: tuple[Kind, ...] = ("read", "free", "unsupported", "damaged")
Label = tuple[Kind, str]  # of ranges: what became of them, and what they are of the file
FEW = 64  # ranges that are added up one by one: a call of numpy costs as much as a dozen of them
_REASON_HEAD, _REASON_TAIL = 400, 200  # characters kept of a longer reason: what was found, and what was done about it


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the evidence that could not be read as it should.

    `offset` and `length` are bytes in `file`; both are 0 when the problem concerns the file as a whole.
    `reason` is one line: what was found, what was expected, what was done about it. Evidence text that it quotes is made visible,
    and a reason longer than a few lines is cut in its middle.
    """

    exhibit: str
    file: str
    offset: int
    length: int
    reason: str

    def __post_init__(self) -> None:
        reason = self.reason
        if len(reason) > _REASON_HEAD + _REASON_TAIL:
            reason = f"{reason[:_REASON_HEAD]} … {reason[-_REASON_TAIL:]}"
        object.__setattr__(self, "reason", visible(reason))


@dataclass(frozen=True, slots=True)
class Account:
    """Byte ranges of one file that share a fate. `offsets` and `lengths` are (n,) int64 arrays, in bytes.

    read: records and the structures that carry them; free: padding and unused space; unsupported: known but not read;
    damaged: could not be read. Over a whole file the ranges tile [0, size) exactly: no gap, no overlap.
    `part` says what the bytes are of the file, in the format's words (`chunk headers`, `slack`); empty where the kind says it all.
    """

    kind: Kind
    offsets: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]
    part: str = ""


def ordered(labels: Iterable[Label]) -> list[Label]:
    """Labels in the order in which a file's ledger names them."""
    return sorted(labels, key=lambda label: (KINDS.index(label[0]), label[1]))


def account(kind: Kind, offset: int, length: int) -> Account:
    """An account of a single range."""
    return Account(kind, np.array([offset], np.int64), np.array([length], np.int64))


class LedgerRow(NamedTuple):
    """The sums of a file's accounts, in bytes. read + free + unsupported + damaged == size."""

    exhibit: str
    file: str
    size: int
    read: int
    free: int
    unsupported: int
    damaged: int


class LedgerPart(NamedTuple):
    """The bytes of a file that are one part of it, in `ranges` pieces. Over all parts of a kind they add up to the kind's bytes."""

    exhibit: str
    file: str
    kind: Kind
    part: str
    bytes: int
    ranges: int


@dataclass(frozen=True, slots=True)
class Balance:
    """A file's accounts, added up, and what was wrong with them."""

    row: LedgerRow
    parts: tuple[LedgerPart, ...]
    faults: list[Problem]


def balance(
    exhibit: str, file: str, size: int, accounts: list[Account], start: int = 0
) -> tuple[LedgerRow, list[Problem]]:
    """The sums of `balanced` and what was wrong."""
    found = balanced(exhibit, file, size, accounts, start)
    return found.row, found.faults


def _tiled(begins: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], start: int, stop: int) -> bool:
    """Whether ranges stand end to end from `start` to `stop`: what a reader that keeps count gives."""
    order = begins.argsort(kind="stable")
    begins, ends = begins[order], ends[order]
    if not len(begins) or begins[0] != start or ends[-1] != stop:
        return False
    return bool((begins[1:] == ends[:-1]).all() and (ends > begins).all())


def _added_up(whose: tuple[str, str, int], found: Iterable[tuple[tuple[int, str], int, int]]) -> Balance:
    """Ranges that tile a file, none empty: by kind and part, in order, their bytes and how many they are."""
    exhibit, file, size = whose
    sums = [0] * len(KINDS)
    parts = []
    for (kind, part), total, count in found:
        sums[kind] += total
        parts.append(LedgerPart(exhibit, file, KINDS[kind], part, total, count))
    return Balance(LedgerRow(exhibit, file, size, *sums), tuple(parts), [])


def _few(whose: tuple[str, str, int], accounts: list[Account], start: int) -> Balance | None:
    """The balance of a small file; None where its ranges do not tile it."""
    found: dict[tuple[int, str], tuple[int, int]] = {}
    ranges: list[tuple[int, int]] = []
    for one in accounts:
        if not len(one.offsets):
            continue
        lengths = one.lengths.tolist()
        ranges += zip(one.offsets.tolist(), lengths, strict=True)
        label = KINDS.index(one.kind), one.part
        total, count = found.get(label, (0, 0))
        found[label] = total + sum(lengths), count + len(lengths)
    at = start
    for begin, length in sorted(ranges):
        if begin != at or length <= 0:
            return None
        at += length
    if not ranges or at != start + whose[2]:
        return None
    return _added_up(whose, ((label, *found[label]) for label in sorted(found)))


def balanced(exhibit: str, file: str, size: int, accounts: list[Account], start: int = 0) -> Balance:
    """Add up the accounts of [start, start + size) and check that they tile it. With `start` 0 and the file's size: a whole file.

    A byte that no account names is counted as damaged, and a byte that several name is counted once, with the kind of the
    first that begins there; each such range is returned as a problem, because it means that a reader lost count.
    """
    if sum(len(a.offsets) for a in accounts) <= FEW and (small := _few((exhibit, file, size), accounts, start)):
        return small
    stop = start + size
    sums = dict.fromkeys(KINDS, 0)
    problems: list[Problem] = []
    live = [a for a in accounts if len(a.offsets)]
    begins = np.concatenate([np.asarray(a.offsets, np.int64) for a in live]) if live else np.empty(0, np.int64)
    lengths = np.concatenate([np.asarray(a.lengths, np.int64) for a in live]) if live else np.empty(0, np.int64)
    labels = sorted({(KINDS.index(a.kind), a.part) for a in live})
    which = [np.full(len(a.offsets), labels.index((KINDS.index(a.kind), a.part))) for a in live]
    kinds = np.concatenate(which) if live else begins
    ends = begins + lengths
    if _tiled(begins, ends, start, stop):
        totals = np.zeros(len(labels), np.int64)
        np.add.at(totals, kinds, lengths)
        counts = np.bincount(kinds, minlength=len(labels))
        return _added_up((exhibit, file, size), zip(labels, totals.tolist(), counts.tolist(), strict=True))
    for at in np.flatnonzero((begins < start) | (ends > stop) | (lengths < 0)):
        reason = f"reader claims bytes outside [{start}, {stop}); only those inside are counted"
        problems.append(Problem(exhibit, file, int(begins[at]), int(lengths[at]), reason))
    begins, ends = np.clip(begins, start, stop), np.clip(np.maximum(ends, begins), start, stop)
    order = np.lexsort((ends, begins))
    begins, ends, kinds = begins[order], ends[order], kinds[order]
    reach = np.maximum.accumulate(np.concatenate((np.array([start], np.int64), ends)))
    before = reach[:-1]
    counted = np.maximum(ends - np.maximum(begins, before), 0)
    parts = []
    for index, (kind, part) in enumerate(labels):
        held = counted[kinds == index]
        sums[KINDS[kind]] += int(held.sum())
        if held.any():
            parts.append(LedgerPart(exhibit, file, KINDS[kind], part, int(held.sum()), int((held > 0).sum())))
    for at in np.flatnonzero((begins < before) & (np.minimum(before, ends) > begins)):
        overlap = int(min(before[at], ends[at]) - begins[at])
        problems.append(
            Problem(exhibit, file, int(begins[at]), overlap, "bytes claimed twice by the reader; counted once")
        )
    gaps = [(int(before[at]), int(begins[at] - before[at])) for at in np.flatnonzero(begins > before)]
    if stop > int(reach[-1]):
        gaps.append((int(reach[-1]), stop - int(reach[-1])))
    for offset, length in gaps:
        sums["damaged"] += length
        reason = "bytes not accounted for by the reader; counted as damaged"
        problems.append(Problem(exhibit, file, offset, length, reason))
    if gaps:
        lost = sum(length for _, length in gaps)
        parts.append(LedgerPart(exhibit, file, "damaged", "not accounted for", lost, len(gaps)))
    row = LedgerRow(exhibit, file, size, sums["read"], sums["free"], sums["unsupported"], sums["damaged"])
    return Balance(row, tuple(parts), problems)
