"""Whether definitions that stand elsewhere say the same as one that is known: a compiled loop, since every chunk repeats its own."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from parsers.gather import Bools, Bytes, Int64s
from parsers.interned import steady
from parsers.windows.flat import Whole
from parsers.windows.structures import CHUNK, DEFINITION
from timelines.compiled import compiled, inlined
from timelines.words_at import word


class Pattern(NamedTuple):
    """What all that say the same have: the bytes of `body` between `runs`, (r, 2), and at `references`, (m,), the places of names in the
    chunk. A name stands right there where it is `inline`, else has the bytes of `names` between two `bounds`, (m + 1,)."""

    body: Bytes
    runs: Int64s
    references: Int64s
    inline: Bools
    names: Bytes
    bounds: Int64s


@inlined
def _same(there: Bytes, at: Whole, here: Bytes, begin: Whole, end: Whole) -> bool:
    """Whether the bytes [begin, end) of what is known stand at a place."""
    step, shift = begin, at - begin
    if end - begin < 8:
        if at + 8 > len(there) or begin + 8 > len(here):
            same = True
            for byte in range(begin, end):
                same &= there[shift + byte] == here[byte]
            return same
        other = word(there, at) ^ word(here, begin)
        return bool(begin == end or other << np.uint64(64 - 8 * (end - begin)) == 0)
    while step + 8 < end:
        if word(there, shift + step) != word(here, step):
            return False
        step += 8
    return bool(word(there, shift + end - 8) == word(here, end - 8))  # the last eight bytes


@inlined
def _runs_stand(data: Bytes, at: Whole, known: Pattern) -> bool:
    """Whether the bytes stand at a place that all have."""
    for run in range(len(known.runs)):
        begin, end = known.runs[run, 0], known.runs[run, 1]
        if not _same(data, at + begin, known.body, begin, end):
            return False
    return True


@inlined
def _names_stand(data: Bytes, at: Whole, base: Whole, known: Pattern) -> bool:
    """Whether all names are the same, and stand inline where they do in the known definition."""
    for which in range(len(known.references)):
        place = at + known.references[which]
        target = np.int64(data[place]) | np.int64(data[place + 1]) << 8
        target |= np.int64(data[place + 2]) << 16 | np.int64(data[place + 3]) << 24
        if (base + target == place + 4) != known.inline[which]:
            return False
        begin, end = known.bounds[which], known.bounds[which + 1]
        if begin == end:
            continue
        there = base + target + 4
        if target + 4 + end - begin > CHUNK or there + end - begin > len(data):
            return False
        if not _same(data, there, known.names, begin, end):
            return False
    return True


@compiled
def _proved(data: Bytes, places: Int64s, bases: Int64s, known: Pattern, equal: Bytes) -> int:
    """See `proved`; how many are equal is returned."""
    count = 0
    for row in range(len(places)):
        at = places[row] + DEFINITION
        equal[row] = _runs_stand(data, at, known) and _names_stand(data, at, bases[row], known)
        count += equal[row]
    return count


def proved(data: Bytes, places: Int64s, bases: Int64s, known: Pattern) -> Bools:
    """(n,) whether the definitions at `places` of the chunks at `bases`, which are as long as the known one and lie within the bytes of
    `data`, say the same."""
    equal = np.zeros(len(places), np.uint8)
    held = known._replace(body=steady(known.body), names=steady(known.names))
    _proved(steady(data), places, bases, held, equal)
    return equal.astype(np.bool_)


def runs(same: Bools) -> Int64s:
    """(r, 2) where runs of True begin and end."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], same, [False])).astype(np.int8)))
    return edges.reshape(-1, 2)
