"""Kinds of values that say when: each writes a date its own way, with or without a zone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers.gather import Bools, Bytes, Int64s
from parsers.web.dates import clf_times, ctimes, looks_clf, month_at
from parsers.web.decimals import seconds
from parsers.web.iso_dates import NO_INSTANT, ZONE_NAMED, ZONE_UTC, Zones, iso_fields
from parsers.web.kinds import ReadOnce, matches, texts
from parsers.web.numerals import digits
from parsers.web.spans import Grid, Spans
from parsers.web.table import OFFSET, UNKNOWN, UTC, Table
from timelines import times


@dataclass(frozen=True, slots=True)
class Clf:
    """`dd/Mon/yyyy:HH:MM:SS +hhmm`."""

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        return np.asarray(looks_clf(data, starts) & (ends - starts == 26))

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        starts = table.spans.starts[place]
        data = table.page.lines.data
        ns, real = clf_times(data, starts, np.ones(len(starts), np.bool_))
        table.put_time(ns, real, OFFSET)
        table.put("time_offset", texts(data, starts + 21, starts + 26).cast(pa.string()))


@dataclass(frozen=True, slots=True)
class ClfWall:
    """`dd/Mon/yyyy:HH:MM:SS`, with `.fraction` or without; the server's wall time."""

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        pattern = r"^[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?$"
        return matches(texts(data, starts, ends), pattern)

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        data, starts, ends = table.page.lines.data, table.spans.starts[place], table.spans.ends[place]
        ns, real = clf_times(data, starts, np.zeros(len(starts), np.bool_))
        table.put_time(ns + fractions(data, starts + 21, ends), real, UNKNOWN)


@dataclass(frozen=True, slots=True)
class Iso(ReadOnce):
    """`yyyy-mm-dd`, `T` or a space, `hh:mm:ss`, a fraction behind `.` or `,`, then `Z`, `+hh:mm`, `+hhmm` or nothing.

    `separator` stands in the date (nginx's error log writes `/`); `bare` is what a time without zone is: UNKNOWN, or UTC by the format.
    """

    separator: str = "-"
    bare: int = UNKNOWN

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        return np.asarray(iso_fields(data, starts, ends, self.separator)[1] != NO_INSTANT)

    def fits_in(self, spans: Spans, place: int) -> Bools:
        return np.asarray(self._read(spans, place)[1] != NO_INSTANT)

    def _read(self, spans: Spans, place: int) -> tuple[Grid, Zones]:
        return spans.once(self, place, partial(iso_fields, separator=self.separator))

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        data, ends = table.spans.lines.data, table.spans.ends[place]
        fields, zone = self._read(table.spans, place)
        year, month, day, hour, minute, second, offset, fraction, behind = fields
        ns, real = times.from_civil(year, month, day, hour, minute, second, offset)
        named = zone == ZONE_NAMED
        if named.any():
            offsets = texts(data, np.where(named, behind, ends), ends).cast(pa.string())
            table.put("time_offset", pc.if_else(pa.array(named), offsets, None))
        table.put_time(ns + fraction, real, np.where(zone == ZONE_UTC, UTC, np.where(named, OFFSET, self.bare)))


@dataclass(frozen=True, slots=True)
class Epoch(ReadOnce):
    """Seconds since 1970, with a fraction of up to nine digits or without; with `scale`, whole units of so many ns."""

    scale: int = 0

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        if self.scale:
            return digits(data, starts, ends)[1]
        return seconds(data, starts, ends)[2]

    def fits_in(self, spans: Spans, place: int) -> Bools:
        return spans.numbers(place)[1] if self.scale else spans.once(Epoch, place, seconds)[2]

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        if self.scale:
            units = table.spans.numbers(place)[0]
            whole, rest = np.divmod(units, 10**9 // self.scale)
            ns, real = times.from_epoch(whole, rest * self.scale)
        else:
            ns, real = times.from_epoch(*table.spans.once(Epoch, place, seconds)[:2])
        table.put_time(ns, real, UTC)


@dataclass(frozen=True, slots=True)
class Ctime:
    """`Www Mon dd hh:mm:ss[.fraction] yyyy`; the server's wall time."""

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        pattern = r"^[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})? [0-9]{4}$"
        return matches(texts(data, starts, ends), pattern)

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        data = table.page.lines.data
        table.put_time(*ctimes(data, table.spans.starts[place], table.spans.ends[place]), UNKNOWN)


def fractions(data: Bytes, starts: Int64s, ends: Int64s) -> Int64s:
    """Decimal places at [start, end) as ns; 0 where there are none."""
    places = ends - starts
    value, whole = digits(data, np.where(places > 0, starts, -1), ends)
    return np.where(whole & (places <= 9), value * 10 ** np.clip(9 - places, 0, 9), 0)


__all__ = ["Clf", "ClfWall", "Ctime", "Epoch", "Iso", "month_at"]
