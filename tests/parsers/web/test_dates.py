"""Log dates against the standard library's own reading of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.web.dates import clf_times, ctimes, looks_clf, w3c_times
from timelines.times import from_civil

MOMENTS = st.datetimes(datetime(1678, 1, 1), datetime(2261, 12, 31))
OFFSETS = st.integers(-14 * 60, 14 * 60)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def packed(texts: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Texts behind one another: bytes, starts, ends."""
    ends = np.cumsum([len(text) for text in texts])
    return np.frombuffer("".join(texts).encode(), np.uint8), np.concatenate(([0], ends[:-1])), ends


def ns(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1) * 1_000


@settings(deadline=None)
@given(st.lists(st.tuples(MOMENTS, OFFSETS), min_size=1, max_size=5))
def test_common_log_dates(moments: list[tuple[datetime, int]]) -> None:
    zoned = [m.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=offset))) for m, offset in moments]
    data, starts, _ = packed([f"{m:%d/%b}/{m.year:04d}:{m:%H:%M:%S %z}" for m in zoned])
    found, real = clf_times(data, starts, np.ones(len(starts), np.bool_))
    assert looks_clf(data, starts).all()
    assert real.all()
    assert found.tolist() == [ns(m) for m in zoned]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 1600, 1677, 1678, 1700, 1900, 2000, 2023, 2024, 2261, 2262, 9999]),
            st.integers(1, 12),
            st.integers(0, 32),
            st.integers(0, 25),
            st.integers(0, 61),
            st.integers(0, 62),
            st.integers(-99, 99),
        ),
        min_size=1,
        max_size=20,
    ),
    st.booleans(),
)
def test_common_log_dates_that_may_not_exist(dates: list[tuple[int, ...]], zoned: bool) -> None:
    texts = [
        f"{day:02}/{datetime(2000, month, 1):%b}/{year:04}:{hour:02}:{minute:02}:{second:02} {'-' if east < 0 else '+'}{abs(east):02}30"
        for year, month, day, hour, minute, second, east in dates
    ]
    data, starts, _ = packed(texts)
    year, month, day, hour, minute, second, east = np.array(dates, np.int64).T
    offset = np.where(east < 0, -1, 1) * (abs(east) * 3600 + 1800) if zoned else 0
    ns, real = from_civil(year, month, day, hour, minute, second, offset)
    found, valid = clf_times(data, starts, np.full(len(starts), zoned))
    assert valid.tolist() == real.tolist()
    assert found.tolist() == ns.tolist()


@settings(deadline=None)
@given(st.lists(MOMENTS, min_size=1, max_size=5))
def test_c_library_dates(moments: list[datetime]) -> None:
    data, starts, ends = packed([f"{m:%a %b %d %H:%M:%S.%f} {m.year:04d}" for m in moments])
    found, real = ctimes(data, starts, ends)
    assert real.all()
    assert found.tolist() == [ns(m.replace(tzinfo=UTC)) for m in moments]


@settings(deadline=None)
@given(st.lists(MOMENTS, min_size=1, max_size=5))
def test_w3c_dates(moments: list[datetime]) -> None:
    data, starts, ends = packed([f"{m.year:04d}-{m:%m-%d %H:%M:%S.%f}" for m in moments])
    found, written, real = w3c_times(data, starts, starts + 11, ends)
    assert written.all()
    assert real.all()
    assert found.tolist() == [ns(m.replace(tzinfo=UTC)) for m in moments]


@pytest.mark.parametrize(
    "text",
    [
        "1a/Jan/2026:03:04:05 +0000",  # no digit
        "01-Jan/2026:03:04:05 +0000",  # no slash
        "01/Jam/2026:03:04:05 +0000",  # no month
        "01/Jan/2026:03:04:05 00000",  # no sign
        "01/Jan/2026:03:04:05+0000 ",  # no space
        "01/Jan/2026:03:04:05 +00",  # cut
    ],
)
def test_what_is_no_common_log_date(text: str) -> None:
    assert looks_clf(np.frombuffer(text.encode(), np.uint8), np.array([0])).tolist() == [False]


@pytest.mark.parametrize(
    ("text", "real"),
    [
        ("29/Feb/2024:23:59:60 +0000", True),  # leap day, leap second
        ("29/Feb/2023:00:00:00 +0000", False),
        ("00/Jan/2026:00:00:00 +0000", False),
        ("01/Jan/2026:24:00:00 +0000", False),
        ("01/Jan/0001:00:00:00 +0000", False),  # outside a 64-bit count of ns
        ("01/Jan/2026:00:00:00 +9959", False),
    ],
)
def test_dates_that_are_no_instant(text: str, real: bool) -> None:
    data = np.frombuffer(text.encode(), np.uint8)
    assert clf_times(data, np.array([0]), np.array([True]))[1].tolist() == [real]
