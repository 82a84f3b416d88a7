"""Years of stamps that are written without one (`Nov 28 06:39:29`, RFC 3164 section 4.1.2): inferred, and said to be.

A line's own date decides, where it has one. Else the file's order does: its stamps run on but for the turns of the year, and each run's
year is that of the dates inside lines of it, or follows from its neighbours'; where no line of the file has a date, from what the
examiner said, else from the day that a rotated file is named after. Nothing else does: a year that nothing tells stays unknown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers.base import HEAD_BYTES, Batch, Evidence, Output, Slice
from parsers.gather import Bools, Bytes, Int64s
from parsers.web.dates import digits_at, localise, month_at, windows
from parsers.web.formats import State
from parsers.web.instants import fractions
from parsers.web.kinds import matches, texts
from parsers.web.lines import Lines, read_lines
from parsers.web.named_days import named_day
from parsers.web.wrappers import changed, flagged
from parsers.web.zone_shifts import apart
from timelines import times
from timelines.schema import TIME

OWN, AROUND, EXAMINER, NAME = "own-date", "lines-around", "examiner", "file-name"
_TOLD = (OWN, AROUND, EXAMINER, NAME)
YEARS = range(1970, 2262)  # that an examiner may give
SAMPLE = 50  # lines with a date of their own that are read to tell the year of a run
MOST_RUNS = 200  # more turns of the year in one file than this: its order says nothing
_WIDTH = 15  # Mmm dd hh:mm:ss
_MARKS = {3: 32, 6: 32, 9: 58, 12: 58}
_DIGITS = (4, 5, 7, 8, 10, 11, 13, 14)
_SPACE, _PRIORITY, _PRIORITY_END = 32, ord("<"), ord(">")
_SOME = re.compile(rb"^(?:<[0-9]{1,3}>)?[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}[. ]", re.MULTILINE)
_DATED = r"[/ \[\"-](?:19|20)[0-9]{2}[-:/ \]]|[0-9]{9}"  # may hold a date with a year, or one in seconds since 1970
_HALF_YEAR = 6 * 31 * 86_400  # s, in months of 31 days: a step of more is the turn of the year
_ROTATED = (
    2 * 31 * 86_400
)  # s; logs are rotated by the month at the latest: a name further from its last stamp tells nothing
_NEAR_NS = 183 * 86_400 * 10**9  # half a year: a stamp cannot be further from the date that tells its year


@dataclass(frozen=True, slots=True)
class Run:
    """Lines from byte `start` of a file on, up to the next run, whose stamps are of one year; `told`: by what it is known."""

    start: int
    year: int
    told: str


@dataclass(frozen=True, slots=True)
class _Stamps:
    """Stamps taken apart: (n,) int64 each, and where there is one."""

    month: Int64s
    day: Int64s
    clock: Int64s  # s
    fraction: Int64s  # ns
    real: Bools

    @classmethod
    def at(cls, data: Bytes, starts: Int64s) -> _Stamps:
        """What stands at the given positions, without its fraction."""
        window = windows(data, starts, _WIDTH)
        month = month_at(np.pad(window, ((0, 0), (3, 0))))
        real = month > 0
        for place, mark in _MARKS.items():
            real &= window[:, place] == mark
        figures = np.where(window[:, 4:5] == _SPACE, np.uint8(48), window[:, 4:5])  # ` 2` is `02`
        window = np.concatenate((window[:, :4], figures, window[:, 5:]), axis=1)
        real &= np.all(window[:, _DIGITS] - np.uint8(48) <= 9, axis=1)
        clock = digits_at(window, 7, 8) * 3600 + digits_at(window, 10, 11) * 60 + digits_at(window, 13, 14)
        return cls(month, digits_at(window, 4, 5), clock, np.zeros(len(starts), np.int64), real)

    @classmethod
    def of(cls, written: pa.Array) -> _Stamps:
        """Texts that are stamps and nothing else, with a fraction or without."""
        text = written.cast(pa.string()).fill_null("")
        data = np.frombuffer(text.buffers()[2] or b"", np.uint8)
        edges = np.frombuffer(text.buffers()[1], np.int32)[text.offset : text.offset + len(text) + 1].astype(np.int64)
        starts, ends = edges[:-1], edges[1:]
        found = cls.at(data, starts)
        fraction = fractions(data, starts + _WIDTH + 1, ends)
        places = ends - starts - _WIDTH
        pointed = (places > 1) & (windows(data, starts + _WIDTH, 1)[:, 0] == ord("."))
        return replace(found, fraction=fraction, real=found.real & ((places == 0) | pointed))

    def wall(self, year: Int64s) -> tuple[Int64s, Bools]:
        """The stamps in some year as ns of wall time, and where that is a real moment."""
        hour, rest = np.divmod(self.clock, 3600)
        ns, valid = times.from_civil(year, self.month, self.day, hour, rest // 60, rest % 60)
        return ns + self.fraction, valid & self.real

    def nearest(self, ns: Int64s, known: Bools) -> Int64s:
        """The year in which each stamp is nearest to an instant; 0 where that is unknown, or none is within half a year."""
        around = ns.astype("datetime64[ns]").astype("datetime64[Y]").astype(np.int64) + 1970
        year, least = np.zeros(len(ns), np.int64), np.full(len(ns), _NEAR_NS, np.int64)
        for candidate in (around - 1, around, around + 1):
            wall, valid = self.wall(candidate)
            apart = np.abs(wall - ns)
            better = valid & known & (apart < least)
            year, least = np.where(better, candidate, year), np.where(better, apart, least)
        return year


@dataclass(slots=True)
class _Stretch:
    """A run in the making: how many years after the first one, and lines of it that may hold a date of their own."""

    start: int
    later: int
    last: int = 0  # its last stamp: s since the begin of its year, in months of 31 days
    dated: list[Lines] = field(default_factory=list)
    held: int = 0

    def keep(self, lines: Lines, rows: Int64s) -> None:
        """Keep some more of the lines, given by index, that may tell a year."""
        if self.held >= SAMPLE:
            return
        part = lines.take(rows)
        some = np.flatnonzero(matches(texts(part.data, part.starts, part.ends), _DATED))[: SAMPLE - self.held]
        if len(some):
            self.dated.append(part.take(some))
            self.held += len(some)


def runs(evidence: Evidence, read: Callable[[Lines], Iterator[Output]], year: int | None = None) -> tuple[Run, ...]:
    """The years of a file's stamps, by place; none where nothing tells them. `read` reads lines as rows; `year` is the examiner's: that
    of the first stamp."""
    stretches = _stretches(evidence)
    if not stretches or len(stretches) > MOST_RUNS:
        return ()
    firsts = {place: first for place, one in enumerate(stretches) if (first := _told(one, read)) is not None}
    if not firsts:
        told = EXAMINER
        if year is None:
            told, year = NAME, _named(evidence.file, stretches[-1])
        return (
            ()
            if year is None or year not in YEARS
            else tuple(Run(one.start, year + one.later, told) for one in stretches)
        )
    found = []
    for place, one in enumerate(stretches):
        nearest = min(firsts, key=lambda other: (abs(other - place), other))
        found.append(Run(one.start, firsts[nearest] + one.later, AROUND))
    return tuple(found)


def _named(file: str, final: _Stretch) -> int | None:
    """The year of the file's first stamps by its name: a rotated file bears the day on which it ends, or begins, so that its last stamp
    lies near. None where it does not."""
    day = named_day(file)
    if day is None:
        return None
    named = (day.month * 31 + day.day) * 86_400
    apart = {day.year + turn: abs(final.last + turn * 12 * 31 * 86_400 - named) for turn in (-1, 0, 1)}
    year = min(apart, key=lambda one: (apart[one], one))
    return year - final.later if apart[year] <= _ROTATED else None


def _stretches(evidence: Evidence) -> list[_Stretch]:
    """The file cut where the stamps' year turns. Nothing for a file whose head bears no stamp: the search costs a pass over it."""
    found: list[_Stretch] = []
    with evidence.path.open("rb") as handle:
        if _SOME.search(handle.read(HEAD_BYTES)) is None:
            return found
    last: int | None = None
    for lines in read_lines(evidence, Slice(0, evidence.size, {"line": 1})):
        if not isinstance(lines, Lines):
            continue
        stamps = _Stamps.at(lines.data, _behind_priority(lines))
        rows = np.flatnonzero(stamps.real)
        if not len(rows):
            continue
        at = (stamps.month[rows] * 31 + stamps.day[rows]) * 86_400 + stamps.clock[rows]
        steps = np.diff(at, prepend=at[:1] if last is None else [last])
        later = np.cumsum((steps < -_HALF_YEAR).astype(np.int64) - (steps > _HALF_YEAR))
        later += found[-1].later if found else 0
        last = int(at[-1])
        turns = np.flatnonzero(np.diff(later, prepend=found[-1].later if found else -1)).tolist()
        for begin, stop in pairwise(sorted({0, *turns, len(rows)})):
            if begin in turns:
                found.append(_Stretch(int(lines.offsets[rows[begin]]), int(later[begin])))
            found[-1].last = int(at[stop - 1])
            found[-1].keep(lines, rows[begin:stop])
        if len(found) > MOST_RUNS:
            return found
    return found


def _behind_priority(lines: Lines) -> Int64s:
    """Where the lines begin behind `<PRI>`, if they have one."""
    head = windows(lines.data, lines.starts, 5)
    width = np.argmax(head == _PRIORITY_END, axis=1) + 1
    return lines.starts + np.where(head[:, 0] == _PRIORITY, width, 0)


def _told(stretch: _Stretch, read: Callable[[Lines], Iterator[Output]]) -> int | None:
    """The year of the file's first stamps by most of a run's own dates; None where it has none."""
    years: Counter[int] = Counter()
    for lines in stretch.dated:
        for item in read(lines):
            if isinstance(item, Batch) and "wrapper_time_written" in item.rows.schema.names:
                said = item.rows.column("wrapper_time_written")
                found = _Stamps.of(said).nearest(*_own(item.rows))
                years.update(found[found > 0].tolist())
    return None if not years else min(years, key=lambda year: (-years[year], year)) - stretch.later


def _own(batch: pa.RecordBatch) -> tuple[Int64s, Bools]:
    """The rows' own instants, ns, and where they are known."""
    given = batch.column("time")
    return given.cast(pa.int64()).fill_null(0).to_numpy(), given.is_valid().to_numpy(False)


def dated(batch: pa.RecordBatch, known: Sequence[Run], zone: str | None, state: State) -> pa.RecordBatch:
    """Rows of wrapped lines with the years of those stamps that lack one, and (given a zone) the instants that follow from them."""
    stamps = _Stamps.of(batch.column("wrapper_time_written"))
    if not stamps.real.any():
        return batch
    own, timed = _own(batch)
    year, told = stamps.nearest(own, timed), np.zeros(len(own), np.int64)
    if known:
        place = np.searchsorted([run.start for run in known], batch.column("offset").to_numpy(), "right") - 1
        around = (year == 0) & (place >= 0)
        year = np.where(around, np.array([run.year for run in known])[place], year)
        told = np.where(around, _TOLD.index(known[0].told), told)
    wall, real = stamps.wall(year)
    columns = {name: batch.column(name) for name in batch.schema.names}
    columns["wrapper_year"] = pa.array(year.astype(np.int32), mask=~real)
    columns["wrapper_year_told"] = pc.if_else(pa.array(real), pa.array(_TOLD).take(pa.array(told)), None)
    if zone is not None and real.any():
        columns |= _placed(columns, wall, real, (~timed & real, zone, state))
    return changed(batch, columns)


def _placed(
    columns: dict[str, pa.Array], wall: Int64s, real: Bools, how: tuple[Bools, str, State]
) -> dict[str, pa.Array]:
    """Wrappers' instants in the examiner's zone; rows without a time of their own take them. `how`: these rows, the zone, the slice's
    state."""
    helped, zone, state = how
    rows = np.flatnonzero(real)
    ns, twice, never = wall.copy(), np.zeros(len(wall), np.bool_), np.zeros(len(wall), np.bool_)
    ns[rows], twice[rows], never[rows] = localise(wall[rows], zone)
    taken = pa.array(ns, mask=~real).cast(pa.timestamp("ns")).cast(TIME)
    out = {"wrapper_time": pc.coalesce(columns["wrapper_time"], taken)}
    own = columns["time"].cast(pa.int64()).fill_null(0).to_numpy()
    far = apart(own - ns, real & ~helped & ~twice & ~never, state)
    if far.any():
        out["flags"] = columns["flags"] = flagged(columns["flags"], {"wrapper-differs": far})
    if helped.any():
        mask = pa.array(helped)
        out["time"] = pc.if_else(mask, taken, columns["time"])
        for name, text in (("time_desc", "Line taken by the log service"), ("time_quality", "inferred-year")):
            out[name] = pc.if_else(mask, text, columns[name].cast(pa.string()))
        flags = {"inferred-year": helped, "wrapper-time": helped}
        flags |= {"ambiguous-time": helped & twice, "skipped-time": helped & never}
        out["flags"] = flagged(columns["flags"], flags)
    return out
