"""A chart of each finding as data: the records that it cites over their own span of time, by kind of source.

A finding whose cited records lie within one second has none: its card gives that moment, and one bar would add nothing
(docs/decisions/0010-chart-drawn-by-hand.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from cases.bins import Chart, Lane
from cases.chart import WIDTHS
from timelines.findings import Finding
from timelines.query import Timeline
from timelines.times import NS

BINS = 120  # at most: a bar of 4 points on a printed page
LEAST = 60  # at least: fewer bars would be slabs that do not say when; the axis runs on at both ends instead
_CITED = "charted_rows"  # a table beside the timeline: which finding cites which row
_SPAN = NS  # the narrowest bar: what lies closer together cannot be told apart on a chart

Ints = np.ndarray[tuple[int], np.dtype[np.int64]]


def finding_charts(timeline: Timeline, findings: Sequence[Finding]) -> dict[str, Chart]:
    """The charts by finding id, read from the timeline in one pass for all findings. Every cited row that the timeline holds counts."""
    return {
        finding.finding_id: made
        for finding, (sources, times, timeless) in zip(findings, _cited(timeline, findings), strict=True)
        if (made := _chart(sources, times, timeless))
    }


def _cited(timeline: Timeline, findings: Sequence[Finding]) -> Iterator[tuple[Sequence[str], Ints, int]]:
    """For each finding its rows' kinds of source (n,) and instants (n,) in UTC ns, and how many rows have no instant."""
    rows = [list(dict.fromkeys(finding.rows)) for finding in findings]
    numbers = np.repeat(np.arange(len(rows)), [len(mine) for mine in rows])
    ids = pa.chunked_array([pa.array(mine, pa.string()) for mine in rows], pa.string())
    table = timeline.beside(_CITED, pa.table({"place": pa.array(numbers), "row_id": ids})).sql(
        "select place, split_part(family, '/', 1) as source, epoch_ns(time) as t "
        f"from timeline join {_CITED} using (row_id) order by place, source, t"
    )
    timed = table.filter(table.column("t").is_valid())
    places, times = (timed.column(name).to_numpy() for name in ("place", "t"))
    sources = timed.column("source").to_pylist()
    edges = np.searchsorted(places, np.arange(len(findings) + 1)).tolist()
    lost = np.bincount(table.filter(table.column("t").is_null()).column("place").to_numpy(), minlength=len(findings))
    for place in range(len(findings)):
        first, last = edges[place], edges[place + 1]
        yield sources[first:last], times[first:last], int(lost[place])


def _chart(sources: Sequence[str], times: Ints, timeless: int) -> Chart | None:
    if not len(times) or int(times.max()) - int(times.min()) < _SPAN:
        return None
    low, high = int(times.min()), int(times.max())
    width = next((w for w in WIDTHS if high // w - low // w < BINS - 2), WIDTHS[-1])
    filled = high // width - low // width + 1
    margin = max(1, (LEAST - filled + 1) // 2)
    bins = filled + 2 * margin
    begin = low // width - margin
    named = np.array(sources)
    lanes = tuple(
        Lane(source, tuple(np.bincount(times[named == source] // width - begin, minlength=bins).tolist()))
        for source in sorted(set(sources))
    )
    return Chart(begin * width, width, lanes, (), 0, 0, timeless)
