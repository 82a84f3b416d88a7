"""Where lines end, and which hold bytes that text does not: control bytes, and bytes above 0x7f. Eight bytes are looked at at a time."""

from __future__ import annotations

import numpy as np

from parsers.gather import Bools, Bytes, Int64s
from parsers.interned import steady
from timelines.compiled import compiled, inlined
from timelines.words_at import word

MOST_LINES = 1 << 18  # lines that are found at a time: a file of nothing but newlines takes no more memory than others
_TOPS, _ONES, _SPACES = np.uint64(0x8080808080808080), np.uint64(0x0101010101010101), np.uint64(0x2020202020202020)
_TAB, _NL, _CR, _DELETE = 9, 10, 13, 127


def newlines_in(data: Bytes) -> tuple[Int64s, Bools]:
    """Where newlines stand, ascending, the first MOST_LINES of them; and which of the lines that end there may hold odd bytes.

    The others hold neither control bytes (tabs, and a carriage return before the newline, apart) nor bytes above 0x7f.
    """
    found, odd = np.empty(MOST_LINES, np.int64), np.empty(MOST_LINES, np.bool_)
    count = _newlines(steady(data), len(data), found, odd)
    return found[:count].copy(), odd[:count].copy()


def odd_bytes(data: Bytes, starts: Int64s, ends: Int64s) -> tuple[Bools, Bools]:
    """Lines at [start, end) with control bytes (tabs apart), and lines with bytes above 0x7f: two (n,) masks."""
    control, high = np.zeros(len(starts), np.bool_), np.zeros(len(starts), np.bool_)
    _mark(steady(data), np.ascontiguousarray(starts), np.ascontiguousarray(ends), control, high)
    return control, high


@inlined
def _others(word: np.uint64) -> np.uint64:
    """The top bits of bytes that are no printable ASCII, and perhaps of some above the first of these."""
    return (word | (word + _ONES) | (word - _SPACES)) & _TOPS


@compiled
def _newlines(data: Bytes, size: int, found: Int64s, odd: Bools) -> int:
    """Newlines among the first `size` bytes and what lies before each; as many as there is room for."""
    count, at, strange = 0, 0, False
    while at < size:
        hits = np.uint64(0)
        if at + 32 <= size:
            hits, second = _others(word(data, at)), _others(word(data, at + 8))
            third, fourth = _others(word(data, at + 16)), _others(word(data, at + 24))
            if not hits | second | third | fourth:
                at += 32
                continue
            if not hits:
                at, hits = at + 8, second
            if not hits:
                at, hits = at + 8, third
            if not hits:
                at, hits = at + 8, fourth
        if hits:
            below = (hits - np.uint64(1)) & ~hits & _ONES  # a bit for each byte up to the first hit
            at += int(np.int64((below * _ONES) >> np.uint64(56))) - 1
        byte = data[at]
        if byte == _NL:
            if count == len(found):
                return count
            found[count], odd[count] = at, strange
            count += 1
            strange = False
        elif byte >= 0x80 or byte == _DELETE:
            strange = True
        elif byte < 0x20 and byte != _TAB:
            strange = strange or byte != _CR or at + 1 >= size or data[at + 1] != _NL
        at += 1
    return count


@compiled
def _mark(data: Bytes, starts: Int64s, ends: Int64s, control: Bools, high: Bools) -> None:
    ones, tops = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
    spaces, deletes = np.uint64(0x2020202020202020), np.uint64(0x7F7F7F7F7F7F7F7F)
    for row in range(len(starts)):
        at, end = starts[row], ends[row]
        while at < end:
            if at + 8 <= end:
                eight = word(data, at)
                differs = eight ^ deletes
                at += 8
                if not (eight | ((eight - spaces) & ~eight) | ((differs - ones) & ~differs)) & tops:
                    continue
                at -= 8
            for place in range(at, min(at + 8, end)):
                byte = data[place]
                if byte >= 0x80:
                    high[row] = True
                elif (byte < 0x20 and byte != _TAB) or byte == _DELETE:
                    control[row] = True
            at += 8
