"""Fragments of one chunk that make up datagrams without more ado, found for all at once: each byte is there once, and none waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from parsers.network.frames import Pieces
from parsers.network.records import Bools, Int32s, Int64s
from parsers.network.spill import mixed

PLAIN_LIMIT = 65_515  # bytes of a datagram; none may have more than 65,535 with its header
PLAIN_PIECES = 4_096  # fragments of one
PLAIN_NS = 50 * 1_000_000_000  # from the first of its fragments to the last
Columns = tuple[npt.NDArray[Any], ...]
UInt64s = npt.NDArray[np.uint64]


def find(columns: Columns, pieces: Pieces, time: Int64s, held: Bools) -> Iterator[Int64s]:
    """Places among `pieces` of the fragments of each such datagram, in order of their offset. `columns`: which datagram each belongs to;
    `time`: UTC ns of each; `held`: where its bytes lie in the file itself."""
    if not len(time):
        return
    digest = _digest(columns)
    order, begins = _apart(digest, pieces.offset)
    first = np.flatnonzero(begins)
    count = np.diff(np.append(first, len(order)))
    last = order[first + count - 1]
    good = np.logical_and.reduceat(_sound(columns, pieces, order, begins) & held[order], first)
    good &= (count > 1) & (count <= PLAIN_PIECES)
    good &= pieces.offset[last].astype(np.int64) + pieces.size[last] <= PLAIN_LIMIT
    when = time[order]
    good &= np.maximum.reduceat(when, first) - np.minimum.reduceat(when, first) <= PLAIN_NS
    for group in np.flatnonzero(good & _undisturbed(digest, order, first, good)).tolist():
        yield order[first[group] : first[group] + count[group]]


@dataclass(frozen=True, slots=True)
class Run:
    """Places of fragments of one datagram that came one after the other, each where the one before it ends, with none of its number in
    between; `whole`: they make up the datagram."""

    places: Int64s
    whole: bool


def straight(columns: Columns, pieces: Pieces, time: Int64s, held: Bools) -> Iterator[Run]:
    """All runs of more than one fragment. They are told apart whatever comes before and after them: parts of others with the same number,
    of which the rest lies in another chunk."""
    if not len(time):
        return
    order = np.argsort(_digest(columns), kind="stable")
    offset, size, more, when = pieces.offset[order], pieces.size[order], pieces.more[order], time[order]
    follows = np.append(False, more[:-1] & (offset[1:] == (offset + size)[:-1]))
    for column in columns:
        placed = column[order]
        follows[1:] &= placed[1:] == placed[:-1]
    first = np.flatnonzero(~follows)
    count = np.diff(np.append(first, len(order)))
    last = first + count - 1
    good = np.logical_and.reduceat((size > 0) & held[order], first) & (count > 1) & (count <= PLAIN_PIECES)
    good &= offset[last].astype(np.int64) + size[last] <= PLAIN_LIMIT
    good &= np.maximum.reduceat(when, first) - np.minimum.reduceat(when, first) <= PLAIN_NS
    whole = (offset[first] == 0) & ~more[last]
    for run in np.flatnonzero(good).tolist():
        yield Run(order[first[run] : first[run] + count[run]], bool(whole[run]))


def _digest(columns: Columns) -> UInt64s:
    """A number for the datagram that each fragment belongs to."""
    digest = np.zeros(len(columns[0]), np.uint64)
    with np.errstate(over="ignore"):
        for column in columns:
            digest = mixed(digest + column.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15))
    return digest


def _apart(digest: UInt64s, offset: Int32s) -> tuple[Int64s, Bools]:
    """The places by datagram and offset, and where another datagram begins. Several may share a number, one after the other: the
    fragment that comes as the nth of its offset is one of the nth."""
    order = np.lexsort((offset, digest))
    same = np.append(False, (digest[order][1:] == digest[order][:-1]) & (offset[order][1:] == offset[order][:-1]))
    counted = np.arange(len(order))
    nth = np.empty(len(order), np.int64)
    nth[order] = counted - np.maximum.accumulate(np.where(same, 0, counted))
    order = np.lexsort((offset, nth, digest))
    change = (digest[order][1:] != digest[order][:-1]) | (nth[order][1:] != nth[order][:-1])
    return order, np.append(True, change)


def _undisturbed(digest: UInt64s, order: Int64s, first: Int64s, good: Bools) -> Bools:
    """Which datagrams share their number with none, or with such as are whole too and came before or after them. Of the last the rest may
    come later."""
    key = digest[order[first]]
    earliest, latest = np.minimum.reduceat(order, first), np.maximum.reduceat(order, first)
    alike = np.append(key[1:] == key[:-1], False)  # the next has the same number
    wrong = alike & ~(good & np.append(latest[:-1] < earliest[1:], True))
    begins = np.append(True, ~alike[:-1])
    keys = np.cumsum(begins) - 1
    return np.asarray(~np.logical_or.reduceat(wrong, np.flatnonzero(begins))[keys])


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
