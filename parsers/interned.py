"""Texts that repeat, held once: slices of evidence become places in a dictionary that lives as long as a piece of evidence is read.

Texts are told apart by their bytes. Evidence is written by attackers, who can choose texts that hash alike: a text is looked for at PROBES
places at most, then held once more, and doubles are put together at the end. What comes out depends on the texts alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.gather import Bools, Bytes, Int64s
from timelines.compiled import closely, compiled, inlined
from timelines.words_at import WORD, word

Int32s = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]

MOST = 16 << 20  # bytes of distinct texts in one dictionary; above, the rest of the piece is given as plain text
TRIAL = 16_384  # texts after which a dictionary has to be worth it
WORTH = 3  # texts that must share a place on average: below, plain text is cheaper to make and to write
PROBES = 32  # places looked at for one text; the table is filled to a quarter, where honest texts need a few
NOTHING = -1  # no byte: every text counts
_NOT_AGAIN: Bools = np.zeros(0, np.bool_)
_SPARE = 4  # slots of the table a text
_FIRST = 1 << 10  # texts for which there is room at first


@inlined
def _hashed(data: Bytes, start: int, end: int) -> np.uint64:
    """A hash of the bytes at [start, end): two halves that do not wait for each other."""
    odd, even, half = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(32)
    size, at = end - start, start
    left, right = np.uint64(size) * odd, even
    while at + 16 <= end:
        left = (left ^ word(data, at)) * odd
        right = (right ^ word(data, at + 8)) * even
        left ^= left >> half
        right ^= right >> half
        at += 16
    if at + 8 <= end:
        left = (left ^ word(data, at)) * odd
        left ^= left >> half
        at += 8
    if at < end:
        rest = np.uint64(0)
        if size >= 8:
            rest = word(data, end - 8)
        elif start + 8 <= len(data):
            rest = word(data, start) & ((np.uint64(1) << np.uint64(8 * size)) - np.uint64(1))
        else:
            for place in range(size):
                rest |= np.uint64(data[start + place]) << np.uint64(8 * place)
        right = (right ^ rest) * even
        right ^= right >> half
    mixed = (left + right) * odd
    return mixed ^ (mixed >> half)


@inlined
def _same(held: Bytes, begin: int, data: Bytes, start: int, size: int) -> bool:
    """Whether the same bytes stand at two places."""
    step = 0
    while step + 8 <= size:
        if word(held, begin + step) != word(data, start + step):
            return False
        step += 8
    if step == size:
        return True
    if size >= 8:
        return bool(word(held, begin + size - 8) == word(data, start + size - 8))
    if start + 8 <= len(data) and begin + 8 <= len(held):
        return not ((word(held, begin) ^ word(data, start)) << np.uint64(64 - 8 * size))
    while step < size:
        if held[begin + step] != data[start + step]:
            return False
        step += 1
    return True


@closely
def _placed(
    data: Bytes,
    starts: Int64s,
    ends: Int64s,
    again: Bools,
    table: Int64s,
    hashes: Words,
    bounds: Int32s,
    held: Bytes,
    counts: Int64s,
    alone: int,
    first: int,
    codes: Int32s,
) -> int:
    """Places of texts from row `first` on, -1 where there is none; returns the row for which there is no room.

    `counts`: texts held, their bytes, how many of them no later text can find, and the place of the last text that was looked up.
    `again`: texts that are the same as that one; none are where it is empty.
    """
    mask, low = np.int64(len(table) - 1), np.int64(0xFFFFFFFF)
    found, used, code = counts[0], counts[1], counts[3]
    before, length, known = 0, -1, len(again) > 0
    for row in range(first, len(starts)):
        start, end = int(starts[row]), int(ends[row])
        if start < 0:
            codes[row] = -1
            continue
        size = end - start
        if size == 1 and data[start] == alone:
            codes[row] = -1
            continue
        if known and again[row] and code >= 0:
            codes[row] = code
            continue
        if size == length and _same(data, before, data, start, size):  # texts often follow their like
            codes[row] = code
            continue
        mixed = _hashed(data, start, end)
        tag = np.int64(mixed >> np.uint64(33))
        slot, free, code = np.int64(mixed) & mask, np.int64(-1), -1
        for _ in range(PROBES):
            entry = table[slot]
            if entry < 0:
                free = slot
                break
            other = entry & low
            alike = entry >> 32 == tag and bounds[other + 1] - bounds[other] == size
            if alike and _same(held, bounds[other], data, start, size):
                code = other
                break
            slot = (slot + 1) & mask
        if code < 0:
            if found == len(hashes) or used + size > len(held):
                break
            code = found
            hashes[found] = mixed
            for step in range(size):
                held[used + step] = data[start + step]
            used += size
            found += 1
            bounds[found] = used
            if free >= 0:
                table[free] = tag << 32 | code
            else:
                counts[2] += 1
        codes[row] = code
        before, length = start, size
    else:
        row = len(starts)
    counts[0], counts[1], counts[3] = found, used, code
    return row


@compiled
def _refilled(table: Int64s, hashes: Words, found: int) -> int:
    """Put the first `found` texts into an empty table; returns how many have no place."""
    mask, lost = np.int64(len(table) - 1), 0
    for code in range(found):
        slot, left = np.int64(hashes[code]) & mask, PROBES
        while left > 0 and table[slot] >= 0:
            slot = (slot + 1) & mask
            left -= 1
        if left > 0:
            table[slot] = np.int64(hashes[code] >> np.uint64(33)) << 32 | code
        else:
            lost += 1
    return lost


class Texts:
    """Distinct texts in order of first appearance, and the places of all that were looked up. The texts must be valid UTF-8."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.full = False
        self._counts = np.array([0, 0, 0, -1], np.int64)
        self._looked = 0
        self._table = np.full(_SPARE * _FIRST, -1, np.int64)  # high half: of the hash; low half: the place
        self._hashes = np.empty(_FIRST, np.uint64)
        self._bounds = np.zeros(_FIRST + 1, np.int32)
        self._held = np.zeros(32 * _FIRST, np.uint8)

    def places(self, data: Bytes, starts: Int64s, ends: Int64s) -> Int32s | None:
        """Places of the texts at [start, end) of `data`: (n,), -1 where a start is negative; None where they are to be given as they are.

        That is so once the distinct texts outgrow `most`, or few repeat, and then for good.
        """
        codes = np.empty(len(starts), np.int32)
        where = np.ascontiguousarray(starts, np.int64), np.ascontiguousarray(ends, np.int64), _NOT_AGAIN
        return codes if self.place(steady(data), where, codes) else None

    def place(self, data: Bytes, where: tuple[Int64s, Int64s, Bools], codes: Int32s, alone: int = NOTHING) -> bool:
        """The same into `codes`; `data` as `steady` gives it. Whether there are places.

        `where`: starts, ends, and which texts are known to be the same as the last one before them (of no length: none).
        `alone`: a byte that is no text where it stands alone, as if its start were negative.
        """
        row, (starts, ends, again) = 0, where
        while not self.full:
            room = self._table, self._hashes, self._bounds, self._held, self._counts
            row = _placed(data, starts, ends, again, *room, alone, row, codes)
            if row == len(starts):
                self._looked += row
                self.full = self._looked >= TRIAL and int(self._counts[0]) * WORTH > self._looked
                return True
            self.full = not self._grow(int(ends[row] - starts[row]))
        return False

    def __len__(self) -> int:
        return int(self._counts[0])

    def texts(self) -> pa.StringArray:
        """The distinct texts, doubles among them where hashes met."""
        found, used = int(self._counts[0]), int(self._counts[1])
        buffers = [None, pa.py_buffer(self._bounds[: found + 1]), pa.py_buffer(self._held[:used])]
        return pa.Array.from_buffers(pa.string(), found, buffers)

    def columns(self, places: list[Int32s]) -> list[pa.DictionaryArray]:
        """Columns of places as texts; all share one dictionary. To be called when all texts are known."""
        texts, moved = self.texts(), None
        if self._counts[2]:
            encoded = texts.dictionary_encode()
            texts, moved = encoded.dictionary, encoded.indices.to_numpy()
        return [_coded(codes, texts, moved) for codes in places]

    def _grow(self, size: int) -> bool:
        """Make room for a text of so many bytes, where the bound leaves some."""
        found, used = int(self._counts[0]), int(self._counts[1])
        if used + size > self.most:
            return False
        if used + size > len(self._held):
            wider = np.zeros(max(2 * len(self._held), used + size), np.uint8)
            wider[:used] = self._held[:used]
            self._held = wider
        if found == len(self._hashes):
            self._hashes = np.concatenate((self._hashes, np.empty(found, np.uint64)))
            self._bounds = np.concatenate((self._bounds, np.empty(found, np.int32)))
            self._table = np.full(_SPARE * 2 * found, -1, np.int64)
            self._counts[2] += _refilled(self._table, self._hashes, found)
        return True


def _coded(codes: Int32s, texts: pa.StringArray, moved: Any) -> pa.DictionaryArray:
    absent = codes < 0
    if moved is not None:
        codes = np.where(absent, 0, moved[np.maximum(codes, 0)]).astype(np.int32) if len(moved) else codes
    indices = pa.array(codes, mask=absent) if absent.any() else pa.array(codes)
    return pa.DictionaryArray.from_arrays(indices, texts, safe=False)


def steady(data: Bytes) -> Bytes:
    """Bytes for a kernel to read: read-only and side by side whatever the array was, so that a kernel is compiled once. A few bytes are
    longer here by some zeros."""
    seen = np.ascontiguousarray(data).view() if len(data) > WORD else np.append(data, np.zeros(WORD + 1, np.uint8))
    seen.flags.writeable = False
    return seen
