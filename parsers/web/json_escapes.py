"""What texts with JSON's escapes say (RFC 8259 section 7), for many at once: compiled."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parsers.gather import Bytes, Int64s
from timelines.compiled import compiled

PLAIN, CONTROL, ODD = range(3)  # said; said with a control byte; not read here: an escape that is none, or half a pair
Marks = npt.NDArray[np.uint8]
_BACKSLASH, _TAB, _DELETE, _SPACE, _U = (int(byte) for byte in b"\\\t\x7f u")
_SIMPLE = np.zeros(256, np.uint8)
for _letter, _meant in zip(b'"\\/bfnrt', b'"\\/\b\f\n\r\t', strict=True):
    _SIMPLE[_letter] = _meant
_HEX = np.full(256, -1, np.int64)
for _digit in range(16):
    _HEX[ord(f"{_digit:x}")] = _HEX[ord(f"{_digit:X}")] = _digit


def said(data: Bytes, starts: Int64s, ends: Int64s) -> tuple[Bytes, Int64s, Int64s, Marks]:
    """What the texts at [start, end) say, one behind the other: their bytes, where each begins and ends, and what is to be known of each.

    No escape is shorter than what it says, so there is room for all.
    """
    out, marks = np.empty(int((ends - starts).sum()), np.uint8), np.empty(len(starts), np.uint8)
    stops = np.empty(len(starts), np.int64)
    data = data.view()
    data.flags.writeable = False
    used = _said(data, starts, ends, out, stops, marks)
    return out[:used], np.concatenate((np.zeros(1, np.int64), stops[:-1])), stops, marks


@compiled
def _said(data: Bytes, starts: Int64s, ends: Int64s, out: Bytes, stops: Int64s, marks: Marks) -> int:
    used = 0
    for row in range(len(starts)):
        at, end, mark, begin = starts[row], ends[row], PLAIN, used
        while at < end:
            byte = data[at]
            at += 1
            if byte == _BACKSLASH:
                escape = data[at] if at < end else 0
                at += 1
                if escape != _U:
                    byte = _SIMPLE[escape]
                    if not byte:
                        mark = ODD
                        break
                else:
                    code = _code(data, at, end)
                    at += 4
                    if 0xD800 <= code < 0xDC00 and at + 6 <= end and data[at] == _BACKSLASH and data[at + 1] == _U:
                        low = _code(data, at + 2, end)
                        at += 6
                        code = 0x10000 + ((code - 0xD800) << 10) + low - 0xDC00 if 0xDC00 <= low < 0xE000 else -1
                    if code < 0 or 0xD800 <= code < 0xE000:
                        mark = ODD
                        break
                    if code >= 0x80:
                        used = _encoded(code, out, used)
                        continue
                    byte = np.uint8(code)
            if (byte < _SPACE and byte != _TAB) or byte == _DELETE:
                mark = CONTROL
            out[used] = byte
            used += 1
        if mark == ODD:
            used = begin
        stops[row], marks[row] = used, mark
    return used


@compiled
def _code(data: Bytes, at: int, end: int) -> int:
    """The number that four hexadecimal digits at a place say, -1 where there are not so many."""
    if at + 4 > end:
        return -1
    code = 0
    for step in range(4):
        digit = _HEX[data[at + step]]
        if digit < 0:
            return -1
        code = code << 4 | digit
    return code


@compiled
def _encoded(code: int, out: Bytes, at: int) -> int:
    """Put a character above 0x7f as UTF-8; where it ends."""
    more = 1 if code < 0x800 else 2 if code < 0x10000 else 3
    out[at] = (0xFF00 >> more + 1 & 0xFF) | code >> 6 * more
    for step in range(more):
        out[at + 1 + step] = 0x80 | code >> 6 * (more - 1 - step) & 0x3F
    return at + 1 + more
