"""Correlations: windows that slide over event time, apart for each group, over the matches of other rules.

A window begins at an event and holds all events of its group up to and including `timespan` later. Windows that satisfy the condition
and share events are told as one hit, which lists every row behind it. Matches without a time or without a value for a group field
are left out: they belong to no window and no group; so are those without a number where numbers are measured. Group and counted
values are compared without regard to case, as Sigma compares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cache
from typing import get_args

from timelines.detection.cited import RuleHits
from timelines.detection.columns import Bools, Ints
from timelines.detection.explain import quoted, trimmed
from timelines.detection.folding import fold
from timelines.detection.likely_events import likely_events
from timelines.detection.rules import AllMatched, AnyMatched, Correlation, Matched, Metric, NotMatched, RuleExpression
from timelines.detection.tallies import Different, Event, Percentile, Satisfied, Total, exact, shown
from timelines.detection.windows import Window, counted_windows, once, ordered_windows, tallied_windows, within

NS = 1_000_000_000
_SAID = {
    "gt": "more than",
    "gte": "at least",
    "lt": "fewer than",
    "lte": "at most",
    "eq": "exactly",
    "neq": "other than",
}
_MEASURED = {"value_sum": "sum", "value_avg": "mean", "value_median": "median"}


@dataclass(frozen=True, slots=True)
class CorrelationHit:
    """One hit: `rows` (found rows, ascending), the group's values by name, and the reason. `at` is the time of its last row in UTC ns."""

    key: str
    rows: tuple[int, ...]
    why: str
    at: int
    group: Mapping[str, str] = field(default_factory=dict)


def correlate(
    correlations: Sequence[Correlation], hits: Mapping[str, RuleHits], clock: Clock
) -> dict[str, tuple[CorrelationHit, ...]]:
    """Hits of every correlation by its rule id. Each stands after the rules it refers to, other correlations among them."""
    done: dict[str, tuple[CorrelationHit, ...]] = {}
    for correlation in correlations:
        groups = _groups(correlation, hits, done, clock)
        found: list[CorrelationHit] = []
        for key in sorted(groups):
            shown, events = groups[key]
            for window in _windows(correlation, events):
                found.append(_hit(correlation, shown, window))
        done[correlation.about.rule_id] = tuple(sorted(found, key=lambda hit: (hit.rows, hit.key)))
    return done


Clock = tuple[Ints, Bools]  # of the found rows: UTC ns (n,), and where there is a time at all
_Groups = dict[tuple[str, ...], tuple[tuple[str, ...], list[Event]]]


def _groups(
    correlation: Correlation,
    hits: Mapping[str, RuleHits],
    done: Mapping[str, tuple[CorrelationHit, ...]],
    clock: Clock,
) -> _Groups:
    """Events by group, with the group's values as the earliest event spells them."""
    groups: _Groups = {}
    raw: list[tuple[Event, tuple[str, ...]]] = []
    for which, rule_id in enumerate(correlation.rules):
        sources = _own_events(correlation, which, rule_id, hits, clock)
        raw += sources if rule_id not in done else _nested_events(correlation, which, rule_id, done)
    for event, values in sorted(raw, key=lambda item: (item[0].time, item[0].rows, item[0].rule, item[1])):
        groups.setdefault(tuple(fold(value) for value in values), (values, []))[1].append(event)
    return groups


def _own_events(
    correlation: Correlation, which: int, rule_id: str, hits: Mapping[str, RuleHits], clock: Clock
) -> Iterator[tuple[Event, tuple[str, ...]]]:
    if rule_id not in hits:
        return
    found = hits[rule_id]
    group = [found.fields[name] for name in correlation.fields[rule_id]]
    counted = [found.fields[name] for name in correlation.counted.get(rule_id, ())]
    times, timed = clock
    places = likely_events(correlation, found, times, timed)
    places = places[timed[found.rows[places]]]
    rows = found.rows[places]
    for at, row, time in zip(places.tolist(), rows.tolist(), times[rows].tolist(), strict=True):
        told = tuple(column[at] for column in counted)
        yield from _event(correlation, which, time, (row,), tuple(column[at] for column in group), told)


def _nested_events(
    correlation: Correlation, which: int, rule_id: str, done: Mapping[str, tuple[CorrelationHit, ...]]
) -> Iterator[tuple[Event, tuple[str, ...]]]:
    for hit in done[rule_id]:
        values = tuple(hit.group.get(name) for name in correlation.fields[rule_id])
        told = tuple(hit.group.get(name) for name in correlation.counted.get(rule_id, ()))
        yield from _event(correlation, which, hit.at, hit.rows, values, told)


def _event(
    correlation: Correlation,
    which: int,
    time: int,
    rows: tuple[int, ...],
    group: tuple[str | None, ...],
    told: tuple[str | None, ...],
) -> Iterator[tuple[Event, tuple[str, ...]]]:
    """The event with its group's values; nothing where a value that is needed is missing, or is no number where one is measured."""
    if not (all(group) and all(told)):
        return
    values = tuple(str(value) for value in group)
    if correlation.type not in get_args(Metric):
        yield Event(time, rows, which, tuple(fold(str(value)) for value in told)), values
    elif (number := exact(str(told[0]))) is not None:
        yield Event(time, rows, which, (), number), values


def _windows(correlation: Correlation, events: list[Event]) -> list[Window]:
    span, holds = correlation.timespan, within(correlation.limits)
    match correlation.type:
        case "event_count":
            return counted_windows(events, span, holds)
        case "value_count":
            return tallied_windows(events, span, Different(lambda event: event.counted), holds)
        case "temporal" if correlation.expression is not None:
            return tallied_windows(events, span, Satisfied(_truth(correlation)), bool)
        case "temporal":
            return tallied_windows(events, span, Different(lambda event: event.rule), holds)
        case "temporal_ordered":
            return ordered_windows(events, span, correlation.chains)
        case "value_sum" | "value_avg":
            return tallied_windows(once(events), span, Total(mean=correlation.type == "value_avg"), holds)
        case "value_percentile" | "value_median":
            return tallied_windows(once(events), span, Percentile(correlation.percentile), holds)


def _truth(correlation: Correlation) -> Callable[[frozenset[int]], bool]:
    expression = correlation.expression
    assert expression is not None

    @cache
    def holds(present: frozenset[int]) -> bool:
        return satisfied(expression, {correlation.rules[at] for at in present})

    return holds


def satisfied(expression: RuleExpression, matched: Set[str]) -> bool:
    """Whether a condition over rules holds when these, and no others, matched."""
    match expression:
        case Matched(rule):
            return rule in matched
        case AllMatched(args):
            return all(satisfied(arg, matched) for arg in args)
        case AnyMatched(args):
            return any(satisfied(arg, matched) for arg in args)
        case NotMatched(arg):
            return not satisfied(arg, matched)


def _hit(correlation: Correlation, values: tuple[str, ...], window: Window) -> CorrelationHit:
    rows = tuple(sorted({row for event in window.events for row in event.rows}))
    group = dict(zip(correlation.group_by, values, strict=True))
    about = ", ".join(f"{name} {quoted(value)}" for name, value in group.items()) or "all rows together"
    key = "\n".join(fold(value) for value in values)
    said = f"{about}: {_said(correlation, window)}; {len(rows)} rows"
    return CorrelationHit(key, rows, said, window.events[-1].time, group)


def _said(correlation: Correlation, window: Window) -> str:
    """What was found in the window, in words."""
    seconds = f"{correlation.timespan // NS} s"
    asked = " and ".join(f"{_SAID[limit.op]} {limit.count}" for limit in correlation.limits)
    names = ", ".join(dict.fromkeys(n for told in correlation.counted.values() for n in told))
    measure = shown(window.measure)
    match correlation.type:
        case "event_count":
            return f"{measure} events within {seconds} ({asked} asked)"
        case "value_count":
            return f"{measure} different values of {names} within {seconds} ({asked} asked)"
        case "temporal" if correlation.expression is not None:
            return f"the rules that matched within {seconds} satisfy {trimmed(correlation.written)}"
        case "temporal":
            return f"{measure} of {len(correlation.rules)} rules matched within {seconds} ({asked} asked)"
        case "temporal_ordered" if correlation.written:
            return f"{measure} rules matched in their order within {seconds} ({trimmed(correlation.written)} asked)"
        case "temporal_ordered":
            return f"all {len(correlation.rules)} rules matched in their order within {seconds}"
        case kind:
            measured = _MEASURED.get(kind, f"percentile {correlation.percentile}")
            return f"{measured} of {names} {measure} within {seconds} ({asked} asked)"
