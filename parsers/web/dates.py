"""Log dates to UTC nanoseconds, a column at a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from parsers.gather import Bools, Bytes, Int64s
from parsers.interned import steady
from parsers.web.numerals import digits
from timelines import times
from timelines.compiled import compiled, inlined

CLF_WIDTH = 20  # dd/Mon/yyyy:HH:MM:SS
ZONE_WIDTH = 6  # ` +hhmm`
_MONTHS = (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec")
_CODES = np.array([int.from_bytes(name, "big") for name in _MONTHS], np.int64)
_ORDER = np.argsort(_CODES)
_STARTS = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365])  # days before each month
_DASH, _NS = 45, times.NS
_CLF_DIGITS = (0, 1, 7, 8, 9, 10, 12, 13, 15, 16, 18, 19)
_CLF_MARKS = {2: 47, 6: 47, 11: 58, 14: 58, 17: 58}  # `/` and `:`
_CTIME_WIDTH = 19  # Www Mon dd hh:mm:ss
_W3C_DATE_DIGITS = (0, 1, 2, 3, 5, 6, 8, 9)  # yyyy-mm-dd
_W3C_TIME_DIGITS = (0, 1, 3, 4, 6, 7)  # hh:mm:ss

Window = npt.NDArray[np.uint8]


def windows(data: Bytes, at: Int64s, width: int) -> Window:
    """`width` bytes from each position: (n, width) uint8. Positions too near an edge give zeros."""
    if len(data) < width:
        return np.zeros((len(at), width), np.uint8)
    inside = (at >= 0) & (at <= len(data) - width)
    found: Window = np.lib.stride_tricks.sliding_window_view(data, width)[np.where(inside, at, 0)]
    if not inside.all():
        found[~inside] = 0
    return found


def _all_digits(window: Window, places: tuple[int, ...]) -> Bools:
    fits: Bools = np.all(window[:, places] - np.uint8(48) <= 9, axis=1)
    return fits


def digits_at(window: Window, *places: int) -> Int64s:
    value = np.zeros(len(window), np.int64)
    for place in places:
        value = value * 10 + (window[:, place].astype(np.int64) - 48)
    return value


def looks_clf(data: Bytes, at: Int64s) -> Bools:
    """Where `dd/Mon/yyyy:HH:MM:SS +hhmm` stands: digits, separators, a month's name."""
    window = windows(data, at, CLF_WIDTH + ZONE_WIDTH)
    fits: Bools = _all_digits(window, (*_CLF_DIGITS, 22, 23, 24, 25)) & (window[:, 20] == 32)
    fits &= (window[:, 21] == 43) | (window[:, 21] == 45)
    for place, mark in _CLF_MARKS.items():
        fits &= window[:, place] == mark
    fits &= month_at(window) > 0
    return fits


def month_at(window: Window) -> Int64s:
    """1 to 12, or 0 where the name is no English month."""
    name = window[:, 3:6].astype(np.int64) | 32
    code = (name[:, 0] << 16) | (name[:, 1] << 8) | name[:, 2]
    slot = np.minimum(np.searchsorted(_CODES, code, sorter=_ORDER), 11)
    month = _ORDER[slot]
    return np.where(_CODES[month] == code, month + 1, 0)


def clf_times(data: Bytes, at: Int64s, zoned: Bools) -> tuple[Int64s, Bools]:
    """`dd/Mon/yyyy:HH:MM:SS` at each position to ns, and where it is a real instant.

    The ns are UTC where `zoned` (` +hhmm` follows), else wall time.
    """
    ns, valid = np.zeros(len(at), np.int64), np.zeros(len(at), np.bool_)
    _clf_times(steady(data), np.ascontiguousarray(at), np.ascontiguousarray(zoned), ns, valid)
    return ns, valid


def as_shown(ns: Int64s, known: Bools) -> pa.Array:
    """Wall times as text, where `known`, else null: `yyyy-mm-dd hh:mm:ss`, with a fraction where there is one."""
    written = pa.array(ns, mask=~known).cast(pa.timestamp("ns")).cast(pa.string())
    return pc.replace_substring_regex(written, r"\.?0*$", "")


@inlined
def _number(data: Bytes, at: int, count: int) -> int:
    value = 0
    for place in range(at, at + count):
        value = value * 10 + int(data[place]) - 48
    return value


@inlined
def _days(year: int, month: int, day: int) -> int:
    """Days since 1970, as `timelines.times.from_civil` counts them; -1 << 40 where there is no such day in its range."""
    if not (1678 <= year <= 2261 and 1 <= month <= 12 and day >= 1):
        return -1 << 40
    leap = 1 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 0
    start, stop = int(_STARTS[month - 1]), int(_STARTS[month])
    if month == 2:
        stop += leap
    elif month > 2:
        start, stop = start + leap, stop + leap
    if day > stop - start:
        return -1 << 40
    past = year - 1
    return past * 365 + past // 4 - past // 100 + past // 400 - 719_162 + start + day - 1


@compiled
def _clf_times(data: Bytes, at: Int64s, zoned: Bools, ns: Int64s, valid: Bools) -> None:
    for row in range(len(at)):
        start = at[row]
        if start < 0 or start + CLF_WIDTH + (ZONE_WIDTH if zoned[row] else 0) > len(data):
            continue
        code = 0
        for place in range(start + 3, start + 6):
            code = code << 8 | int(data[place]) | 32
        month = 0
        for number in range(12):
            if _CODES[number] == code:
                month = number + 1
        days = _days(_number(data, start + 7, 4), month, _number(data, start, 2))
        hour, minute, second = _number(data, start + 12, 2), _number(data, start + 15, 2), _number(data, start + 18, 2)
        if days == -1 << 40 or not (0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second <= 60):
            continue
        offset = 0
        if zoned[row]:
            zone = start + CLF_WIDTH + 1
            offset = _number(data, zone + 1, 2) * 3600 + _number(data, zone + 3, 2) * 60
            if data[zone] == _DASH:
                offset = -offset
        if -86_400 <= offset <= 86_400:
            ns[row] = (days * 86_400 + hour * 3_600 + minute * 60 + second - offset) * _NS
            valid[row] = True


def w3c_times(data: Bytes, dates: Int64s, clock: Int64s, clock_ends: Int64s) -> tuple[Int64s, Bools, Bools]:
    """`yyyy-mm-dd` and `hh:mm:ss[.fraction]`, UTC by the W3C's rule, to ns; where both are so written; where they are a real instant."""
    day, time = windows(data, dates, 10), windows(data, clock, 8)
    fits = _all_digits(day, _W3C_DATE_DIGITS) & (day[:, 4] == 45) & (day[:, 7] == 45)
    fits &= _all_digits(time, _W3C_TIME_DIGITS) & (time[:, 2] == 58) & (time[:, 5] == 58)
    date = digits_at(day, 0, 1, 2, 3), digits_at(day, 5, 6), digits_at(day, 8, 9)
    ns, valid = times.from_civil(*date, digits_at(time, 0, 1), digits_at(time, 3, 4), digits_at(time, 6, 7))
    width = clock_ends - clock
    longer = np.flatnonzero(width != 8)
    if len(longer):
        places = width[longer] - 9
        fraction, whole = digits(data, clock[longer] + 9, clock_ends[longer])
        fine = whole & (places <= 9) & (windows(data, clock[longer] + 8, 1)[:, 0] == 46)
        ns[longer] += np.where(fine, fraction * 10 ** np.clip(9 - places, 0, 9), 0)
        fits[longer] &= fine
    return ns, fits, valid & fits


def clock_times(data: Bytes, at: Int64s, ends: Int64s) -> tuple[Int64s, Bools]:
    """`hh:mm:ss[.fraction]` at [at, end) to ns since midnight, and where it is so written and a real time of day."""
    time = windows(data, at, 8)
    fits = _all_digits(time, _W3C_TIME_DIGITS) & (time[:, 2] == 58) & (time[:, 5] == 58)
    hour, minute, second = digits_at(time, 0, 1), digits_at(time, 3, 4), digits_at(time, 6, 7)
    fits &= (hour < 24) & (minute < 60) & (second < 60)
    places = ends - at - 9
    fraction, whole = digits(data, np.where(places > 0, at + 9, -1), ends)
    fits &= (places == -1) | (whole & (places > 0) & (places <= 9) & (windows(data, at + 8, 1)[:, 0] == 46))
    part = np.where(places > 0, fraction * 10 ** np.clip(9 - places, 0, 9), 0)
    return ((hour * 60 + minute) * 60 + second) * _NS + part, fits


def ctimes(data: Bytes, at: Int64s, ends: Int64s) -> tuple[Int64s, Bools]:
    """`Www Mon dd hh:mm:ss[.fraction] yyyy` at [at, end) to ns of wall time, and where that is a real moment."""
    window, years = windows(data, at, _CTIME_WIDTH), windows(data, ends - 4, 4)
    day = digits_at(np.where(window == 32, np.uint8(48), window), 8, 9)  # ` 2` is `02`
    clock = digits_at(window, 11, 12), digits_at(window, 14, 15), digits_at(window, 17, 18)
    ns, valid = times.from_civil(digits_at(years, 0, 1, 2, 3), month_at(window[:, 1:]), day, *clock)
    places = ends - 5 - (at + _CTIME_WIDTH + 1)
    fraction, has = digits(data, np.where(places > 0, at + _CTIME_WIDTH + 1, -1), ends - 5)
    return ns + np.where(has & (places <= 9), fraction * 10 ** np.clip(9 - places, 0, 9), 0), valid & (at >= 0)


def localise(wall: Int64s, zone: str) -> tuple[Int64s, Bools, Bools]:
    """Wall time in an IANA zone to UTC ns; where it is ambiguous; where a clock change skipped it."""
    return times.from_local(wall, times.zone(zone))
