"""Rotated files of web server logs: their order by number or day, and where a series lacks one, does not meet or does not fit its names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Literal

import numpy as np

from timelines.analyzers import Threshold
from timelines.clocks import series_of
from timelines.log_lines import LogFile, log_files, pages

if TYPE_CHECKING:
    from timelines.query import Timeline

FILES = Threshold("FILES", 3, "rotated files", "With fewer nothing tells a series from files that were picked.")
PRESENT = Threshold(
    "PRESENT",
    0.66,
    "of the numbers or dates",
    "Between the first and the last; with fewer the files are a choice, and any may be absent.",
)
WEEKDAYS = Threshold(
    "WEEKDAYS",
    2,
    "weeks",
    "In so many others the same weekday has a file: a site that rests at weekends has none there.",
)
APART = Threshold(
    "APART", 6 * 3600, "s", "Between two files; shorter pauses are common, and `web_log_hole` judges them."
)
TIMES = Threshold("TIMES", 3, "times", "As long as any other pause in the series, inside its files or between them.")
LATER = Threshold(
    "LATER",
    2 * 86400,
    "s",
    "Behind the day named and the days from one file to the next: time zones and rotation at night.",
)
SIZES = Threshold("SIZES", 5, "rotated files", "Whose sizes can be compared: the newest and the oldest apart.")
ALIKE = Threshold("ALIKE", 0.05, "of the median size", "Where all but one are so near, the log is rotated by size.")
SMALLER = Threshold("SMALLER", 0.8, "of the median size", "Below it a file of such a series is short.")
THRESHOLDS = (FILES, PRESENT, WEEKDAYS, APART, TIMES, LATER, SIZES, ALIKE, SMALLER)

Kind = Literal["missing", "apart", "name", "size"]
DAY = timedelta(days=1)
NS = 1_000_000_000
DAY_NS = 86_400 * NS

_COMPRESSED = re.compile(r"\.(?:gz|bz2|lz4|zst|xz)(?:/|$)")
_DAY = re.compile(r"((?:19|20)\d\d)[-_]?(\d\d)[-_]?(\d\d)")
_IIS_DAY = re.compile(r"_(?:ex|nc|in)(\d\d)(\d\d)(\d\d)(?=\D|$)")
_EPOCH = re.compile(
    r"\.(\d{9,10})(?=$|\.)"
)  # https://httpd.apache.org/docs/2.4/programs/rotatelogs.html: when the log nominally starts
_NUMBER = re.compile(r"\.(\d{1,4})(?=$|\.)")


@dataclass(frozen=True, slots=True)
class Rotated:
    """One file of a series: its number (0: the one in use) or day, size in bytes, and its lines, where it has any with a time."""

    file: str
    place: int | date
    size: int
    log: LogFile | None


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something odd of a series. `older` and `newer` are the files at both sides (the same one where it is of one file), `what` the numbers
    or days that are missing, or what else was seen; `ns` a pause, `size` and `usual` bytes."""

    kind: Kind
    series: str
    files: int
    older: LogFile
    newer: LogFile
    what: str
    ns: int = 0
    size: int = 0
    usual: int = 0


def oddities(timeline: Timeline) -> Iterator[Oddity]:
    """What is odd of every series, in order of exhibit and series."""
    for series, files in _series(timeline):
        days = [one for one in files if isinstance(one.place, date)]
        numbered = [one for one in files if isinstance(one.place, int)]
        for group in (days, numbered):
            if sum(one.place != 0 for one in group) >= FILES.value:
                yield from _missing(series, group)
                yield from _apart(timeline, series, group)
        yield from _named(series, days)
        yield from _short(series, numbered)


def _series(timeline: Timeline) -> Iterator[tuple[str, list[Rotated]]]:
    """Every series with lines of a web server, oldest file first; a file that is compressed counts once. Files of a series
    that has several a day are left out: days tell nothing of the times between them."""
    logs = {(log.exhibit, log.file): log for log in reversed(log_files(timeline))}
    known = {(log.exhibit, series_of(log.file)) for log in logs.values()}
    found: dict[tuple[str, str], dict[int | date, Rotated]] = {}
    hourly: set[tuple[str, str]] = set()
    for row in timeline.inventory().to_pylist():
        key = row["exhibit"], series_of(row["file"])
        place = place_of(row["file"])
        if key not in known or place is None:
            continue
        held = found.setdefault(key, {})
        if isinstance(place, date) and place in held and _plain(held[place].file) != _plain(row["file"]):
            hourly.add(key)
        log = logs.get((row["exhibit"], row["file"]))
        if place not in held or (held[place].log is None and row["status"] != "container"):
            held[place] = Rotated(row["file"], place, row["size"], log)
    for key, held in sorted(found.items()):
        kept = [one for one in held.values() if isinstance(one.place, int) or key not in hourly]
        yield key[1], sorted(kept, key=lambda one: (isinstance(one.place, int), _age(one.place)))


def _plain(file: str) -> str:
    """A file's path without its compression."""
    return _COMPRESSED.split(file)[0]


def _age(place: int | date) -> int:
    """Ascends from the oldest file to the newest: dates go up, numbers down."""
    return -place if isinstance(place, int) else place.toordinal()


def place_of(file: str) -> int | date | None:
    """The day in a file's name, else its rotation number, 0 where it has none; None for a day that is none."""
    name = _COMPRESSED.split(file)[0].rpartition("/")[2]
    if found := _DAY.search(name):
        year, month, day = (int(text) for text in found.groups())
    elif found := _IIS_DAY.search(name):
        year, month, day = 2000 + int(found[1]), int(found[2]), int(found[3])
    elif found := _EPOCH.search(name):
        return date(1970, 1, 1) + timedelta(seconds=int(found[1]))
    else:
        numbers: list[str] = _NUMBER.findall(name)
        return int(numbers[-1]) if numbers else 0
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _sides(files: Sequence[Rotated], older: int | date, newer: int | date) -> tuple[LogFile, LogFile] | None:
    """The nearest files with lines at both sides of a place in a series."""
    before = [one.log for one in files if one.log is not None and _age(one.place) <= _age(older)]
    after = [one.log for one in files if one.log is not None and _age(one.place) >= _age(newer)]
    return (before[-1], after[0]) if before and after else None


def _missing(series: str, files: Sequence[Rotated]) -> Iterator[Oddity]:
    """Numbers or days between the first and the last that no file bears, while the lines at both sides do not meet."""
    steps = [(a.place, b.place, _age(b.place) - _age(a.place)) for a, b in pairwise(files)]
    usual, _ = Counter(step for *_, step in steps).most_common(1)[0]
    span = _age(files[-1].place) - _age(files[0].place)
    if isinstance(files[0].place, int):
        usual = 1
    if len(files) < PRESENT.value * (span / usual + 1):
        return
    for older, newer, step in steps:
        lacking = [_age(older) + n * usual for n in range(1, step // usual)] if step % usual == 0 else []
        if isinstance(older, date) and usual == 1:
            lacking = [age for age in lacking if _has_weekday(files, age)]
        sides = _sides(files, older, newer) if lacking else None
        if sides is None or sides[1].first - sides[0].last < APART.value * NS:
            continue
        shown = [str(-age) if isinstance(older, int) else date.fromordinal(age).isoformat() for age in lacking[:10]]
        more = " …" if len(lacking) > len(shown) else ""
        yield Oddity("missing", series, len(files), *sides, ", ".join(shown) + more, sides[1].first - sides[0].last)


def _has_weekday(files: Sequence[Rotated], age: int) -> bool:
    return sum((_age(one.place) - age) % 7 == 0 for one in files) >= WEEKDAYS.value


def _apart(timeline: Timeline, series: str, files: Sequence[Rotated]) -> Iterator[Oddity]:
    """Neighbours by number or day between which the log is silent as it is nowhere else."""
    pairs = [(a, b, b.log.first - a.log.last) for a, b in pairwise(files) if a.log is not None and b.log is not None]
    next_to = [pair for pair in pairs if _neighbours(pair[0].place, pair[1].place)]
    if len(pairs) < FILES.value or not next_to:
        return
    older, newer, longest = max(next_to, key=lambda pair: pair[2])
    others = [pause for a, _, pause in pairs if a is not older]
    if longest < max(APART.value * NS, TIMES.value * max(others)):
        return
    inside = max(_longest_pause(timeline, one.log) for one in files if one.log is not None)
    if longest >= TIMES.value * inside and older.log is not None and newer.log is not None:
        yield Oddity("apart", series, len(files), older.log, newer.log, "", longest)


def _neighbours(older: int | date, newer: int | date) -> bool:
    return _age(newer) - _age(older) == 1


def _longest_pause(timeline: Timeline, log: LogFile) -> int:
    """The longest time without a line inside a file, ns. Lines are put in order of time a page at a time: those of pages that share a time
    make it longer, never shorter, and so the finding rarer."""
    longest, last = 0, None
    for page in pages(timeline, log, ()):
        times = np.sort(page.column("t").to_numpy())
        if last is not None:
            longest = max(longest, int(times[0]) - last)
        longest = max(longest, int(np.diff(times).max(initial=0)))
        last = int(times[-1])
    return longest


def _named(series: str, files: Sequence[Rotated]) -> Iterator[Oddity]:
    """Files with lines of a later day than their name and the rhythm of the series allow."""
    days = [one.place for one in files if isinstance(one.place, date)]
    if len(days) < FILES.value:
        return
    step = max((b - a).days for a, b in pairwise(days))
    for one in files:
        if one.log is None or not isinstance(one.place, date):
            continue
        named = (one.place - date(1970, 1, 1)).days * DAY_NS
        late = one.log.last - (named + (step + 1) * DAY_NS)
        if late > LATER.value * NS:
            yield Oddity("name", series, len(files), one.log, one.log, one.place.isoformat(), late)


def _short(series: str, files: Sequence[Rotated]) -> Iterator[Oddity]:
    """A file far smaller than its siblings, which are all of one size."""
    compared = [one for one in files[1:] if one.place != 0]
    if len(compared) < SIZES.value:
        return
    usual = median(one.size for one in compared)
    odd = [one for one in compared if abs(one.size - usual) > ALIKE.value * usual]
    if len(odd) == 1 and odd[0].size < SMALLER.value * usual and odd[0].log is not None:
        yield Oddity("size", series, len(files), odd[0].log, odd[0].log, "", size=odd[0].size, usual=int(usual))
