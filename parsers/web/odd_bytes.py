"""Where lines end, and which hold bytes that text does not: control bytes, and bytes above 0x7f. Eight bytes are looked at at a time."""

from __future__ import annotations

import numpy as np

from parsers.gather import Bools, Bytes, Int64s
from parsers.interned import Words, readable
from timelines.compiled import compiled, compiled_unchecked

_TAB, _NL, _DELETE = 9, 10, 127


def newlines_in(data: Bytes) -> Int64s:
    """Where newlines stand, ascending."""
    found = np.empty(np.count_nonzero(data == _NL), np.int64)
    if len(found):
        _newlines(*readable(data), found)
    return found


def odd_bytes(data: Bytes, starts: Int64s, ends: Int64s) -> tuple[Bools, Bools]:
    """Lines at [start, end) with control bytes (tabs apart), and lines with bytes above 0x7f: two (n,) masks."""
    control, high = np.zeros(len(starts), np.bool_), np.zeros(len(starts), np.bool_)
    _mark(*readable(data), np.ascontiguousarray(starts), np.ascontiguousarray(ends), control, high)
    return control, high


@compiled_unchecked
def _newlines(data: Bytes, words: Words, found: Int64s) -> None:
    ones, tops = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
    pattern = np.uint64(0x0A0A0A0A0A0A0A0A)
    count = 0
    for at in range(0, len(words), 8):
        differs = words[at] ^ pattern
        if (differs - ones) & ~differs & tops:
            for place in range(at, at + 8):
                if data[place] == _NL and count < len(found):
                    found[count] = place
                    count += 1
    for at in range((len(words) + 7) // 8 * 8, len(data)):
        if data[at] == _NL and count < len(found):
            found[count] = at
            count += 1


@compiled
def _mark(data: Bytes, words: Words, starts: Int64s, ends: Int64s, control: Bools, high: Bools) -> None:
    ones, tops = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
    spaces, deletes = np.uint64(0x2020202020202020), np.uint64(0x7F7F7F7F7F7F7F7F)
    for row in range(len(starts)):
        at, end = starts[row], ends[row]
        while at < end:
            if at + 8 <= end:
                word = words[at]
                differs = word ^ deletes
                at += 8
                if not (word | ((word - spaces) & ~word) | ((differs - ones) & ~differs)) & tops:
                    continue
                at -= 8
            for place in range(at, min(at + 8, end)):
                byte = data[place]
                if byte >= 0x80:
                    high[row] = True
                elif (byte < 0x20 and byte != _TAB) or byte == _DELETE:
                    control[row] = True
            at += 8
