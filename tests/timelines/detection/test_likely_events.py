"""Events left out before correlation change no window: against all windows of all events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.our_rules import our_rules
from timelines.detection.cited import RuleHits
from timelines.detection.likely_events import likely_events
from timelines.detection.rules import Correlation, Limit

WEB_SCAN = next(c for c in our_rules().correlations if c.about.name == "web_scan")
(REFUSED,) = WEB_SCAN.rules
LATE = 2**63 - 1

EVENTS = st.lists(
    st.tuples(
        st.integers(0, 40) | st.integers(LATE - 5, LATE), st.booleans(), st.sampled_from(["a", "A", "b", "", None])
    )
)


def correlation(span: int, *limits: Limit, **more: Any) -> Correlation:
    return replace(WEB_SCAN, timespan=span, limits=limits, **more)


def likely(one: Correlation, events: Sequence[tuple[int, bool, str | None]]) -> list[int]:
    hits = RuleHits(np.arange(len(events)), ("",) * len(events), {"c-ip": tuple(group for _, _, group in events)})
    times = np.array([time for time, _, _ in events], np.int64)
    found: list[int] = likely_events(one, hits, times, np.array([timed for _, timed, _ in events], np.bool_)).tolist()
    return found


@settings(deadline=None)
@given(EVENTS, st.integers(1, 12), st.integers(2, 5))
def test_what_is_kept_lies_in_a_window_with_enough_events(events: list[Any], span: int, least: int) -> None:
    usable = [(at, time, group.lower()) for at, (time, timed, group) in enumerate(events) if timed and group]
    expected = set()
    for _, begin, group in usable:
        window = {at for at, time, other in usable if other == group and begin <= time <= begin + span}
        expected |= window if len(window) >= least else set()
    assert likely(correlation(span, Limit("gte", least)), events) == sorted(expected)
    assert likely(correlation(span, Limit("gt", least - 1), Limit("lte", 9)), events) == sorted(expected)


def test_conditions_without_a_lower_bound_keep_every_event() -> None:
    events = [(0, True, "a"), (5, True, "b")]
    assert likely(correlation(1, Limit("lte", 3)), events) == [0, 1]
    assert likely(correlation(1, Limit("neq", 3)), events) == [0, 1]
    assert likely(correlation(1, Limit("gte", 1)), events) == [0, 1]
    assert likely(correlation(1, Limit("gte", 2), type="value_sum"), events) == [0, 1]
    assert likely(correlation(1, Limit("gte", 2), rules=(REFUSED, "other")), events) == [0, 1]
