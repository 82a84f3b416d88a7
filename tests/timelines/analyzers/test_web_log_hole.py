"""Silences of access logs: the implausible one is found, ordinary ones are left alone."""

from __future__ import annotations

import random

import pytest

from timelines.analyzers._silences import holes
from timelines.analyzers.web_log_hole import ANALYZER
from timelines.query import Timeline

from .conftest import MIDNIGHT, SECOND, Rows

HOUR = 3600


def every(step: int, begin: int, end: int, clients: int = 40) -> list[tuple[int, str]]:
    """A line each `step` s in [begin, end), of each client in turn."""
    return [(s, f"198.51.100.{number % clients + 1}") for number, s in enumerate(range(begin, end, step))]


def access(lines: list[tuple[int, str]], file: str = "access.log") -> Rows:
    columns = {
        "event": ["http.request"] * len(lines),
        "src_ip": [client for _, client in lines],
        "cs_method": ["GET"] * len(lines),
        "cs_uri": [f"/page/{number}" for number in range(len(lines))],
    }
    return Rows("web/access", file, [s for s, _ in lines], columns)


def spans(timeline: Timeline) -> list[tuple[float, float]]:
    return [(h.first / SECOND - MIDNIGHT, h.last / SECOND - MIDNIGHT) for h in holes(timeline)]


DAY = [*every(20, 0, 10 * HOUR), *every(20, 10 * HOUR + 20 * 60, 24 * HOUR)]  # 20 min without lines from 10:00


def test_a_silence_in_a_busy_log_is_found_and_bounded_by_its_rows(made):
    timeline = made(access(DAY))
    (finding,) = ANALYZER.find(timeline)
    assert spans(timeline) == [(10 * HOUR - 20, 10 * HOUR + 20 * 60)]
    rows = timeline.sql("select epoch_ns(time) // 1000000000 as s, row_id from web_access").to_pylist()
    when = {row["row_id"]: row["s"] - MIDNIGHT for row in rows}
    assert [when[row] for row in finding.rows] == [35980, 37200]
    assert (finding.level, finding.grade, finding.attack) == ("medium", "indication", ("T1070",))
    assert "2026-01-01 09:59:40 UTC to 2026-01-01 10:20:00 UTC (20 whole minutes)" in finding.why
    assert "(20 minutes)" in finding.texts["en"]["shows"]
    assert finding.entities == {}  # whoever asked last before it has no part in it


@pytest.mark.parametrize(
    "lines",
    [
        [],
        every(20, 0, 1),
        every(20, 0, 24 * HOUR),  # no silence
        every(1800, 0, 24 * HOUR),  # one line each half hour: every silence is the rhythm
        [*every(20, 0, 23 * HOUR), *every(20, 29 * HOUR, 47 * HOUR)],  # one night, longer than a lone day can judge
        [  # two nights of silence: the same hours of the other day are silent too
            *every(20, 7 * HOUR, 22 * HOUR),
            *every(20, 31 * HOUR, 46 * HOUR),
            *every(20, 55 * HOUR, 70 * HOUR),
        ],
        [(hour * HOUR + 300 + s, f"198.51.100.{s + 1}") for hour in range(24) for s in range(50)],  # a burst an hour
        [*every(2, 0, 4 * HOUR, 1), *every(2, 5 * HOUR, 9 * HOUR, 1)],  # one client that pauses
        # one client that pauses, and others that seldom come
        sorted(
            [*every(5, 0, 4 * HOUR, 1), *every(5, 14800, 28000, 1), *[(900 * n, f"203.0.113.{n}") for n in range(32)]]
        ),
        [*every(20, 0, 10 * HOUR), *every(20, 10 * HOUR + 290, 24 * HOUR)],  # shorter than a restart may take
        [*every(20, 0, 10 * HOUR), *every(20, 80 * HOUR, 90 * HOUR)],  # days without a log
        [*every(20, 0, 60 * HOUR), *every(20, 80 * HOUR, 140 * HOUR)],  # most of a day, however busy the others
        [*every(20, 0, 10 * HOUR, 5), *every(20, 10 * HOUR + 1200, 24 * HOUR, 5)],  # five clients may pause together
        [
            *every(330, 0, 60 * HOUR),
            *every(330, 70 * HOUR, 140 * HOUR),
        ],  # a line in five minutes or more says too little
        [line for line in every(20, 0, 72 * HOUR) if line[0] // HOUR % 24 != 12],  # an hour of closing each day
    ],
)
def test_ordinary_silences_are_left_alone(made, lines):
    assert list(ANALYZER.find(made(access(lines)))) == []


WEEKS = every(40, 0, 21 * 24 * HOUR)


def test_a_day_that_is_gone_from_weeks_of_a_busy_log(made):
    begin, end = 241 * HOUR, 266 * HOUR
    lines = [line for line in WEEKS if not begin <= line[0] < end]
    ((first, last),) = spans(made(access(lines)))
    assert (begin - 40 <= first < begin, end <= last < end + 40) == (True, True)


@pytest.mark.parametrize(
    "lines",
    [
        # weekends of a site that works from Monday to Friday: 1 January 2026 is a Thursday
        [line for line in WEEKS if (line[0] // (24 * HOUR) + 3) % 7 < 5],
        [
            line for line in every(40, 0, 5 * 24 * HOUR) if not 49 * HOUR <= line[0] < 74 * HOUR
        ],  # days alone show no week
        [line for line in WEEKS if not 200 * HOUR <= line[0] < 290 * HOUR],  # longer than a rate can judge
    ],
)
def test_days_of_rest_and_days_without_a_log(made, lines):
    assert spans(made(access(lines))) == []


def test_rotated_files_are_one_log(made):
    old = [line for line in DAY if line[0] < 10 * HOUR]
    new = [line for line in DAY if line[0] >= 10 * HOUR]
    timeline = made(access(new), access(old, "access.log.1.gz/access.log.1"))
    (finding,) = ANALYZER.find(timeline)
    assert len(finding.rows) == 2
    assert "E001/access.log" in finding.why


def test_another_log_that_goes_on_hides_nothing(made):
    timeline = made(access(DAY), access(every(20, 0, 24 * HOUR), "intranet/access.log"))
    assert len(list(ANALYZER.find(timeline))) == 1


def test_rows_without_time_and_lines_of_one_second_change_nothing(made):
    plain = made(access(DAY))
    lines = [*DAY, (10 * HOUR - 20, "198.51.100.9"), (10 * HOUR + 1200, "198.51.100.9")]
    more = Rows(
        "web/access", "other.log", [None, None], {"src_ip": ["198.51.100.1", None], "event": ["http.request"] * 2}
    )
    assert spans(made(access(lines), more)) == spans(plain)


def test_the_order_of_rows_and_parts_changes_nothing(made):
    one = list(ANALYZER.find(made(access(DAY))))
    assert one == list(ANALYZER.find(made(access(DAY), slices=7, turned=True)))


def capture(lines: list[tuple[int, str]], shift: float, numbers: list[int]) -> Rows:
    columns = {
        "event": ["http.request"] * len(lines),
        "src_ip": [client for _, client in lines],
        "dst_ip": ["192.0.2.80"] * len(lines),
        "method": ["GET"] * len(lines),
        "uri": [f"/page/{number}" for number in numbers],
    }
    return Rows("net/http", "wire.pcap", [s + shift for s, _ in lines], columns, "E002")


def test_requests_that_a_capture_shows_in_it_are_cited(made):
    """The log runs 100 s ahead; the capture shows three requests in the silence, by its own clock."""
    wire = [*DAY[1500:2000], (36_300, "203.0.113.5"), (36_400, "203.0.113.6"), (36_500, "203.0.113.5")]
    numbers = [*range(1500, 2000), 90_001, 90_002, 90_003]
    timeline = made(access(DAY), capture(wire, -100.4, numbers))
    (finding,) = ANALYZER.find(timeline)
    assert (finding.level, finding.grade) == ("high", "corroborated")
    assert len(finding.rows) == 5
    assert "E002 shows 3 requests" in finding.why
    assert finding.entities == {"ips": ("192.0.2.80", "203.0.113.5", "203.0.113.6")}
    assert "عددها: \u20663\u2069" in finding.texts["ar"]["shows"]


def test_a_capture_without_requests_in_it_speaks_against_a_loss(made):
    timeline = made(access(DAY), capture(DAY[1500:2000], -100.4, list(range(1500, 2000))))
    (finding,) = ANALYZER.find(timeline)
    assert (finding.level, finding.grade, len(finding.rows)) == ("low", "indication", 2)
    assert "shows no request in clear either" in finding.why


def test_a_capture_of_another_time_says_nothing(made):
    timeline = made(access(DAY), capture(DAY[100:400], -100.4, list(range(100, 400))))
    (finding,) = ANALYZER.find(timeline)
    assert (finding.level, finding.grade) == ("medium", "indication")


@pytest.mark.parametrize("seed", range(4))
def test_visits_that_come_by_chance_leave_no_hole(made, seed):
    """Two days of visits by day and few by night, each of several pages; then the same with 25 minutes taken out by day."""
    chance = random.Random(seed)
    lines = []
    for hour in range(48):
        for _ in range(chance.randrange(60, 100) if 7 <= hour % 24 < 22 else chance.randrange(12)):
            moment, client = hour * HOUR + chance.randrange(HOUR), f"198.51.100.{chance.randrange(1, 200)}"
            for _ in range(chance.randrange(1, 6)):
                lines.append((moment, client))
                moment += chance.randrange(1, 40)
    lines.sort()
    assert spans(made(access(lines))) == []
    begin, end = 34 * HOUR, 34 * HOUR + 25 * 60
    ((first, last),) = spans(made(access([line for line in lines if not begin <= line[0] < end])))
    assert begin - 300 < first < begin
    assert end <= last < end + 300
