"""Instants as people type them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from forensics.instants import to_ns

HOUR = 3_600_000_000_000


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("1970-01-01", 0),
        ("1970-01-01T01:00", HOUR),
        ("1970-01-01 01:00:00Z", HOUR),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T00:00:00.000000001", 1),
        ("1969-12-31T23:59:59.5Z", -500_000_000),
        ("2026-01-14T08:00:00.123456789Z", 1_768_377_600_123_456_789),
        (datetime(1970, 1, 1, 1), HOUR),
        (datetime(1970, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))), 0),
        (datetime(1970, 1, 1, 0, 0, 0, 5, tzinfo=UTC), 5_000),
        (date(1970, 1, 2), 24 * HOUR),
    ],
)
def test_instants(value, expected):
    assert to_ns(value) == expected


def test_timestamps_keep_their_nanoseconds():
    import pandas as pd

    assert to_ns(pd.Timestamp("1970-01-01T00:00:00.000000007", tz="UTC")) == 7


@pytest.mark.parametrize("value", ["yesterday", "14/01/2026", "2026-13-01", "2026-01-14T25:00", "", 5])
def test_what_is_no_instant_is_refused(value):
    with pytest.raises(ValueError, match="is not an instant"):
        to_ns(value)
