"""Fragments of one chunk that make up datagrams without more ado, found for all at once: each byte is there once, and none waits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from parsers.network.frames import Pieces
from parsers.network.records import Bools, Int64s
from parsers.network.spill import mixed

PLAIN_LIMIT = 65_000  # bytes of a datagram that is in order whatever its header: none may have more than 65,535 with it
PLAIN_PIECES = 4_096  # fragments of one
PLAIN_NS = 50 * 1_000_000_000  # from the first of its fragments to the last
Columns = tuple[npt.NDArray[Any], ...]


def find(columns: Columns, pieces: Pieces, time: Int64s, held: Bools) -> Iterator[Int64s]:
    """Places among `pieces` of the fragments of each such datagram, in order of their offset. `columns`: which datagram each belongs to;
    `time`: UTC ns of each; `held`: where its bytes lie in the file itself."""
    if not len(time):
        return
    digest = np.zeros(len(time), np.uint64)
    with np.errstate(over="ignore"):
        for column in columns:
            digest = mixed(digest + column.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15))
    order = np.lexsort((pieces.offset, digest))
    begins = np.append(True, digest[order][1:] != digest[order][:-1])
    first = np.flatnonzero(begins)
    count = np.diff(np.append(first, len(order)))
    sound = _sound(columns, pieces, order, begins) & held[order]
    good = np.logical_and.reduceat(sound, first) & (count <= PLAIN_PIECES)
    last = order[first + count - 1]
    good &= (pieces.offset[last].astype(np.int64) + pieces.size[last] <= PLAIN_LIMIT) & (count > 1)
    when = time[order]
    good &= np.maximum.reduceat(when, first) - np.minimum.reduceat(when, first) <= PLAIN_NS
    for group in np.flatnonzero(good).tolist():
        yield order[first[group] : first[group] + count[group]]


def _sound(columns: Columns, pieces: Pieces, order: Int64s, begins: Bools) -> Bools:
    """Where a fragment goes on where the one before it ends, or begins a datagram; others follow it, or it is the last."""
    offset, size, more = pieces.offset[order], pieces.size[order], pieces.more[order]
    ends = np.append(begins[1:], True)
    reach = np.append(0, (offset + size)[:-1])
    good = (size > 0) & (more == ~ends) & (offset == np.where(begins, 0, reach))
    for column in columns:  # two datagrams of one digest are left to be told apart one by one
        placed = column[order]
        good[1:] &= begins[1:] | (placed[1:] == placed[:-1])
    return np.asarray(good)
