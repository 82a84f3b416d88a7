"""The day of lines that say only the time of day, as W3C logs may: that of the `#Date` before them, and of the midnights since.

A time of day that falls begins a day, unless a line is merely late. So a log that is silent for a whole day, and says no `#Date`, seems to
go on a day early: such times are flagged. A large file is not cut into slices among such lines.

https://www.w3.org/TR/WD-logfile.html ("#Date: the date and time at which the entry was added")
https://learn.microsoft.com/en-us/windows/win32/http/w3c-logging
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from parsers.gather import Bools, Bytes, Int64s
from parsers.web.dates import clock_times
from parsers.web.formats import State
from parsers.web.lines import Lines
from timelines.times import NS

DAY = 86_400 * NS
FALL = 3_600 * NS  # a time of day that falls by more began a day: lines that are out of order lie minutes apart
LATE = 600 * NS  # of lines behind a midnight that belong before it
MOST = 10_000  # places remembered; #Date stands once a start of the server
_KEY = "w3c-days"
_DATE = re.compile(rb"#date:\s*(\d{4}-\d\d-\d\d|\d\d-[a-z]{3}-\d{4})[ T](\d\d:\d\d:\d\d)\s*", re.IGNORECASE)
_HASH = ord("#")
_UNKNOWN = -1


class EntryDays:
    """From which place in the file (offset) on which instant (UTC ns) is known to be past; _UNKNOWN from where no day is."""

    def __init__(self) -> None:
        self._places: list[tuple[int, int]] = []
        self._dated = -1  # behind the last of the directives that stand together with a #Date

    def note(self, lines: Lines) -> None:
        """Look at the directives. A `#Fields` without a `#Date` beside it tells of a start of which the day is not said."""
        for row in np.flatnonzero(lines.data[lines.starts] == _HASH).tolist():
            line, offset = lines.at(row), int(lines.offsets[row])
            dated = offset == self._dated
            if (instant := _instant(line)) is not None:
                dated = True
                self._put(offset, instant)
            elif line[:8].lower() == b"#fields:" and not dated:
                self._put(offset, _UNKNOWN)
            if dated:
                self._dated = offset + int(lines.lengths[row])

    def instants(self, data: Bytes, offsets: Int64s, clock: Sequence[Int64s]) -> tuple[Int64s, Bools, Bools]:
        """UTC ns of lines at ascending offsets whose time of day stands at [start, end) of `clock`; where they are known, and where what
        stands there is a time of day."""
        tod, real = clock_times(data, *clock)
        places = np.array([(-1, _UNKNOWN), *self._places], np.int64)
        held = np.searchsorted(places[:, 0], offsets, "right") - 1
        base = places[held, 1]
        begins = np.append(True, held[1:] != held[:-1])
        step = tod - np.where(begins, base % DAY, np.append(0, tod[:-1]))
        turn = np.where(step < -FALL, 1, np.where(step > DAY - LATE, -1, 0))
        turns = np.cumsum(turn)
        first = np.maximum.accumulate(np.where(begins, np.arange(len(tod)), 0))
        turned = turns - turns[first] + turn[first]
        ns = (base // DAY + turned) * DAY + tod
        known = real & (base >= 0)
        if known.any():
            last = int(np.flatnonzero(known)[-1])
            self._put(int(offsets[last]), int(ns[last]))
        return ns, known, real

    def _put(self, offset: int, instant: int) -> None:
        if not self._places or offset > self._places[-1][0]:
            self._places.append((offset, instant))
        if len(self._places) > 2 * MOST:
            del self._places[:-MOST]


def entry_days(state: State) -> EntryDays:
    """Those of this slice: it begins where no line needs what was said before."""
    days = state.setdefault(_KEY, EntryDays())
    if not isinstance(days, EntryDays):
        raise TypeError(f"{_KEY} of a slice's state holds {type(days).__name__}, expected EntryDays")
    return days


def _instant(line: bytes) -> int | None:
    found = _DATE.fullmatch(line)
    if found is None:
        return None
    form = "%Y-%m-%d" if found[1][4:5] == b"-" else "%d-%b-%Y"
    try:
        moment = datetime.strptime(f"{found[1].decode()} {found[2].decode()}", f"{form} %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    seconds = int(moment.timestamp())
    return seconds * NS if 1970 <= moment.year <= 2261 else None
