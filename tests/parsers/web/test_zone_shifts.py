"""A wrong zone is said once of a log; single lines that depart from the others are marked each."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from parsers.web.zone_shifts import QUARTER_NS, apart

from .conftest import Read

LINE = '{stamp} web1 nginx: 192.0.2.7 - - [{date} +0000] "GET /{n} HTTP/1.1" 200 512 "-" "Agent/1.0"\n'
MINUTE = 60 * 10**9


def log(count: int, odd: int | None = None) -> bytes:
    """Lines a minute apart, taken when they were written; line `odd` was taken three hours and a half later."""
    out = []
    for n in range(count):
        stamp = f"Mar  3 {(n // 60 + (3 if n == odd else 0)):02d}:{(n + (30 if n == odd else 0)) % 60:02d}:01"
        out.append(LINE.format(stamp=stamp, date=f"03/Mar/2026:{n // 60:02d}:{n % 60:02d}:00", n=n))
    return "".join(out).encode()


def test_a_wrong_zone_marks_no_line(read: Read) -> None:
    for zone in ("UTC", "Asia/Kathmandu", "America/New_York"):
        assert Counter(row["flags"] for row in read(log(60), zone=zone).rows) == {"": 60}


@pytest.mark.parametrize("zone", ["UTC", "Africa/Casablanca"])
def test_a_line_that_departs_from_the_others_is_marked(read: Read, zone: str) -> None:
    rows = read(log(60, odd=20), zone=zone).rows
    assert [row["cs_uri"] for row in rows if row["flags"] == "wrapper-differs"] == ["/20"]


def test_few_lines_are_marked_each(read: Read) -> None:
    assert {row["flags"] for row in read(log(5), zone="Asia/Kathmandu").rows} == {"wrapper-differs"}


def told(*between: int) -> list[bool]:
    found = apart(np.array(between), np.ones(len(between), np.bool_), {})
    return [bool(one) for one in found]


def test_which_differences_are_a_shift_of_the_whole() -> None:
    hour = 4 * QUARTER_NS
    assert told(*[hour + MINUTE] * 20) == [False] * 20
    assert told(*[hour + 7 * MINUTE] * 20) == [True] * 20  # no whole quarter
    assert told(*[hour] * 17, 0, 0, 0) == [True] * 17 + [False] * 3  # not nearly all
    assert told(*[hour] * 20, *[2 * hour] * 20) == [False] * 40  # summer time
    assert told(*[hour] * 20, *[3 * hour] * 20) == [True] * 40
    assert told(*[0] * 20, *[hour] * 20) == [False] * 40
    assert told(*[0] * 200, *[hour] * 12) == [False] * 200 + [True] * 12
    assert told(*[hour] * 30, 2 * hour) == [False] * 30 + [True]


def test_shifts_are_kept_for_the_blocks_that_follow() -> None:
    state: dict[str, object] = {}
    for count in (20, 3):
        between = np.full(count, 8 * QUARTER_NS)
        assert not apart(between, np.ones(count, np.bool_), state).any()
    assert apart(np.array([12 * QUARTER_NS]), np.ones(1, np.bool_), state).all()
