"""Lines with a text that is percent-encoded more often than rules look through: what it stands for was not looked at."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from parsers.gather import Bools, Bytes, Int64s
from parsers.interned import Words, readable
from parsers.web.lines import Lines
from timelines.compiled import compiled, inlined
from timelines.url_decoding import still_encoded

FEW = 4_096  # percent signs of a block that are looked for by the C library: of most logs that is all
PIECE = (
    192 << 10
)  # bytes that are looked through at a time: a copy that stays in the processor's cache costs next to nothing
_SIGN = b"%"
_PERCENT, _TWO, _FIVE, _ZERO, _NINE, _A, _C, _E, _F, _U = b"%2509acefu"


def remarks(lines: Lines) -> Mapping[str, Int64s]:
    """`encoded-deeper`: offsets of the lines in which some text is encoded still when the rounds that rules look through are gone."""
    rows = _with_signs(lines)
    found = np.zeros(len(rows), np.bool_)
    if len(rows):
        _mark(*readable(lines.data), lines.starts[rows], lines.ends[rows], found)
    deep = [row for row in rows[found].tolist() if still_encoded(lines.at(row).decode("utf-8", "replace"))]
    return {"encoded-deeper": lines.offsets[deep]} if deep else {}


def _with_signs(lines: Lines) -> Int64s:
    """Lines that hold percent signs, and perhaps others, ascending; all of them where there are more signs than FEW, and where lines do not
    lie in their order."""
    signs = list[int]()
    for start in range(0, len(lines.data), PIECE):
        text, at = lines.data[start : start + PIECE].tobytes(), -1
        while len(signs) <= FEW and (at := text.find(_SIGN, at + 1)) >= 0:
            signs.append(start + at)
        if len(signs) > FEW:
            break
    if len(signs) > FEW or (lines.ends[1:] < lines.ends[:-1]).any():
        return np.arange(len(lines))
    rows = np.unique(np.searchsorted(lines.ends, np.array(signs, np.int64), side="right"))
    return rows[rows < len(lines)]


@inlined
def _may(data: Bytes, at: int, end: int) -> bool:
    """Whether a percent sign at `at` may begin what is itself the encoding of a percent sign, twice over or in a roundabout way."""
    if at + 4 >= end:
        return False
    first, second, third = data[at + 1], data[at + 2], data[at + 3]
    low = first | 32
    if first == _TWO and second == _FIVE:
        return bool(third == _PERCENT or (third == _TWO and data[at + 4] == _FIVE))
    if first == _PERCENT or low == _U:
        return True
    digit = _ZERO <= first <= _NINE or _A <= low <= _F
    if not digit:
        return False
    overlong = third == _PERCENT and second <= _NINE and low in (_C, _E, _F)
    return bool(second == _PERCENT or overlong)


@compiled
def _mark(data: Bytes, words: Words, starts: Int64s, ends: Int64s, found: Bools) -> None:
    """Set `found` (n,) for the lines at [start, end) in which some percent sign may be encoded deeply."""
    ones, tops = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
    pattern = np.uint64(_PERCENT) * ones
    for row in range(len(starts)):
        at, end = starts[row], ends[row]
        while at < end and not found[row]:
            if at + 8 <= end:
                differs = words[at] ^ pattern
                if not (differs - ones) & ~differs & tops:
                    at += 8
                    continue
            for place in range(at, min(at + 8, end)):
                if data[place] == _PERCENT and _may(data, place, end):
                    found[row] = True
            at += 8
