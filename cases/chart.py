"""The timeline chart as data: events a bin by kind of source, and where the findings lie."""

from __future__ import annotations

from collections.abc import Sequence

from cases.summary import Chart, Inference, Lane, Mark
from timelines.query import Timeline
from timelines.times import NS

BINS = 200  # at most: a bar of 3 points on a printed page
# Widths that a reader can name: 1 second to 10 years.
WIDTHS = tuple(
    seconds * NS
    for seconds in (
        *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200),
        *(days * 86_400 for days in (1, 2, 7, 14, 30, 90, 180, 365, 730, 3_650)),
    )
)
TAIL = 0.005  # of events at each end that may lie beyond the chart: one broken clock must not flatten the rest


def chart(timeline: Timeline, inferences: Sequence[Inference]) -> Chart | None:
    """The chart of a whole case, or None when no row has a time. Findings are always inside it."""
    edges = timeline.sql(
        f"select quantile_disc(t, {TAIL}) as low, quantile_disc(t, {1 - TAIL}) as high, min(t) as first, max(t) as last, count(*) as n "
        "from (select epoch_ns(time) as t from timeline where time is not null)"
    ).to_pylist()[0]
    timeless = timeline.sql("select count(*) as n from timeline where time is null").to_pylist()[0]["n"]
    if not edges["n"]:
        return None
    low, high = _span(edges["first"], edges["last"], edges["low"], edges["high"])
    marks = tuple(
        Mark(found.number, found.level, found.first, found.last if found.last is not None else found.first)
        for found in inferences
        if found.first is not None
    )
    low = min([low, *(mark.first for mark in marks)])
    high = max([high, *(mark.last for mark in marks)])
    width = next((w for w in WIDTHS if high // w - low // w < BINS), WIDTHS[-1])
    start, bins = low // width * width, high // width - low // width + 1
    rows = timeline.sql(  # `//` rounds towards zero; the remainder makes it round down, before 1970 too
        "select split_part(family, '/', 1) as source, (t - ((t % $1) + $1) % $1) // $1 - $2 as bin, count(*) as n "
        "from (select family, epoch_ns(time) as t from timeline where time is not null) group by all order by all",
        [width, start // width],
    ).to_pylist()
    lanes: dict[str, list[int]] = {}
    before = after = 0
    for row in rows:
        if row["bin"] < 0:
            before += row["n"]
        elif row["bin"] >= bins:
            after += row["n"]
        else:
            lanes.setdefault(row["source"], [0] * bins)[row["bin"]] = row["n"]
    ordered = tuple(Lane(source, tuple(lanes[source])) for source in sorted(lanes))
    return Chart(start, width, ordered, marks, before, after, timeless)


def _span(first: int, last: int, low: int, high: int) -> tuple[int, int]:
    """All events, unless a few stragglers would stretch the axis to more than ten times the bulk."""
    if last - first <= 10 * max(high - low, 60 * NS):
        return first, last
    margin = (high - low) // 20  # so that the bulk's own edges stay on the chart
    return max(first, low - margin), min(last, high + margin)
