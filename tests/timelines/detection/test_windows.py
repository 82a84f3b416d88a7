"""Sliding windows: what they hold at their borders, with ties, and against windows tried one by one."""

from __future__ import annotations

from itertools import pairwise, product

from hypothesis import given, settings
from hypothesis import strategies as st

from timelines.detection.rules import Limit
from timelines.detection.tallies import Different, Event
from timelines.detection.windows import Holds, Window, counted_windows, ordered_windows, tallied_windows, within


def at(*times: int, rule: int = 0) -> list[Event]:
    return [Event(time, (row,), rule) for row, time in enumerate(times)]


def limit(op, count: float) -> Holds:
    return within([Limit(op, count)])


def rows_of(windows: list[Window]) -> list[list[int]]:
    return [sorted({row for event in window.events for row in event.rows}) for window in windows]


def test_the_end_of_the_timespan_belongs_to_the_window() -> None:
    assert rows_of(counted_windows(at(0, 5, 10), 10, limit("gte", 3))) == [[0, 1, 2]]
    assert rows_of(counted_windows(at(0, 5, 11), 10, limit("gte", 3))) == []


def test_windows_slide_and_do_not_jump() -> None:
    """Three events around a full minute: a window that starts on the minute would see one and two."""
    assert rows_of(counted_windows(at(58, 61, 63), 10, limit("gte", 3))) == [[0, 1, 2]]


def test_windows_that_share_events_are_one_hit_and_others_are_not() -> None:
    found = counted_windows(at(0, 1, 2, 3, 50, 100, 101, 102), 10, limit("gte", 3))
    assert rows_of(found) == [[0, 1, 2, 3], [5, 6, 7]]
    assert [window.measure for window in found] == [4, 3]


def test_every_operator() -> None:
    events = at(0, 1, 100)
    assert rows_of(counted_windows(events, 10, limit("gt", 1))) == [[0, 1]]
    assert rows_of(counted_windows(events, 10, limit("eq", 2))) == [[0, 1]]
    assert rows_of(counted_windows(events, 10, limit("lt", 2))) == [[1], [2]]
    assert rows_of(counted_windows(events, 10, limit("lte", 0))) == []
    assert rows_of(counted_windows(events, 10, limit("neq", 2))) == [[1], [2]]


def test_ties_are_one_instant() -> None:
    """A window that begins at an instant holds all events of that instant."""
    assert rows_of(counted_windows(at(7, 7, 7), 10, limit("lt", 3))) == []
    assert rows_of(counted_windows(at(7, 7, 7), 10, limit("eq", 3))) == [[0, 1, 2]]


def test_an_event_that_two_rules_matched_counts_once_but_is_both_rules() -> None:
    twice = [Event(0, (0,), 0), Event(0, (0,), 1)]
    assert counted_windows(twice, 10, limit("gte", 2)) == []
    assert rows_of(tallied_windows(twice, 10, Different(lambda event: event.rule), limit("gte", 2))) == [[0]]


def test_values_leave_the_window() -> None:
    events = [
        Event(time, (row,), 0, (name,)) for row, (time, name) in enumerate([(0, "a"), (6, "b"), (12, "a"), (13, "c")])
    ]
    assert rows_of(tallied_windows(events, 10, Different(lambda event: event.counted), limit("gte", 3))) == [[1, 2, 3]]
    assert tallied_windows(events, 6, Different(lambda event: event.counted), limit("gte", 3)) == []


def test_order_counts() -> None:
    right = [Event(0, (0,), 0), Event(5, (1,), 1), Event(9, (2,), 2)]
    wrong = [Event(0, (0,), 1), Event(5, (1,), 0), Event(9, (2,), 2)]
    assert rows_of(ordered_windows(right, 10, [range(3)])) == [[0, 1, 2]]
    assert ordered_windows(right, 8, [range(3)]) == []
    assert ordered_windows(wrong, 10, [range(3)]) == []


def test_a_later_begin_still_counts() -> None:
    """The first attempt is too old; the second is not."""
    events = [Event(0, (0,), 0), Event(50, (1,), 0), Event(55, (2,), 1)]
    assert rows_of(ordered_windows(events, 10, [range(2)])) == [[1, 2]]


def test_events_of_one_instant_may_stand_in_either_order_but_one_event_is_not_two_steps() -> None:
    assert rows_of(ordered_windows([Event(3, (1,), 1), Event(3, (0,), 0)], 10, [range(2)])) == [[0, 1]]
    assert ordered_windows([Event(3, (0,), 0), Event(3, (0,), 1)], 10, [range(2)]) == []
    both = [Event(3, (0,), 0), Event(3, (0,), 1), Event(4, (1,), 1)]
    assert rows_of(ordered_windows(both, 10, [range(2)])) == [[0, 1]]


events_in_time = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 2), st.sampled_from("ab")), max_size=9
).map(lambda rows: [Event(time, (at,), rule, (name,)) for at, (time, rule, name) in enumerate(sorted(rows))])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(events=events_in_time, span=st.integers(0, 12), count=st.integers(1, 4))
def test_counts_agree_with_windows_tried_one_by_one(events: list[Event], span: int, count: int) -> None:
    tried = [[e for e in events if begin <= e.time <= begin + span] for begin in {e.time for e in events}]
    for op, holds in (("gte", lambda n: n >= count), ("lt", lambda n: n < count), ("eq", lambda n: n == count)):
        for got, size in (
            (counted_windows(events, span, limit(op, count)), len),
            (
                tallied_windows(events, span, Different(lambda e: e.counted), limit(op, count)),
                lambda w: len({e.counted for e in w}),
            ),
            (
                tallied_windows(events, span, Different(lambda e: e.rule), limit(op, count)),
                lambda w: len({e.rule for e in w}),
            ),
        ):
            expected = {row for window in tried if holds(size(window)) for e in window for row in e.rows}
            assert {row for rows in rows_of(got) for row in rows} == expected


@settings(max_examples=300, deadline=None)
@given(events=events_in_time, span=st.integers(0, 12), steps=st.integers(2, 3))
def test_order_agrees_with_chains_tried_one_by_one(events: list[Event], span: int, steps: int) -> None:
    mine = [event for event in events if event.rule < steps]
    chains = [
        chain
        for chain in product(*[[e for e in mine if e.rule == step] for step in range(steps)])
        if all(a.time <= b.time and a.rows != b.rows for a, b in pairwise(chain))
        and chain[-1].time - chain[0].time <= span
    ]
    got = {row for rows in rows_of(ordered_windows(mine, span, [range(steps)])) for row in rows}
    inside = {row for chain in chains for e in mine if chain[0].time <= e.time <= chain[-1].time for row in e.rows}
    assert bool(got) == bool(chains)
    assert got <= inside
    for chain in chains:
        later = [other for other in chains if other[-1].time == chain[-1].time and other[0].time > chain[0].time]
        assert later or {row for e in mine if chain[0].time <= e.time <= chain[-1].time for row in e.rows} <= got
