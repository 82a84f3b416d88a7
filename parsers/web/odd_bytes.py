"""Where lines end, and which hold bytes that text does not: control bytes, and bytes above 0x7f. Eight bytes are looked at at a time."""

from __future__ import annotations

import numpy as np

from parsers.gather import Bools, Bytes, Int64s
from parsers.interned import Words, readable
from timelines.compiled import compiled

MOST_LINES = 1 << 18  # lines that are found at a time: a file of nothing but newlines takes no more memory than others
_TAB, _NL, _CR, _DELETE = 9, 10, 13, 127


def newlines_in(data: Bytes) -> tuple[Int64s, Bools]:
    """Where newlines stand, ascending, the first MOST_LINES of them; and which of the lines that end there may hold odd bytes.

    The others hold neither control bytes (tabs, and a carriage return before the newline, apart) nor bytes above 0x7f.
    """
    found, odd = np.empty(MOST_LINES, np.int64), np.empty(MOST_LINES, np.bool_)
    count = _newlines(*readable(data), len(data), found, odd)
    return found[:count].copy(), odd[:count].copy()


def odd_bytes(data: Bytes, starts: Int64s, ends: Int64s) -> tuple[Bools, Bools]:
    """Lines at [start, end) with control bytes (tabs apart), and lines with bytes above 0x7f: two (n,) masks."""
    control, high = np.zeros(len(starts), np.bool_), np.zeros(len(starts), np.bool_)
    _mark(*readable(data), np.ascontiguousarray(starts), np.ascontiguousarray(ends), control, high)
    return control, high


@compiled
def _newlines(data: Bytes, words: Words, size: int, found: Int64s, odd: Bools) -> int:
    """Newlines among the first `size` bytes and what lies before each; as many as there is room for."""
    tops, ones = np.uint64(0x8080808080808080), np.uint64(0x0101010101010101)
    spaces, deletes = np.uint64(0x2020202020202020), np.uint64(0x7F7F7F7F7F7F7F7F)
    count, at, strange = 0, 0, False
    while at < size:
        while at + 32 <= size:
            one, two, three, four = words[at], words[at + 8], words[at + 16], words[at + 24]
            low = ((one - spaces) | (two - spaces) | (three - spaces) | (four - spaces)) & tops
            high = (one | two | three | four) & tops
            if low | high:
                break
            if (
                ((one ^ deletes) - ones)
                | ((two ^ deletes) - ones)
                | ((three ^ deletes) - ones)
                | ((four ^ deletes) - ones)
            ) & tops:
                break
            at += 32
        if at + 8 <= size:
            word = words[at]
            differs = word ^ deletes
            if not (word | ((word - spaces) & ~word) | ((differs - ones) & ~differs)) & tops:
                at += 8
                continue
        for place in range(at, min(at + 8, size)):
            byte = data[place]
            if byte == _NL:
                if count == len(found):
                    return count
                found[count], odd[count] = place, strange
                count += 1
                strange = False
            elif byte >= 0x80 or byte == _DELETE:
                strange = True
            elif byte < 0x20 and byte != _TAB:
                strange = strange or byte != _CR or place + 1 >= size or data[place + 1] != _NL
        at += 8
    return count


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
