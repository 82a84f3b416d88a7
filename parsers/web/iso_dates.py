"""Dates as `yyyy-mm-dd`, `T` or a space, `hh:mm:ss`, perhaps a fraction and a zone (RFC 3339, ISO 8601), cut for a whole column at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parsers.gather import Bytes, Int64s
from parsers.interned import steady
from parsers.web.spans import Grid
from timelines.compiled import compiled, inlined

NO_INSTANT, ZONE_NONE, ZONE_UTC, ZONE_NAMED = range(4)
Zones = npt.NDArray[np.uint8]
_WIDTH = 19  # up to the seconds
_PLACES = 9  # of a fraction, at most
_FIELDS = 9  # year, month, day, hour, minute, second, seconds east of UTC, fraction in ns, where the zone begins
_ZERO, _COLON, _T, _SPACE, _POINT, _COMMA, _Z, _PLUS, _MINUS = (int(byte) for byte in b"0:T .,Z+-")


def iso_fields(data: Bytes, starts: Int64s, ends: Int64s, separator: str = "-") -> tuple[Grid, Zones]:
    """Fields of the dates at [start, end): (_FIELDS, n), year first; and whether each has a zone, NO_INSTANT where it is no such date.

    `separator` stands between year, month and day. Whether there is such a day is not looked at.
    """
    fields, zones = np.zeros((_FIELDS, len(starts)), np.int64), np.full(len(starts), NO_INSTANT, np.uint8)
    starts, ends = np.ascontiguousarray(starts, np.int64), np.ascontiguousarray(ends, np.int64)
    _fields(steady(data), starts, ends, ord(separator), fields, zones)
    return fields, zones


@compiled
def _fields(data: Bytes, starts: Int64s, ends: Int64s, separator: int, fields: Grid, zones: Zones) -> None:
    for row in range(len(starts)):
        at, end = starts[row], ends[row]
        if at < 0 or end - at < _WIDTH or data[at + 4] != separator or data[at + 7] != separator:
            continue
        if (data[at + 10] != _T and data[at + 10] != _SPACE) or data[at + 13] != _COLON or data[at + 16] != _COLON:
            continue
        century, year = _two(data, at), _two(data, at + 2)
        whole = century >= 0 and year >= 0
        for field in range(5):
            value = _two(data, at + 5 + 3 * field)
            whole = whole and value >= 0
            fields[1 + field, row] = value
        behind, fraction = _fraction(data, at + _WIDTH, end)
        zone, offset = _zone(data, behind, end)
        if not whole or zone == NO_INSTANT:
            continue
        fields[0, row], fields[6, row], fields[7, row], fields[8, row] = 100 * century + year, offset, fraction, behind
        zones[row] = zone


@inlined
def _two(data: Bytes, at: int) -> int:
    """Two digits as a number; negative where they are none."""
    tens, ones = np.int64(data[at]) - _ZERO, np.int64(data[at + 1]) - _ZERO
    return int(10 * tens + ones) if 0 <= tens <= 9 and 0 <= ones <= 9 else -1


@compiled
def _fraction(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """Where a fraction at a place ends, the place itself where there is none; and its ns."""
    if at >= end or (data[at] != _POINT and data[at] != _COMMA):
        return at, 0
    value, places = 0, 0
    while places < _PLACES and at + 1 + places < end:
        digit = int(np.int64(data[at + 1 + places])) - _ZERO
        if not 0 <= digit <= 9:
            break
        value = value * 10 + digit
        places += 1
    if not places:
        return at, 0
    behind = at + 1 + places
    while places < _PLACES:
        value *= 10
        places += 1
    return behind, value


@compiled
def _zone(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """What stands behind the clock up to the end: nothing, `Z`, `+hh:mm` or `+hhmm`; and seconds east of UTC."""
    if at == end:
        return ZONE_NONE, 0
    sign = data[at]
    if sign == _Z and end - at == 1:
        return ZONE_UTC, 0
    colon = end - at == 6 and data[at + 3] == _COLON
    if (sign != _PLUS and sign != _MINUS) or not (colon or end - at == 5):
        return NO_INSTANT, 0
    hours, minutes = _two(data, at + 1), _two(data, end - 2)
    if hours < 0 or minutes < 0:
        return NO_INSTANT, 0
    east = hours * 3600 + minutes * 60
    return ZONE_NAMED, -east if sign == _MINUS else east
