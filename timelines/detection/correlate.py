"""Correlations: windows that slide over event time, apart for each group, over the matches of other rules.

A window begins at an event and holds all events of its group up to and including `timespan` later. Windows that satisfy the condition
and share events are told as one hit, which lists every row behind it. Matches without a time or without a value for a group field
are left out: they belong to no window and no group. Group and counted values are compared without regard to case, as Sigma compares.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from timelines.detection.cited import Cited, RuleHits
from timelines.detection.explain import quoted
from timelines.detection.folding import fold
from timelines.detection.rules import Correlation
from timelines.detection.windows import Event, Window, counted_windows, ordered_windows, valued_windows

NS = 1_000_000_000
_SAID = {
    "gt": "more than",
    "gte": "at least",
    "lt": "fewer than",
    "lte": "at most",
    "eq": "exactly",
    "neq": "other than",
}


@dataclass(frozen=True, slots=True)
class CorrelationHit:
    """One hit: `rows` (cited rows, ascending), the group's values by name, and the reason. `at` is the time of its last row in UTC ns."""

    key: str
    rows: tuple[int, ...]
    why: str
    at: int
    group: Mapping[str, str] = field(default_factory=dict)


def correlate(
    correlations: Sequence[Correlation], hits: Mapping[str, RuleHits], cited: Cited
) -> dict[str, tuple[CorrelationHit, ...]]:
    """Hits of every correlation by its rule id. Each stands after the rules it refers to, other correlations among them."""
    times, timed = cited.times()
    row_ids = [str(text) for text in cited.texts("row_id")]
    clock = [int(t) if ok else None for t, ok in zip(times.tolist(), timed.tolist(), strict=True)]
    done: dict[str, tuple[CorrelationHit, ...]] = {}
    for correlation in correlations:
        groups = _groups(correlation, hits, done, clock)
        found: list[CorrelationHit] = []
        for key in sorted(groups):
            shown, events = groups[key]
            for window in _windows(correlation, events):
                found.append(_hit(correlation, shown, window, row_ids))
        done[correlation.about.rule_id] = tuple(sorted(found, key=lambda hit: (hit.rows, hit.key)))
    return done


_Groups = dict[tuple[str, ...], tuple[tuple[str, ...], list[Event]]]


def _groups(
    correlation: Correlation,
    hits: Mapping[str, RuleHits],
    done: Mapping[str, tuple[CorrelationHit, ...]],
    clock: Sequence[int | None],
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
    correlation: Correlation, which: int, rule_id: str, hits: Mapping[str, RuleHits], clock: Sequence[int | None]
) -> Iterator[tuple[Event, tuple[str, ...]]]:
    if rule_id not in hits:
        return
    found = hits[rule_id]
    group = [found.fields[name] for name in correlation.fields[rule_id]]
    counted = [found.fields[name] for name in correlation.counted.get(rule_id, ())]
    for at, row in enumerate(found.rows.tolist()):
        time = clock[row]
        values = tuple(column[at] for column in group)
        told = tuple(column[at] for column in counted)
        if time is not None and all(values) and all(told):
            yield Event(time, (row,), which, _folded(told)), tuple(str(value) for value in values)


def _nested_events(
    correlation: Correlation, which: int, rule_id: str, done: Mapping[str, tuple[CorrelationHit, ...]]
) -> Iterator[tuple[Event, tuple[str, ...]]]:
    for hit in done[rule_id]:
        values = tuple(hit.group.get(name) for name in correlation.fields[rule_id])
        told = tuple(hit.group.get(name) for name in correlation.counted.get(rule_id, ()))
        if all(values) and all(told):
            yield Event(hit.at, hit.rows, which, _folded(told)), tuple(str(value) for value in values)


def _folded(values: Sequence[str | None]) -> tuple[str, ...]:
    return tuple(fold(str(value)) for value in values)


def _windows(correlation: Correlation, events: list[Event]) -> list[Window]:
    span, op, count = correlation.timespan, correlation.op, correlation.count
    match correlation.type:
        case "event_count":
            return counted_windows(events, span, op, count)
        case "value_count":
            return valued_windows(events, span, op, count, lambda event: event.counted)
        case "temporal":
            return valued_windows(events, span, op, count, lambda event: event.rule)
        case "temporal_ordered":
            return ordered_windows(events, span, len(correlation.rules))


def _hit(correlation: Correlation, values: tuple[str, ...], window: Window, row_ids: Sequence[str]) -> CorrelationHit:
    rows = tuple(sorted({row for event in window.events for row in event.rows}))
    group = dict(zip(correlation.group_by, values, strict=True))
    about = ", ".join(f"{name} {quoted(value)}" for name, value in group.items()) or "all rows together"
    seconds = f"{correlation.timespan // NS} s"
    count = f"{_SAID[correlation.op]} {correlation.count}"
    match correlation.type:
        case "event_count":
            said = f"{window.measure} events within {seconds} ({count} asked)"
        case "value_count":
            names = ", ".join(dict.fromkeys(n for told in correlation.counted.values() for n in told))
            said = f"{window.measure} different values of {names} within {seconds} ({count} asked)"
        case "temporal":
            said = f"{window.measure} of {len(correlation.rules)} rules matched within {seconds} ({count} asked)"
        case "temporal_ordered":
            said = f"all {len(correlation.rules)} rules matched in their order within {seconds}"
    key = "\n".join([*(fold(value) for value in values), row_ids[rows[0]]])
    return CorrelationHit(key, rows, f"{about}: {said}; {len(rows)} rows", window.events[-1].time, group)
