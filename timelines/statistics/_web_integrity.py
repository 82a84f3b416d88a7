"""Rows of `integrity` for web server logs: what the analyzers of such logs see, place by place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from timelines.analyzers import (
    Words,
    web_log_hole,
    web_log_odd_lines,
    web_log_repeated,
    web_log_rotation,
    web_log_time_order,
)
from timelines.analyzers._odd_lines import odd_lines
from timelines.analyzers._rotation import oddities
from timelines.analyzers._silences import holes
from timelines.log_lines import places_of
from timelines.repeats import repeats

if TYPE_CHECKING:
    from timelines.query import Timeline

SECOND = 1_000_000_000
_SORTS = {sort: kind for kind, (_, sorts) in web_log_odd_lines.KINDS.items() for sort in sorts}


@dataclass(frozen=True, slots=True)
class Place:
    """One place: its kind, the words (by language) of which the title says what was seen, the row to go to, how much."""

    kind: str
    words: Words
    row_id: str
    amount: float | None = None
    unit: str | None = None


def web_rows(timeline: Timeline, lang: str) -> list[dict[str, Any]]:
    """The rows, without what a filter takes away; in no order."""
    if not any(name.startswith("web/") for name in timeline.families()):
        return []
    found = [*_times(timeline), *_silences(timeline), *_repeated(timeline), *_odd(timeline), *_rotated(timeline)]
    table = timeline.sql(
        "select row_id, epoch_ns(time) as time, host, family as log, exhibit, file, record from timeline "
        "where row_id in (select unnest(?))",
        [[place.row_id for place in found]],
    )
    known: Mapping[str, dict[str, Any]] = {row["row_id"]: row for row in table.to_pylist()}
    return [
        {
            **known[place.row_id],
            "kind": place.kind,
            "amount": place.amount,
            "unit": place.unit,
            "message": place.words[lang]["title"],
        }
        for place in found
    ]


def _times(timeline: Timeline) -> Iterator[Place]:
    words = web_log_time_order.ANALYZER.words
    for log, order in web_log_time_order.told(timeline):
        if order.mixed:
            at = [row for row, _ in places_of(timeline, log.family, log.exhibit, log.file, order.behind_at[:1])]
            yield from (Place("disorder", words["disorder"], row, float(order.behind), "lines") for row in at)
        if not order.usual:
            for kind, place in web_log_time_order.places(timeline, log, order.steps):
                yield Place("backwards", words[kind], place.after["row_id"], place.step.ns / SECOND, "s")


def _silences(timeline: Timeline) -> Iterator[Place]:
    words = web_log_hole.ANALYZER.words["hole"]
    if not timeline.parts("web/access"):
        return
    for hole in holes(timeline):
        _, after = web_log_hole.bounds(timeline, hole)
        yield Place("silent", words, after, (hole.last - hole.first) / SECOND, "s")


def _repeated(timeline: Timeline) -> Iterator[Place]:
    words = web_log_repeated.ANALYZER.words
    for run in repeats(timeline):
        ((row, _),) = places_of(timeline, run.family, run.again.exhibit, run.again.file, [run.again.first])
        within = (run.again.exhibit, run.again.file) == (run.before.exhibit, run.before.file)
        yield Place("repeated", words["within" if within else "two"], row, float(run.lines), "lines")


def _odd(timeline: Timeline) -> Iterator[Place]:
    words = web_log_odd_lines.ANALYZER.words
    for log in odd_lines(timeline):
        for kind in web_log_odd_lines.KINDS:
            cited = log.cited(*(sort for sort, of in _SORTS.items() if of == kind))
            lines = sum(count for sort, count in log.counts.items() if _SORTS[sort] == kind and sort != "escapes")
            if cited:
                yield Place(kind, words[kind], cited[0][1], float(lines), "lines")


def _rotated(timeline: Timeline) -> Iterator[Place]:
    words = web_log_rotation.ANALYZER.words
    for odd in oddities(timeline):
        log = odd.newer
        ((row, _),) = places_of(timeline, log.family, log.exhibit, log.file, [log.begin])
        amount = (odd.ns / SECOND, "s") if odd.ns else (float(odd.size), "bytes")
        yield Place("rotation", words[odd.kind], row, *amount)
