"""Instants as text, before and after 1970, with no more digits than are known."""

from __future__ import annotations

import pytest

from cases.moments import local_seconds, utc, utc_seconds


@pytest.mark.parametrize(
    ("instant", "shown"),
    [
        (None, ""),
        (0, "1970-01-01T00:00:00Z"),
        (1_772_572_445_250_000_000, "2026-03-03T21:14:05.25Z"),
        (1_772_572_445_000_000_001, "2026-03-03T21:14:05.000000001Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (-(2**63) + 1, "1677-09-21T00:12:43.145224193Z"),
        (2**63 - 1, "2262-04-11T23:47:16.854775807Z"),
    ],
)
def test_utc(instant: int | None, shown: str) -> None:
    assert utc(instant) == shown


def test_seconds_and_the_readers_zone() -> None:
    instant = 1_783_000_000_999_999_999  # 2026-07-02T13:46:40Z
    assert utc_seconds(instant) == "2026-07-02 13:46:40"
    assert local_seconds(instant, "Europe/Paris") == "2026-07-02 15:46:40 +02:00"
    assert local_seconds(instant, "America/New_York") == "2026-07-02 09:46:40 -04:00"
    assert (utc_seconds(None), local_seconds(None, "UTC")) == ("", "")
