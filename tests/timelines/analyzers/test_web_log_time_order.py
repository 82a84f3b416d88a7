"""Times that go back: what a server does by itself, local time set back, a clock set back, lines out of place, and lines mixed up."""

from __future__ import annotations

import random

import numpy as np
import pytest

from timelines import log_lines
from timelines.analyzers import _time_order
from timelines.analyzers._time_order import order_of
from timelines.analyzers.web_log_time_order import ANALYZER

from .conftest import Rows

HOUR = 3600


def access(seconds, file="access.log", **columns):
    count = len(seconds)
    data = {
        "src_ip": ["198.51.100.1"] * count,
        "cs_uri_stem": [f"/{n}" for n in range(count)],
        "record": list(range(1, count + 1)),
        "time_offset": ["+0000"] * count,
        "time_quality": ["offset"] * count,
        **columns,
    }
    return Rows("web/access", file, seconds, data)


def steady(begin, end, step=10):
    return [float(s) for s in range(begin, end, step)]


def kinds(timeline):
    return [finding.texts["en"]["title"] for finding in ANALYZER.find(timeline)]


BACK = "Time goes back in a web server log, which goes on from there"
FOLD = "Local time of a web server log set back, or its offset changed"
OUT = "Lines of a web server log outside the order of time"
DISORDER = "Lines of a web server log not in the order of time throughout"


def test_a_clock_that_is_set_back_is_told_with_the_rows_on_both_sides(made):
    timeline = made(access([*steady(0, HOUR), *steady(1800, 3 * HOUR)]))
    (finding,) = ANALYZER.find(timeline)
    assert (finding.title, finding.level, finding.grade) == (BACK, "low", "indication")
    assert "360/361 (-1790 s)" in finding.why
    rows = timeline.sql("select record, row_id from web_access").to_pylist()
    number = {row["row_id"]: row["record"] for row in rows}
    assert sorted(number[row] for row in finding.rows) == [360, 361]
    assert finding.entities == {}


def test_a_clock_set_back_by_less_than_requests_last_is_left_alone(made):
    assert kinds(made(access([*steady(0, HOUR), *steady(HOUR - 65, 3 * HOUR)]))) == []


@pytest.mark.parametrize(
    ("quality", "offsets", "expected"),
    [
        ("assumed-zone", None, [FOLD]),  # written without a zone: the end of summer time
        ("offset", ("+0200", "+0100"), [FOLD]),  # an hour east by the offset, while the wall clock goes on
        ("offset", ("+0200", "+0200"), [BACK]),  # the offset is the same: it was no change of local time
        ("utc", None, [BACK]),
    ],
)
def test_an_hour_is_the_end_of_summer_time_only_in_local_time(made, quality, offsets, expected):
    first, then = steady(0, 3 * HOUR), steady(2 * HOUR, 5 * HOUR)
    zones = [None] * (len(first) + len(then))
    if offsets:
        # from +0200 to +0100 at one wall clock the time in UTC would leap ahead; written the other way around it goes back
        zones = [offsets[1]] * len(first) + [offsets[0]] * len(then)
    rows = access([*first, *then], time_offset=zones, time_quality=[quality] * len(zones))
    assert kinds(made(rows)) == expected


def test_the_end_of_summer_time_in_the_zone_given_is_named(made):
    seconds = [*steady(0, 3 * HOUR), *steady(2 * HOUR, 5 * HOUR)]
    flags = ["ambiguous-time" if 2 * HOUR <= s < 3 * HOUR else "" for s in seconds]
    none = [None] * len(seconds)
    (finding,) = ANALYZER.find(
        made(access(seconds, flags=flags, time_offset=none, time_quality=["assumed-zone"] * len(seconds)))
    )
    assert finding.level == "informational"
    assert finding.texts["en"]["shows"].endswith("In the time zone that was given, clocks were set back there.")


@pytest.mark.parametrize(
    ("back", "columns", "expected"),
    [
        (1200, {}, [OUT]),
        (500, {}, []),  # below LATE: a long request
        (1200, {"sc_bytes": 5_000_000}, []),  # a large answer takes long
        (1200, {"sc_bytes": 500}, [OUT]),
        (1200, {"sc_status": 101}, []),  # a connection that is kept open
        (1200, {"cs_method": "CONNECT"}, []),
        (1200, {"duration": 1200 * 10**9}, []),  # the line says that it took that long
        (1200, {"duration": 3 * 10**9}, [OUT]),
        (1200, {"time_taken_ms": 1_190_000}, []),
    ],
)
def test_a_late_line_is_told_unless_it_says_why(made, back, columns, expected):
    seconds = [*steady(0, HOUR), float(HOUR - back), *steady(HOUR, 3 * HOUR)]
    usual = {"sc_bytes": 300, "sc_status": 200, "cs_method": "GET", "duration": 10**9, "time_taken_ms": 5}
    own = {name: [usual[name]] * len(seconds) for name in columns}
    for name, value in columns.items():
        own[name][360] = value
    assert kinds(made(access(seconds, **own))) == expected


def test_lines_ahead_of_a_log_that_goes_on_weigh_more(made):
    """A server never writes a time to come."""
    seconds = [*steady(0, HOUR), *steady(5 * HOUR, 5 * HOUR + 30), *steady(HOUR, 6 * HOUR)]
    (finding,) = ANALYZER.find(made(access(seconds)))
    assert (finding.title, finding.level) == (OUT, "medium")
    assert "0 lines earlier than their neighbours, 3 lines later" in finding.why


def test_a_pause_before_a_late_line_puts_no_line_ahead(made):
    """After two hours without a request: one at 12:00, one that began at 10:05, then the log goes on."""
    seconds = [*steady(0, HOUR), float(3 * HOUR), float(HOUR + 300), *steady(3 * HOUR + 60, 4 * HOUR)]
    (finding,) = ANALYZER.find(made(access(seconds)))
    assert (finding.title, finding.level) == (OUT, "low")
    assert "1 lines earlier than their neighbours, 0 lines later" in finding.why


def test_lines_mixed_up_all_over_are_told_once(made):
    chance = random.Random(7)
    seconds = [60.0 * minute + chance.randrange(60) for minute in range(100) for _ in range(10)]
    (finding,) = ANALYZER.find(made(access(seconds)))
    assert (finding.title, finding.level, len(finding.rows)) == (DISORDER, "low", 20)


def test_one_path_whose_requests_last_long_is_no_disorder(made):
    """Each second line is of a request of half a minute to the same path, written under the time when it began."""
    seconds = [s - 30.0 * (n % 2) for n, s in enumerate(steady(100, 10_000, 5))]
    paths = ["/poll" if n % 2 else f"/{n}" for n in range(len(seconds))]
    assert kinds(made(access(seconds, cs_uri_stem=paths))) == []
    assert kinds(made(access(seconds))) == [DISORDER]
    slow = [30_000 if n % 2 else 20 for n in range(len(seconds))]
    assert kinds(made(access(seconds, time_taken_ms=slow))) == []  # the lines say that they lasted


@pytest.mark.parametrize("seed", range(3))
def test_the_order_in_which_a_busy_server_writes_is_left_alone(made, seed):
    """Apache: the begin of a request is written when it ends; one in fifty lasts up to a minute."""
    chance = random.Random(seed)
    lines = []
    for second in range(0, 20_000, 2):
        lasts = chance.uniform(1, 58) if chance.random() < 0.02 else chance.uniform(0, 2)
        lines.append((second + lasts, float(second)))
    lines.sort()
    assert kinds(made(access([begin for _, begin in lines]))) == []


@pytest.mark.parametrize("seed", range(3))
def test_blocks_that_several_processes_write_are_left_alone(made, seed):
    """nginx with a buffer for each of four workers, written when it is full or after 50 s."""
    chance = random.Random(seed)
    held, lines, at = [[], [], [], []], [], 0.0
    for _ in range(4000):
        at += chance.expovariate(0.4)
        buffer = held[chance.randrange(4)]
        buffer.append(at)
        if len(buffer) >= 20 or at - buffer[0] > 50:
            lines += buffer
            buffer.clear()
    assert kinds(made(access([*lines, *sorted(at for buffer in held for at in buffer)]))) == []


def test_late_lines_one_after_another_are_no_clock(made):
    """By night: two requests that lasted, the second half as long, then the log goes on."""
    seconds = [*steady(0, HOUR), HOUR - 66.0, HOUR - 40.0, *steady(HOUR, 3 * HOUR)]
    assert kinds(made(access(seconds))) == []


def test_pages_and_parts_change_nothing(made, monkeypatch):
    seconds = [*steady(0, 6 * HOUR), *steady(1800, 9 * HOUR), 100.0, *steady(9 * HOUR, 12 * HOUR)]
    plain = list(ANALYZER.find(made(access(seconds))))
    monkeypatch.setattr(log_lines, "PAGE", 170)
    assert list(ANALYZER.find(made(access(seconds), slices=5, turned=True))) == plain
    assert len(plain) == 2


def test_each_step_is_judged_once_wherever_pages_are_cut():
    times = np.array([*range(5000), *range(2000, 7000), 6000, *range(7000, 9000)], np.int64) * 10**9
    offsets = np.arange(len(times), dtype=np.int64) * 100
    whole = order_of([(offsets, times)])
    assert [(step.shape, step.before) for step in whole.steps] == [("back", 499_900), ("behind", 999_900)]
    for size in (1, 700, 999, 5000, 5001):
        cut = (
            [(offsets[a : a + size], times[a : a + size]) for a in range(0, len(times), size)]
            if size > 1
            else [
                (offsets[:5000], times[:5000]),
                (offsets[5000:5001], times[5000:5001]),
                (offsets[5001:], times[5001:]),
            ]
        )
        assert order_of(cut) == whole


def test_thresholds_are_declared():
    names = [threshold.name for threshold in ANALYZER.thresholds]
    assert len(names) == len(set(names))
    assert _time_order.TOLERANCE.name in names


def zoneless(seconds):
    wall = [f"2026-01-01 {int(s) // 3600:02}:{int(s) // 60 % 60:02}:{int(s) % 60:02}" for s in seconds]
    held = {"time_offset": [None] * len(seconds), "time_quality": ["unknown"] * len(seconds), "wall_time": wall}
    rows = access(seconds, **held)
    return Rows(rows.family, rows.file, [None] * len(seconds), rows.columns)


def test_lines_without_a_zone_are_judged_by_wall_time(made):
    (finding,) = ANALYZER.find(made(zoneless([*steady(0, 2 * HOUR), *steady(1800, 3 * HOUR)])))
    assert (finding.title, finding.grade) == (BACK, "inconclusive")  # rows without a time carry no more
    assert "720/721 (-5390 s)" in finding.why
    assert kinds(made(zoneless([*steady(0, HOUR), *steady(10, 3 * HOUR)]))) == [FOLD]
    assert kinds(made(zoneless(steady(0, 3 * HOUR)))) == []
    late = zoneless([*steady(0, HOUR), 1200.0, *steady(HOUR, 2 * HOUR)])
    assert kinds(made(late)) == [OUT]
