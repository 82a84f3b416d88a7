"""Loops over chunks: whether a chunk's records stand end to end from its header to its free space, and what that space holds."""

from __future__ import annotations

import numpy as np

from parsers.gather import Bools, Bytes, Int64s
from parsers.interned import steady
from parsers.windows.structures import CHUNK, CHUNK_HEADER, MIN_RECORD, RECORD_HEADER, SIGNATURE
from parsers.windows.tokens import HEADER
from timelines.compiled import compiled, inlined
from timelines.words_at import word

_A_RECORD = 1 << 10  # bytes of chunks for which there is room for a record at first; a real one takes some 1,200
_MOST = CHUNK // MIN_RECORD  # records of a chunk
_LARGEST = CHUNK - CHUNK_HEADER  # bytes of a record
_SIGNATURE = int.from_bytes(SIGNATURE, "little")
_MARK = SIGNATURE[0]


@inlined
def _size(data: Bytes, at: int) -> np.int64:
    """The size that the record at a place says it has, 0 where no signature stands."""
    said = word(data, at)
    return np.int64(said >> np.uint64(32)) if said & np.uint64(0xFFFFFFFF) == np.uint64(_SIGNATURE) else np.int64(0)


@inlined
def _continued(data: Bytes, last: int, at: int, base: int) -> bool:
    """Whether the next record by number stands at once where free space should begin: the header is out of date."""
    if at + RECORD_HEADER > len(data):
        return False
    size = _size(data, at)
    # the next chunk's first record was often begun, then moved there
    return bool(size > 0 and at + size <= base + CHUNK and word(data, at + 8) == word(data, last + 8) + np.uint64(1))


@compiled
def _chained(data: Bytes, bounds: Int64s, first: int, stop: int, found: Int64s, total: Int64s, sound: Bytes) -> int:
    """Note the records of the chunks [first, stop) that are `sound`; the chunk for which there may be no room is returned."""
    for chunk in range(first, stop):
        base, free, begin = int(bounds[chunk, 0]), int(bounds[chunk, 1]), int(total[0])
        if begin + _MOST > found.shape[1]:
            return chunk
        at, last, end = base + CHUNK_HEADER, -1, begin
        while at + MIN_RECORD <= free:
            size = int(_size(data, at))
            if (
                size < MIN_RECORD
                or size % 4
                or at + size > free
                or int(word(data, at + size - 8) >> np.uint64(32)) != size
            ):
                break
            found[0, end], found[1, end], found[2, end] = at, size, chunk
            found[3, end], found[4, end] = np.int64(word(data, at + 8)), np.int64(word(data, at + 16))
            last, end, at = at, end + 1, at + size
        sound[chunk] = at == free and (last < 0 or not _continued(data, last, at, base))
        if sound[chunk]:
            total[0] = end
    return stop


class Chains:
    """The records of the chunks whose records chain, chunk after chunk."""

    def __init__(self, data: Bytes, bounds: Int64s) -> None:
        """`bounds`: (c, 2) where chunks begin, and where their free space does (0: unknown)."""
        self._data, self._bounds = steady(data), bounds
        self._sound, self._total = np.zeros(len(bounds), np.uint8), np.zeros(1, np.int64)
        self._found, self._chunk = np.empty((5, _MOST + len(bounds) * CHUNK // _A_RECORD), np.int64), 0

    def reach(self, stop: int) -> None:
        """Walk the chunks up to number `stop` that were not walked before."""
        while self._chunk < stop:
            state = self._found, self._total, self._sound
            self._chunk = _chained(self._data, self._bounds, self._chunk, stop, *state)
            if self._chunk < stop:
                self._found = np.concatenate((self.rows(), np.empty_like(self._found)), axis=1)

    def rows(self) -> Int64s:
        """(5, n) offset, size, chunk, number and FILETIME (as signed numbers) of each record."""
        return self._found[:, : self._total[0]]

    def sound(self) -> Bools:
        """(c,) which chunks those are."""
        return self._sound.astype(np.bool_)


@compiled
def _spaces(data: Bytes, bounds: Int64s, first: int, ends: Int64s, found: Int64s, total: Int64s) -> int:
    """See `spaces`; the space from `first` on for which there may be no room is returned."""
    for space in range(first, len(bounds)):
        begin, end, count = int(bounds[space, 0]), int(bounds[space, 1]), int(total[0])
        if count + _MOST > len(found):
            return space
        limit = end
        while end - 8 >= begin and word(data, end - 8) == 0:
            end -= 8
        while end > begin and data[end - 1] == 0:
            end -= 1
        ends[space] = end
        reach = begin
        for at in range(begin, min(end, limit - MIN_RECORD + 1)):
            if data[at] != _MARK or at < reach:
                continue
            size = int(_size(data, at))
            if size < MIN_RECORD or size > _LARGEST or at + size > limit:
                continue
            if (
                int(word(data, at + size - 8) >> np.uint64(32)) == size
                and data[at + 24] == HEADER
                and data[at + 25] == 1
            ):
                found[count, 0], found[count, 1], found[count, 2] = at, size, space
                count, reach = count + 1, at + size
        total[0] = count
    return len(bounds)


def spaces(data: Bytes, bounds: Int64s) -> tuple[Int64s, Int64s]:
    """Where the bytes of free spaces end that are not zero; and (n, 3) offset, size and number of the space of the records that stand whole
    in one at any alignment, begin binary XML as all do, and lie in no other. `bounds`: (s, 2) of spaces, none larger than a chunk."""
    ends, found, total = np.empty(len(bounds), np.int64), np.empty((2 * _MOST, 3), np.int64), np.zeros(1, np.int64)
    data = steady(data)
    first = 0
    while first < len(bounds):
        first = _spaces(data, bounds, first, ends, found, total)
        if first < len(bounds):
            found = np.concatenate((found[: total[0]], np.empty_like(found), np.empty((_MOST, 3), np.int64)))
    return ends, found[: total[0]]
