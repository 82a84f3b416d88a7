"""Rotated files: what a series lacks, where its files do not meet, what does not fit a name or a size; and series that only look so."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from timelines.analyzers._rotation import place_of
from timelines.analyzers.web_log_rotation import ANALYZER
from timelines.query import Timeline

from .conftest import Rows

DAY, HOUR = 86_400, 3_600
MISSING = "A file missing from the rotated files of a web server log"
APART = "Rotated files of a web server log that do not meet"
NAME = "A rotated web server log with lines of a later day than its name"
SIZE = "A rotated web server log far smaller than its siblings"


def access(file, begin, end, step=600):
    seconds = [float(s) for s in range(int(begin), int(end), step)]
    columns = {"src_ip": ["198.51.100.1"] * len(seconds), "record": list(range(1, len(seconds) + 1))}
    return Rows("web/access", file, seconds, columns)


def listed(timeline, rows):
    schema = pa.schema([("exhibit", pa.string()), ("file", pa.string()), ("size", pa.int64()), ("status", pa.string())])
    table = pa.Table.from_pylist([dict(zip(schema.names, ("E001", *row), strict=True)) for row in rows], schema)
    return Timeline(timeline.store.root, {"inventory": table})


def told(made, files, more=(), sizes=None):
    """`files` are names with days since 1 January 2026 from and to which they have lines; `more` names with a status, without lines."""
    timeline = made(*(access(name, first * DAY, last * DAY) for name, first, last in files))
    rows = [(name, (sizes or {}).get(name, 1000), "evidence") for name, *_ in files]
    rows += [(name, 0, status) for name, status in more]
    return [(f.title, f.why.partition(": ")[2]) for f in ANALYZER.find(listed(timeline, rows))]


def numbered(days, skip=()):
    """access.log of the last day, access.log.1 of the day before …"""
    names = ["access.log", *(f"access.log.{n}" for n in range(1, days))]
    return [(name, days - n - 1, days - n) for n, name in enumerate(names) if n not in skip]


@pytest.mark.parametrize(
    ("file", "place"),
    [
        ("access.log", 0),
        ("var/log.1/access.log.12", 12),
        ("access.log.2.gz/access.log.2", 2),
        ("access.log-20260105", date(2026, 1, 5)),
        ("access-2026-01-05.log.bz2", date(2026, 1, 5)),
        ("u_ex260105.log", date(2026, 1, 5)),
        ("access.log-20261305", None),
        ("access.1767571200", date(2026, 1, 5)),
        ("logs/access.1767571200.gz", date(2026, 1, 5)),
    ],
)
def test_the_place_of_a_file_in_its_series(file, place):
    assert place_of(file) == place


def test_a_number_that_is_missing(made):
    ((title, why),) = told(made, numbered(8, skip={3}))
    assert title == MISSING
    assert (
        why
        == "no file 3; no line from 2026-01-04 23:50:00 UTC (access.log.4) to 2026-01-06 00:00:00 UTC (access.log.2)"
    )


@pytest.mark.parametrize("status", ["empty", "duplicate", "unrecognised"])
def test_a_file_without_lines_is_not_missing(made, status):
    assert told(made, numbered(8, skip={3}), [("access.log.3", status)]) == []


def test_files_that_meet_without_the_number_lack_nothing(made):
    """Renamed by hand: the file before the missing number ends where the one after it begins."""
    files = [(name, first, last + (name == "access.log.4")) for name, first, last in numbered(8, skip={3})]
    assert told(made, files) == []


def test_a_choice_of_files_lacks_nothing(made):
    assert told(made, numbered(20, skip=set(range(20)) - {0, 2, 5, 11, 19})) == []


def test_two_files_are_no_series(made):
    assert told(made, [("access.log.1", 0, 1), ("access.log.4", 8, 9)]) == []


def dated(days, skip=(), begin=date(2026, 1, 1)):
    """One file a day, named after it."""
    first = (begin - date(2026, 1, 1)).days
    return [(f"u_ex{begin + timedelta(n):%y%m%d}.log", first + n, first + n + 1) for n in range(days) if n not in skip]


def test_a_day_that_is_missing(made):
    ((title, why),) = told(made, dated(21, skip={9}))
    assert title == MISSING
    assert why.startswith("no file 2026-01-10; no line from 2026-01-09 23:50:00 UTC")


def test_weekends_without_a_file_are_the_rhythm_of_a_site(made):
    """3 January 2026 is a Saturday."""
    weekends = {n for n in range(42) if (date(2026, 1, 1) + timedelta(n)).weekday() >= 5}
    assert told(made, dated(42, skip=weekends)) == []


def test_files_that_do_not_meet(made):
    files = [
        (name, first + (1 if n >= 4 else 0), last + (1 if n >= 4 else 0))
        for n, (name, first, last) in enumerate(reversed(numbered(8)))
    ]
    ((title, why),) = told(made, files)
    assert (title, why) == (
        APART,
        "access.log.4 ends 24 hours before access.log.3 begins; no other pause is a third as long",
    )


def test_a_pause_like_others_in_the_files_is_no_loss(made):
    """A site without requests by night whose log is rotated in the morning of one day."""
    rows = [access(f"access.log.{8 - n}", n * DAY, n * DAY + 10 * HOUR) for n in range(7)]
    assert list(ANALYZER.find(made(*rows))) == []


def test_lines_later_than_the_name(made):
    files = dated(10)
    files[4] = (files[4][0], 4, 12)
    titles = [title for title, _ in told(made, files)]
    assert titles == [NAME]


def test_weekly_files_named_after_their_begin_are_left_alone(made):
    files = [(f"access.{date(2026, 1, 1) + timedelta(7 * n):%Y-%m-%d}.log", 7 * n, 7 * n + 7) for n in range(6)]
    assert told(made, files) == []


def test_a_short_file_in_a_log_rotated_by_size(made):
    sizes = {name: 1_000_000 + 900 * n for n, (name, *_) in enumerate(numbered(9))} | {"access.log": 20_000}
    assert told(made, numbered(9), sizes=sizes) == []
    assert told(made, numbered(9), sizes=sizes | {"access.log.8": 400_000}) == []  # the oldest: where the log began
    ((title, why),) = told(made, numbered(9), sizes=sizes | {"access.log.4": 700_000})
    assert title == SIZE
    assert why.startswith("access.log.4 has 700000 bytes, its siblings near 100")


def test_sizes_of_a_log_rotated_by_day_say_nothing(made):
    sizes = {name: 1_000_000 * (1 + n % 3) for n, (name, *_) in enumerate(numbered(9))}
    assert told(made, numbered(9), sizes=sizes) == []


def test_a_compressed_file_counts_once(made):
    files = [(f"access.log.{n}.gz/access.log.{n}", 8 - n, 9 - n) for n in range(1, 8) if n != 3]
    more = [(f"access.log.{n}.gz", "container") for n in range(1, 8) if n != 3]
    found = told(made, files, more)
    assert [title for title, _ in found] == [MISSING]
    assert told(made, files, [*more, ("access.log.3.gz", "unreadable")]) == []


def test_files_that_rotatelogs_names_are_a_series(made):
    """Named after the second at which they begin; that of a day is missing, whose weekday has one in other weeks."""
    files = [(f"access.{1_767_225_600 + n * DAY}", n, n + 1) for n in range(29) if n != 15]
    ((title, why),) = told(made, files)
    assert title == MISSING
    assert "2026-01-16" in why
    assert told(made, [(name.replace(".17", ".log.17"), *days) for name, *days in files]) == [
        (MISSING, why.replace("access.", "access.log."))
    ]


@pytest.mark.parametrize("name", ["access.{epoch}", "access.log-{day:%Y%m%d%H}"])
def test_several_files_a_day_are_not_judged_by_days(made, name):
    files = []
    for n in range(10):  # every six hours, but for a day
        if n not in (4, 5, 6, 7):
            begin = 1_767_225_600 + n * 6 * HOUR
            day = datetime.fromtimestamp(begin, UTC)
            files.append((name.format(epoch=begin, day=day), n / 4, (n + 1) / 4))
    assert told(made, files) == []
