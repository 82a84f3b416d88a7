"""Instants become UTC nanoseconds here, at the edge, or they become null and a problem; nothing is wrapped or guessed.

All functions work on whole columns. `valid` arrays are True where the instant lies inside the range of a 64-bit
nanosecond count (1677-09-21 to 2262-04-11).
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

NS = 1_000_000_000
_FILETIME_EPOCH = 116_444_736_000_000_000  # 1601-01-01 to 1970-01-01, in 100 ns  (MS-DTYP 2.3.3)
_MAX_100NS = (2**63 - 1) // 100

_SLOT = 900  # seconds: clocks mostly change at a quarter of an hour
_EPOCH = datetime(1970, 1, 1)
_SECOND = timedelta(seconds=1)

Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def from_filetime(ticks: npt.NDArray[np.uint64]) -> tuple[Int64s, Bools]:
    """FILETIME (100 ns since 1601, uint64) to UTC ns since 1970, and where that is possible (MS-DTYP 2.3.3)."""
    ticks = np.asarray(ticks, np.uint64)
    valid = (ticks >= _FILETIME_EPOCH - _MAX_100NS) & (ticks <= _FILETIME_EPOCH + _MAX_100NS)
    safe = np.where(valid, ticks, np.uint64(_FILETIME_EPOCH)).astype(np.int64)
    return (safe - _FILETIME_EPOCH) * 100, valid


def from_epoch(seconds: npt.NDArray[np.int64], nanoseconds: npt.NDArray[np.int64]) -> tuple[Int64s, Bools]:
    """Whole seconds since 1970 and a fraction in ns (any size, either sign) to UTC ns, and where that is possible."""
    seconds = np.asarray(seconds, np.int64)
    nanoseconds = np.asarray(nanoseconds, np.int64)
    carry, fraction = np.divmod(nanoseconds, NS)
    whole = seconds + carry
    valid = (whole > -(2**63) // NS) & (whole < (2**63 - 1) // NS)
    return np.where(valid, whole, 0) * NS + np.where(valid, fraction, 0), valid


def from_civil(
    year: Int64s, month: Int64s, day: Int64s, hour: Int64s, minute: Int64s, second: Int64s, offset_s: Int64s | int = 0
) -> tuple[Int64s, Bools]:
    """Proleptic Gregorian wall time at `offset_s` seconds east of UTC to UTC ns, and where the fields are a real instant.

    A leap second (60) is accepted and becomes the following second, as POSIX counts.
    """
    month_start = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334], np.int64)
    month_days = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)
    year, month, day = (np.asarray(a, np.int64) for a in (year, month, day))
    hour, minute, second = (np.asarray(a, np.int64) for a in (hour, minute, second))
    offset = np.asarray(offset_s, np.int64)
    slot = np.clip(month, 1, 12) - 1
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    longest = month_days[slot] + (leap & (slot == 1))
    valid = (year >= 1678) & (year <= 2261) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= longest)
    valid &= (hour >= 0) & (hour <= 23) & (minute >= 0) & (minute <= 59) & (second >= 0) & (second <= 60)
    valid &= np.abs(offset) <= 86_400
    past = np.where(valid, year, 1970) - 1
    days = past * 365 + past // 4 - past // 100 + past // 400 - 719_162
    days = days + month_start[slot] + (leap & (slot > 1)) + day - 1
    seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset
    return np.where(valid, seconds, 0) * NS, valid


def zone(name: str) -> tzinfo:
    """A time zone by IANA name. Raises ValueError with a suggestion when there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"unknown time zone {name!r}; expected an IANA name such as Africa/Casablanca or UTC"
        ) from error


def from_local(wall_ns: Int64s, tz: tzinfo) -> tuple[Int64s, Bools, Bools]:
    """Wall-clock ns (as if UTC) in zone `tz` to UTC ns; also where the wall time is ambiguous and where it never existed.

    An ambiguous time takes the first of its two instants; a time that a clock change skipped takes the offset before it.
    Works once per distinct quarter of an hour; where the clock changes inside one (some zones do at 00:01), per second.
    """
    wall_s = np.floor_divide(np.asarray(wall_ns, np.int64), NS)
    slots, inverse = np.unique(np.floor_divide(wall_s, _SLOT), return_inverse=True)
    firsts, seconds = _offsets(slots * _SLOT, tz)
    last_firsts, last_seconds = _offsets(slots * _SLOT + _SLOT - 1, tz)
    changes = (firsts != last_firsts) | (seconds != last_seconds)
    first, second = firsts[inverse], seconds[inverse]
    if changes.any():
        rows = np.flatnonzero(changes[inverse])
        exact, back = np.unique(wall_s[rows], return_inverse=True)
        exact_firsts, exact_seconds = _offsets(exact, tz)
        first[rows], second[rows] = exact_firsts[back], exact_seconds[back]
    return wall_ns - first * NS, first > second, first < second


def _offsets(wall_s: Int64s, tz: tzinfo) -> tuple[Int64s, Int64s]:
    """Seconds east of UTC at each wall-clock second, for its first and its second occurrence (PEP 495)."""
    out = np.empty((2, len(wall_s)), np.int64)
    for index, at in enumerate(wall_s.tolist()):
        wall = _EPOCH + timedelta(seconds=at)  # not fromtimestamp, which refuses times before 1970 on Windows
        first = wall.replace(tzinfo=tz, fold=0).utcoffset()
        second = wall.replace(tzinfo=tz, fold=1).utcoffset()
        if first is None or second is None:
            raise ValueError(f"time zone {tz} gives no offset from UTC")
        out[:, index] = first // _SECOND, second // _SECOND
    return out[0], out[1]
