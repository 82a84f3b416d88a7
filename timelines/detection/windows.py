"""Sliding windows over the events of one group. Events come sorted by time; equal times are one instant, whatever their order."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from timelines.detection.questions import COMPARE
from timelines.detection.rules import Limit
from timelines.detection.tallies import Event, Number, Tally

Holds = Callable[[Number], bool]


@dataclass(frozen=True, slots=True)
class Window:
    """Events of windows that satisfied the condition and share events; `measure` is the largest value among them."""

    events: tuple[Event, ...]
    measure: Number


def within(limits: Sequence[Limit]) -> Holds:
    """Whether a measure satisfies all limits. A decimal fraction of a rule is taken as written."""
    exact = [(COMPARE[limit.op], _exact(limit.count)) for limit in limits]
    return lambda measure: all(compare(measure, count) for compare, count in exact)


def _exact(count: float) -> Number:
    return Fraction(repr(count)) if isinstance(count, float) else count


def once(events: list[Event]) -> list[Event]:
    """Events with those left out that another rule's match of the same rows already stands for."""
    return list({event.rows: event for event in reversed(events)}.values())[::-1]


def counted_windows(events: list[Event], span: int, holds: Holds) -> list[Window]:
    """Windows by how many events they hold; an event that several rules matched is one."""
    unique = once(events)
    return _merged(unique, ((first, last, last - first) for first, last in _spans(unique, span)), holds)


def tallied_windows(events: list[Event], span: int, tally: Tally, holds: Holds) -> list[Window]:
    """Windows by what a tally (new) makes of their events."""
    return _merged(events, _tallied(events, span, tally), holds)


def _tallied(events: list[Event], span: int, tally: Tally) -> Iterable[tuple[int, int, Number]]:
    reach, begin = 0, 0
    for first, last in _spans(events, span):
        for event in events[reach:last]:
            tally.add(event)
        for event in events[begin:first]:
            tally.remove(event)
        reach, begin = max(reach, last), first
        yield first, last, tally.measure()


def _spans(events: list[Event], span: int) -> Iterable[tuple[int, int]]:
    """The events [first, last) of the window that begins at each distinct instant."""
    times = [event.time for event in events]
    for first, time in enumerate(times):
        if first == 0 or times[first - 1] != time:
            yield first, bisect_right(times, time + span)


def _merged(events: list[Event], measured: Iterable[tuple[int, int, Number]], holds: Holds) -> list[Window]:
    out: list[tuple[int, int, Number]] = []
    for first, last, value in measured:
        if not holds(value):
            continue
        if out and first < out[-1][1]:
            begin, end, most = out[-1]
            out[-1] = (begin, max(end, last), max(most, value))
        else:
            out.append((first, last, value))
    return [Window(tuple(events[first:last]), most) for first, last, most in out]


def ordered_windows(events: list[Event], span: int, chains: Sequence[Sequence[int]]) -> list[Window]:
    """Windows in which the rules of any chain matched in its order, each step another event than the step before.

    Events of one instant may stand in either order: their sources do not tell.
    """
    hits = [hit for chain in chains for hit in _completed(events, span, chain)]
    return [_between(events, begin, end, steps) for begin, end, steps in _joined(hits)]


def _completed(events: list[Event], span: int, chain: Sequence[int]) -> Iterable[tuple[int, int, int]]:
    """Begin and end of completed chains, with their length. For each step the latest begin of a chain is kept, and a second one that
    ends in other rows, so that one event is never two steps in a row."""
    place = {rule: step for step, rule in enumerate(chain)}
    last = len(chain) - 1
    kept: list[list[tuple[int, tuple[int, ...]]]] = [[] for _ in chain]
    mine = [(event, place[event.rule]) for event in events if event.rule in place]
    for event, step in sorted(mine, key=lambda item: (item[0].time, item[1], item[0].rows)):
        before = kept[step - 1] if step else [(event.time, ())]
        begins = [begin for begin, rows in before if rows != event.rows and event.time - begin <= span]
        if not begins:
            continue
        begin = max(begins)
        if step == last:
            yield begin, event.time, len(chain)
        found = sorted([*kept[step], (begin, event.rows)], reverse=True)
        best = found[0]
        kept[step] = [best, *[one for one in found[1:] if one[1] != best[1]][:1]]


def _joined(hits: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    out: list[tuple[int, int, int]] = []
    for begin, end, steps in sorted(hits):
        if out and begin <= out[-1][1]:
            first, last, most = out[-1]
            out[-1] = (first, max(last, end), max(most, steps))
        else:
            out.append((begin, end, steps))
    return out


def _between(events: list[Event], begin: int, end: int, steps: int) -> Window:
    return Window(tuple(event for event in events if begin <= event.time <= end), steps)
