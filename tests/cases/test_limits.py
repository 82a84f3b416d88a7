"""Which lines bear no time, and of which of them not even the order can be judged."""

from __future__ import annotations

from collections.abc import Callable

from cases.limits import limits
from timelines.query import Timeline

from ..timelines.analyzers.conftest import Rows, made

__all__ = ["made"]


def test_lines_with_no_wall_time_either_are_set_apart(made: Callable[..., Timeline]) -> None:
    wall = {"wall_time": ["2026-01-01 00:00:00", None, None, None]}
    other = Rows("net/dns", "x.pcap", [None], {})
    timeline = made(
        Rows("web/error", "error.log", [None, None, None, 5.0], wall), Rows("web/access", "a.log", [None], {}), other
    )
    assert [(zone.file, zone.quality, zone.rows) for zone in limits(timeline).zones] == [
        ("a.log", "no-order", 1),
        ("error.log", "no-order", 2),
        ("error.log", "no-time", 1),
        ("x.pcap", "no-time", 1),
    ]
