"""Sliding windows over the events of one group. Events come sorted by time; equal times are one instant, whatever their order."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

from timelines.detection.questions import COMPARE


@dataclass(frozen=True, slots=True)
class Event:
    """A match as correlations see it: UTC ns, cited rows behind it, which of the correlation's rules, the values value_count counts."""

    time: int
    rows: tuple[int, ...]
    rule: int
    counted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """Events of windows that satisfied the condition and share events; `measure` is the value that is farthest from zero."""

    events: tuple[Event, ...]
    measure: int


def counted_windows(events: list[Event], span: int, op: str, count: float) -> list[Window]:
    """Windows by how many events they hold; an event that several rules matched is one."""
    unique = list({event.rows: event for event in reversed(events)}.values())[::-1]
    return _merged(unique, _spans(unique, span), lambda first, last: last - first, op, count)


def valued_windows(
    events: list[Event], span: int, op: str, count: float, value: Callable[[Event], Hashable]
) -> list[Window]:
    """Windows by how many different values their events have."""
    present: dict[Hashable, int] = {}
    reach, begin = 0, 0
    measures: dict[tuple[int, int], int] = {}
    spans = list(_spans(events, span))
    for first, last in spans:
        for event in events[reach:last]:
            present[value(event)] = present.get(value(event), 0) + 1
        for event in events[begin:first]:
            present[value(event)] -= 1
            if not present[value(event)]:
                del present[value(event)]
        reach, begin = max(reach, last), first
        measures[first, last] = len(present)
    return _merged(events, spans, lambda first, last: measures[first, last], op, count)


def _spans(events: list[Event], span: int) -> Iterable[tuple[int, int]]:
    """The events [first, last) of the window that begins at each distinct instant."""
    times = [event.time for event in events]
    for first, time in enumerate(times):
        if first == 0 or times[first - 1] != time:
            yield first, bisect_right(times, time + span)


def _merged(
    events: list[Event], spans: Iterable[tuple[int, int]], measure: Callable[[int, int], int], op: str, count: float
) -> list[Window]:
    compare = COMPARE[op]
    out: list[tuple[int, int, int]] = []
    for first, last in spans:
        value = measure(first, last)
        if not compare(value, count):
            continue
        if out and first < out[-1][1]:
            begin, end, most = out[-1]
            out[-1] = (begin, max(end, last), max(most, value))
        else:
            out.append((first, last, value))
    return [Window(tuple(events[first:last]), most) for first, last, most in out]


def ordered_windows(events: list[Event], span: int, steps: int) -> list[Window]:
    """Windows in which rule 0, rule 1 … matched in this order, each step another event than the step before.

    Events of one instant may stand in either order: their sources do not tell. For each step the latest begin of a chain is kept,
    and a second one that ends in other rows, so that one event is never two steps in a row.
    """
    chains: list[list[tuple[int, tuple[int, ...]]]] = [[] for _ in range(steps)]
    hits: list[tuple[int, int]] = []
    for event in sorted(events, key=lambda e: (e.time, e.rule, e.rows)):
        if event.rule == 0:
            begins = [event.time]
        else:
            begins = [
                begin for begin, rows in chains[event.rule - 1] if rows != event.rows and event.time - begin <= span
            ]
        if not begins:
            continue
        begin = max(begins)
        if event.rule == steps - 1:
            hits.append((begin, event.time))
        kept = sorted([*chains[event.rule], (begin, event.rows)], reverse=True)
        best = kept[0]
        chains[event.rule] = [best, *[chain for chain in kept[1:] if chain[1] != best[1]][:1]]
    return [_between(events, begin, end, steps) for begin, end in _joined(hits)]


def _joined(hits: list[tuple[int, int]]) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for begin, end in sorted(hits):
        if out and begin <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((begin, end))
    return out


def _between(events: list[Event], begin: int, end: int, steps: int) -> Window:
    return Window(tuple(event for event in events if begin <= event.time <= end), steps)
