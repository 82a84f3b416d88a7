"""The second evaluator of correlations: every window tried one by one. Nothing of `timelines.detection` is used.

An event is a dict: `row` (its number), `time` (seconds, or None), `rules` (names of the rules that it matches) and its fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, pairwise, product
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Hit:
    """Group values (case folded), the rows behind the hit and the time of its last event."""

    group: tuple[str, ...]
    rows: frozenset[int]
    time: int
    named: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Occurrence:
    """A match inside a group: of the rule at this place of the correlation's list."""

    time: int
    rows: frozenset[int]
    place: int
    rule: str
    values: tuple[str, ...]


def correlate(documents: Sequence[Mapping[str, Any]], rows: Sequence[Row]) -> dict[str, list[Hit]]:
    """Hits of each correlation document (by name); a document stands after those it refers to."""
    done: dict[str, list[Hit]] = {}
    for document in documents:
        done[document["name"]] = hits_of(document["correlation"], rows, done)
    return done


def hits_of(body: Mapping[str, Any], rows: Sequence[Row], done: Mapping[str, list[Hit]]) -> list[Hit]:
    names = list(body["rules"])
    groups: dict[tuple[str, ...], list[tuple[Occurrence, tuple[str, ...]]]] = {}
    for place, name in enumerate(names):
        for occurrence, group in occurrences(body, place, name, rows, done):
            groups.setdefault(tuple(value.casefold() for value in group), []).append((occurrence, group))
    out = []
    for key, found in groups.items():
        found.sort(key=lambda item: (item[0].time, sorted(item[0].rows), item[0].place))
        events = [occurrence for occurrence, _ in found]
        spelled = tuple(zip(body.get("group-by", []), found[0][1], strict=True))
        span = int(body["timespan"][:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[body["timespan"][-1]]
        for part in merged(windows(body, events, span)):
            out.append(Hit(key, frozenset().union(*(e.rows for e in part)), max(e.time for e in part), spelled))
    return out


def occurrences(
    body: Mapping[str, Any], place: int, name: str, rows: Sequence[Row], done: Mapping[str, list[Hit]]
) -> list[tuple[Occurrence, tuple[str, ...]]]:
    condition = body.get("condition")
    field = condition.get("field") if isinstance(condition, dict) else None
    counted = [] if field is None else [field] if isinstance(field, str) else field
    if name in done:
        events = [(hit.time, hit.rows, dict(hit.named)) for hit in done[name]]
    else:
        events = [(row["time"], frozenset((row["row"],)), dict(row)) for row in rows if name in row["rules"]]
    out = []
    for time, behind, fields in events:
        group = [fields.get(real(body, each, name)) for each in body.get("group-by", [])]
        values = [fields.get(real(body, each, name)) for each in counted]
        if time is None or not all(group) or not all(values):
            continue
        if body["type"].startswith("value_") and body["type"] != "value_count" and number_of(values[0]) is None:
            continue
        folded = tuple(value.casefold() for value in values)
        out.append((Occurrence(time, behind, place, name, folded), tuple(group)))
    return out


def real(body: Mapping[str, Any], field: str, rule: str) -> str:
    """The field that an alias stands for in a rule's events."""
    return body.get("aliases", {}).get(field, {}).get(rule, field)


def number_of(text: str) -> Fraction | None:
    try:
        return Fraction(int(text, 16)) if text.startswith("0x") else Fraction(text)
    except ValueError:
        return None


def windows(body: Mapping[str, Any], events: list[Occurrence], span: int) -> list[list[Occurrence]]:
    """The windows that satisfy the condition: each begins at an event and has the events up to `span` later, that instant included."""
    if body["type"] == "temporal_ordered":
        return ordered(body, events, span)
    out = []
    for begin in sorted({event.time for event in events}):
        inside = [event for event in events if begin <= event.time <= begin + span]
        if satisfied(body, inside):
            out.append(inside)
    return out


def satisfied(body: Mapping[str, Any], inside: list[Occurrence]) -> bool:
    condition = body.get("condition", {"gte": len(body["rules"])})
    if isinstance(condition, str):
        matched = {event.rule for event in inside}
        return bool(eval(condition, {}, {name: name in matched for name in body["rules"]}))
    measure = measured(body, condition, inside)
    for name, limit in condition.items():
        limit = Fraction(str(limit)) if isinstance(limit, int | float) else None
        if name == "gt" and not measure > limit:
            return False
        if name == "gte" and not measure >= limit:
            return False
        if name == "lt" and not measure < limit:
            return False
        if name == "lte" and not measure <= limit:
            return False
        if name == "eq" and measure != limit:
            return False
        if name == "neq" and measure == limit:
            return False
    return True


def measured(body: Mapping[str, Any], condition: Mapping[str, Any], inside: list[Occurrence]) -> Fraction:
    kind = body["type"]
    if kind == "event_count":
        return Fraction(len({event.rows for event in inside}))
    if kind == "value_count":
        return Fraction(len({event.values for event in inside}))
    if kind == "temporal":
        return Fraction(len({event.rule for event in inside}))
    once = {event.rows: event for event in sorted(inside, key=lambda event: -event.place)}
    numbers = sorted(number_of(event.values[0]) for event in once.values())
    if kind == "value_sum":
        return sum(numbers, Fraction(0))
    if kind == "value_avg":
        return sum(numbers, Fraction(0)) / len(numbers)
    percent = 50 if kind == "value_median" else condition["percentile"]
    rank = Fraction(percent, 100) * (
        len(numbers) - 1
    )  # between the numbers at the whole ranks around it, in a straight line
    low = numbers[int(rank)]
    high = numbers[min(int(rank) + 1, len(numbers) - 1)]
    return low + (rank - int(rank)) * (high - low)


def ordered(body: Mapping[str, Any], events: list[Occurrence], span: int) -> list[list[Occurrence]]:
    """For each order and last event the chain that begins latest; a hit has all events from its begin to its end."""
    best: dict[tuple[tuple[int, ...], Occurrence], int] = {}
    for places in orders(body):
        for chain in product(*[[event for event in events if event.place == place] for place in places]):
            if any(a.time > b.time or a.rows == b.rows for a, b in pairwise(chain)):
                continue
            if chain[-1].time - chain[0].time <= span:
                key = (places, chain[-1])
                best[key] = max(best.get(key, chain[0].time), chain[0].time)
    return [[e for e in events if begin <= e.time <= last.time] for (_, last), begin in best.items()]


def orders(body: Mapping[str, Any]) -> list[tuple[int, ...]]:
    """Which rules, by their places, have to match in this order: any of these."""
    condition = body.get("condition")
    count = len(body["rules"])
    if condition is None:
        return [tuple(range(count))]
    every = [places for size in range(1, count + 1) for places in combinations(range(count), size)]
    if isinstance(condition, str):
        enough = [p for p in every if eval(condition, {}, {n: at in p for at, n in enumerate(body["rules"])})]
    else:
        enough = [p for p in every if len(p) >= condition["gte"]]
    return [p for p in enough if not any(set(other) < set(p) for other in enough)]  # no rule that need not be there


def merged(parts: list[list[Occurrence]]) -> list[set[Occurrence]]:
    """Windows that share an event are one."""
    out: list[set[Occurrence]] = []
    for part in parts:
        joined = set(part)
        apart = []
        for other in out:
            if other & joined:
                joined |= other
            else:
                apart.append(other)
        out = [*apart, joined]
    return out
