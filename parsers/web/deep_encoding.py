"""Lines with a text that is percent-encoded more often than rules look through: what it stands for was not looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from parsers.gather import Bools, Bytes, Int64s
from parsers.interned import steady
from parsers.web.lines import Lines
from timelines.compiled import compiled, inlined
from timelines.url_decoding import still_encoded
from timelines.words_at import word

FEW = 4_096  # signs of a kind in a block that are looked for by the C library: of most logs that is all
PIECE = (
    192 << 10
)  # bytes that are looked through at a time: a copy that stays in the processor's cache costs next to nothing
# How a percent sign may be written: as itself; as the last byte of an overlong one that the server's log escaped (Apache: `\xc0\xa5`); as
# that byte, plain or in UTF-8, as IIS writes what it took for a text of its own (`À¥`).
_SIGNS = b"%\\\xa5"
_PERCENT, _TWO, _FIVE, _ZERO, _NINE, _A, _C, _E, _F, _U, _X = b"%2509acefux"
_BACKSLASH, _CONTINUED, _BEGUN, _LATIN = 0x5C, 0x80, 0xC0, 0xC2


def remarks(lines: Lines) -> Mapping[str, Int64s]:
    """`encoded-deeper`: offsets of the lines in which some text is encoded still when the rounds that rules look through are gone."""
    found = np.zeros(len(lines), np.bool_)
    data = steady(lines.data)
    for sign, places in _signs(lines.data).items():
        rows = _with_sign(lines, places)
        if len(rows):
            mine = np.zeros(len(rows), np.bool_)
            _mark(data, lines.starts[rows], lines.ends[rows], mine, sign)
            found[rows] |= mine
    # Bytes that are no text stand in columns as the log's own escapes do.
    deep = [
        row
        for row in np.flatnonzero(found).tolist()
        if still_encoded(lines.at(row).decode("utf-8", "backslashreplace"))
    ]
    return {"encoded-deeper": lines.offsets[deep]} if deep else {}


def _with_sign(lines: Lines, signs: Sequence[int]) -> Int64s:
    """Lines that hold a sign, which stands at `signs`, and perhaps others, ascending; all of them where there are more signs than FEW, and
    where lines do not lie in their order."""
    if len(signs) > FEW or (signs and (lines.ends[1:] < lines.ends[:-1]).any()):
        return np.arange(len(lines))
    rows = np.unique(np.searchsorted(lines.ends, np.array(signs, np.int64), side="right"))
    return rows[rows < len(lines)]


def _signs(data: Bytes) -> dict[int, list[int]]:
    """Where each of the signs stands, the first FEW and one more."""
    found: dict[int, list[int]] = {sign: [] for sign in _SIGNS}
    for start in range(0, len(data), PIECE):
        text = data[start : start + PIECE].tobytes()
        for sign, places in found.items():
            at = -1
            while len(places) <= FEW and (at := text.find(sign, at + 1)) >= 0:
                places.append(start + at)
    return found


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


@inlined
def _may_end(data: Bytes, start: int, at: int, end: int, sign: int) -> bool:
    """Whether an overlong percent sign may end with the byte, or with the escape of one, at `at`."""
    if sign == _BACKSLASH:
        return bool(at + 4 <= end and data[at + 1] == _X and data[at + 2] | 32 == _A and data[at + 3] == _FIVE)
    return bool(at > start and data[at - 1] in (_CONTINUED, _BEGUN, _LATIN))


@compiled
def _mark(data: Bytes, starts: Int64s, ends: Int64s, found: Bools, sign: int) -> None:
    """Set `found` (n,) for the lines at [start, end) in which some percent sign, written as `sign` tells, may be encoded deeply."""
    ones, tops = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
    pattern = np.uint64(sign) * ones
    for row in range(len(starts)):
        at, end = starts[row], ends[row]
        while at < end and not found[row]:
            if at + 8 <= end:
                differs = word(data, at) ^ pattern
                if not (differs - ones) & ~differs & tops:
                    at += 8
                    continue
            for place in range(at, min(at + 8, end)):
                if data[place] != sign:
                    continue
                may = _may(data, place, end) if sign == _PERCENT else _may_end(data, starts[row], place, end, sign)
                if may:
                    found[row] = True
            at += 8
