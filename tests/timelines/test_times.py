"""Instants against `datetime` and `zoneinfo`; what does not fit is marked, never wrapped."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from timelines import times

NS = times.NS
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST, LAST = datetime(1677, 9, 21, 0, 12, 44), datetime(2262, 4, 11, 23, 47, 16)
ZONES = [
    "Africa/Casablanca",  # offset back by an hour for Ramadan
    "Europe/Paris",
    "America/St_Johns",  # changed its clocks at 00:01
    "Asia/Gaza",  # at 00:01 in some years
    "Australia/Lord_Howe",  # by half an hour
    "Africa/Monrovia",  # from -00:44:30 in 1972
    "Europe/Amsterdam",  # +00:19:32 once
    "Asia/Kathmandu",
    "UTC",
]


def ns(instant: datetime) -> int:
    delta = instant - EPOCH
    return (delta.days * 86_400 + delta.seconds) * NS + delta.microseconds * 1_000


def u64(*values: int) -> np.ndarray:
    return np.array(values, np.uint64)


def test_filetime_known_answers() -> None:
    # MS-DTYP 2.3.3: 100 ns since 1601-01-01; 116444736000000000 is 1970-01-01.
    found, valid = times.from_filetime(u64(116_444_736_000_000_000, 133_444_736_000_000_001))
    assert found.tolist() == [0, ns(datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)) + 100]
    assert valid.tolist() == [True, True]


def test_filetime_outside_the_range_is_marked() -> None:
    ticks = u64(0, 1, 2**63 - 1, 2**63, 2**64 - 1)
    assert times.from_filetime(ticks)[1].tolist() == [False] * 5


def test_filetime_at_both_edges_of_the_range() -> None:
    low, high = 116_444_736_000_000_000 - (2**63 - 1) // 100, 116_444_736_000_000_000 + (2**63 - 1) // 100
    found, valid = times.from_filetime(u64(low - 1, low, high, high + 1))
    assert valid.tolist() == [False, True, True, False]
    assert found[1:3].tolist() == [-((2**63 - 1) // 100) * 100, (2**63 - 1) // 100 * 100]


@given(st.datetimes(FIRST + timedelta(days=1), LAST - timedelta(days=1)))
def test_filetime_against_datetime(instant: datetime) -> None:
    ticks = (instant - datetime(1601, 1, 1)) // timedelta(microseconds=1) * 10
    found, valid = times.from_filetime(u64(ticks))
    assert (found.tolist(), valid.tolist()) == ([ns(instant.replace(tzinfo=UTC))], [True])


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
@example(2**63 - 1, 2**63 - 1)
@example(-(2**63), -(2**63))
@example(-9_223_372_037, 145_224_192)  # the very first instant that fits is one second later
def test_epoch_is_exact_or_marked(seconds: int, nanoseconds: int) -> None:
    found, valid = times.from_epoch(np.array([seconds]), np.array([nanoseconds]))
    exact = seconds * NS + nanoseconds
    if valid[0]:
        assert found[0] == exact
    else:
        assert not -(2**63) + NS <= exact <= 2**63 - 1 - NS


@given(st.integers(-9_223_372_035, 9_223_372_034), st.integers(-NS, 2 * NS - 1))
def test_epoch_inside_the_range_is_always_given(seconds: int, nanoseconds: int) -> None:
    found, valid = times.from_epoch(np.array([seconds]), np.array([nanoseconds]))
    assert valid[0]
    assert found[0] == seconds * NS + nanoseconds


def civil(*fields: int, offset_s: int = 0) -> tuple[int, bool]:
    found, valid = times.from_civil(*(np.array([field]) for field in fields), offset_s=offset_s)  # type: ignore[arg-type]
    return int(found[0]), bool(valid[0])


@given(st.datetimes(datetime(1678, 1, 1), datetime(2261, 12, 31)), st.integers(-86_399, 86_399))
def test_civil_against_datetime(wall: datetime, offset_s: int) -> None:
    wall = wall.replace(microsecond=0)
    exact = ns(wall.replace(tzinfo=timezone(timedelta(seconds=offset_s))))
    fields = (wall.year, wall.month, wall.day, wall.hour, wall.minute, wall.second)
    assert civil(*fields, offset_s=offset_s) == (exact, True)


FIELD = st.integers(-5, 70)


@given(st.tuples(st.integers(1970, 2030), FIELD, FIELD, FIELD, FIELD, FIELD))
def test_civil_refuses_exactly_what_datetime_refuses_but_leap_seconds(fields: tuple[int, ...]) -> None:
    year, month, day, hour, minute, second = fields
    try:
        exact = ns(datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)) + (second == 60) * NS
        fits = second <= 60
    except ValueError:
        exact, fits = 0, False
    assert civil(*fields) == (exact if fits else 0, fits)


def test_civil_days_of_february() -> None:
    assert [civil(year, 2, 29, 0, 0, 0)[1] for year in (1900, 1999, 2000, 2023, 2024, 2100)] == [
        False,
        False,
        True,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize("name", ["Mars/Phobos", "", "../../etc/passwd", "/etc/passwd", "a\0b"])
def test_an_unknown_zone_is_one_clear_error(name: str) -> None:
    with pytest.raises(ValueError, match="expected an IANA name such as"):
        times.zone(name)


def local(wall: datetime, name: str) -> tuple[int, bool, bool]:
    found, fold, gap = times.from_local(np.array([ns(wall.replace(tzinfo=UTC))]), times.zone(name))
    return int(found[0]), bool(fold[0]), bool(gap[0])


def test_an_ambiguous_hour_takes_its_first_instant() -> None:
    # Paris, 2024-10-27: at 03:00 summer time (+2) the clock goes back to 02:00.
    assert local(datetime(2024, 10, 27, 2, 30), "Europe/Paris") == (
        ns(datetime(2024, 10, 27, 0, 30, tzinfo=UTC)),
        True,
        False,
    )
    assert local(datetime(2024, 10, 27, 1, 59, 59), "Europe/Paris")[1:] == (False, False)
    assert local(datetime(2024, 10, 27, 3, 0), "Europe/Paris") == (
        ns(datetime(2024, 10, 27, 2, 0, tzinfo=UTC)),
        False,
        False,
    )


def test_a_skipped_hour_takes_the_offset_before_it() -> None:
    # Paris, 2024-03-31: 02:00 (+1) becomes 03:00 (+2).
    assert local(datetime(2024, 3, 31, 2, 30), "Europe/Paris") == (
        ns(datetime(2024, 3, 31, 1, 30, tzinfo=UTC)),
        False,
        True,
    )


def test_a_clock_that_changes_one_minute_after_midnight() -> None:
    # St. John's, 2010-03-14: 00:01 (-3:30) becomes 01:01 (-2:30).
    zone = "America/St_Johns"
    assert [local(datetime(2010, 3, 14, 0, minute), zone)[2] for minute in (0, 1, 14, 59)] == [False, True, True, True]
    assert [local(datetime(2010, 3, 14, 1, minute), zone)[2] for minute in (0, 1)] == [True, False]


@given(
    st.sampled_from(ZONES),
    st.lists(st.datetimes(datetime(1900, 1, 1), datetime(2037, 12, 31)), min_size=1, max_size=20),
)
@example(
    "America/St_Johns", [datetime(2010, 3, 14, 0, 0, 59), datetime(2010, 3, 14, 0, 1), datetime(2010, 11, 7, 0, 0, 30)]
)
@example("Asia/Gaza", [datetime(2011, 4, 1, 0, 0, 59), datetime(2011, 4, 1, 0, 1)])
@example("Africa/Monrovia", [datetime(1972, 1, 7, 0, 44, 29), datetime(1972, 1, 7, 0, 44, 30)])
@example("Europe/Amsterdam", [datetime(1937, 7, 1, 0, 0, 27), datetime(1937, 7, 1, 0, 0, 28)])
def test_local_times_against_zoneinfo(name: str, walls: list[datetime]) -> None:
    tz = ZoneInfo(name)
    found, fold, gap = times.from_local(np.array([ns(wall.replace(tzinfo=UTC)) for wall in walls]), tz)
    for index, wall in enumerate(walls):
        first, second = (wall.replace(tzinfo=tz, fold=fold_).utcoffset() for fold_ in (0, 1))
        assert first is not None
        assert second is not None
        assert found[index] == ns((wall - first).replace(tzinfo=UTC)), wall
        assert (fold[index], gap[index]) == (first > second, first < second), wall


def test_no_times_at_all() -> None:
    found, fold, gap = times.from_local(np.empty(0, np.int64), UTC)
    assert (len(found), len(fold), len(gap)) == (0, 0, 0)
