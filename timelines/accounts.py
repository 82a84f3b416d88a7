"""The accounts of many files at once: what checking that they tile a file costs for one is the same for a thousand small ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from timelines.problems import KINDS, Account, Balance, Label, LedgerPart, LedgerRow, balanced, ordered

Int64s = npt.NDArray[np.int64]
Whose = tuple[str, str, int]  # exhibit, file, size


@dataclass(frozen=True, slots=True)
class Accounts:
    """Byte ranges of several files: (n,) which of the `labels` each has, the number of its file, and as `Account` tells them. `labels`
    are as `ordered` gives them."""

    labels: Sequence[Label]
    label: Int64s
    files: Int64s
    offsets: Int64s
    lengths: Int64s

    @classmethod
    def of(cls, whole: Sequence[tuple[Label, Int64s, Int64s, Int64s]]) -> Accounts:
        """Ranges of one label each time: numbers of files, offsets, lengths."""
        labels = ordered({label for label, *_ in whole})
        numbers = {label: number for number, label in enumerate(labels)}
        counts = np.array([len(files) for _, files, _, _ in whole], np.int64)
        label = np.repeat(np.array([numbers[label] for label, *_ in whole], np.int64), counts)
        none = np.empty(0, np.int64)
        files, offsets, lengths = (np.concatenate([none, *(one[at] for one in whole)]) for at in (1, 2, 3))
        return cls(labels, label, files, offsets, lengths)

    def one(self, file: int) -> list[Account]:
        """The accounts of one file."""
        own = np.flatnonzero(self.files == file)
        held = [(label, own[self.label[own] == number]) for number, label in enumerate(self.labels)]
        return [Account(kind, self.offsets[rows], self.lengths[rows], part) for (kind, part), rows in held if len(rows)]


def balances(whose: Sequence[Whose], accounts: Accounts) -> list[Balance]:
    """`problems.balanced` for whole files, those that `accounts` numbers."""
    tiled = _tiled(np.array([size for _, _, size in whose], np.int64), accounts)
    shape, cells = (len(whose), len(accounts.labels)), len(whose) * len(accounts.labels)
    cell = accounts.files * len(accounts.labels) + accounts.label
    sums, counts = np.zeros(cells, np.int64), np.bincount(cell, minlength=cells)
    np.add.at(sums, cell, accounts.lengths)
    parts = _parts(whose, accounts.labels, sums, counts)
    kind = np.array([KINDS.index(kind) for kind, _ in accounts.labels], np.int64)
    fates = np.stack([sums.reshape(shape)[:, kind == at].sum(axis=1) for at in range(len(KINDS))], axis=1).tolist()
    return [
        Balance(LedgerRow(*who, *fate), own, []) if sound else balanced(*who, accounts.one(file))
        for file, (who, fate, own, sound) in enumerate(zip(whose, fates, parts, tiled.tolist(), strict=True))
    ]


def _tiled(sizes: Int64s, accounts: Accounts) -> npt.NDArray[np.bool_]:
    """Of which files ranges stand end to end from the first byte to the last, none of them empty."""
    order = np.lexsort((accounts.offsets, accounts.files))
    files, begins, lengths = accounts.files[order], accounts.offsets[order], accounts.lengths[order]
    ends = begins + lengths
    new = np.append(True, files[1:] != files[:-1])[: len(files)]
    last = np.append(new[1:], True)[: len(files)]
    fits = (begins == np.where(new, 0, np.roll(ends, 1))) & (lengths > 0) & (~last | (ends == sizes[files]))
    tiled = np.zeros(len(sizes), np.bool_)
    tiled[files] = True
    tiled[files[~fits]] = False
    return tiled


def _parts(
    whose: Sequence[Whose], labels: Sequence[Label], sums: Int64s, counts: Int64s
) -> list[tuple[LedgerPart, ...]]:
    """By file, the bytes of each label, and how many ranges they are."""
    cells = np.flatnonzero(counts)
    files, named = cells // max(len(labels), 1), cells % max(len(labels), 1)
    parts = [
        LedgerPart(*whose[file][:2], *labels[label], size, count)
        for file, label, size, count in zip(
            files.tolist(), named.tolist(), sums[cells].tolist(), counts[cells].tolist(), strict=True
        )
    ]
    bounds = np.searchsorted(files, np.arange(len(whose) + 1)).tolist()
    return [tuple(parts[begin:end]) for begin, end in pairwise(bounds)]
