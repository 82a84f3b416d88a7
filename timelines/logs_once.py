"""The lines of access logs as an SQL relation `lines`, in which each line of a log counts once.

What is judged log by log (the rotated files of one exhibit, `timelines.clocks.series_of`) leaves out what stands twice in that log alone. A
copy in another exhibit is a log of its own, and whole: were lines left out of it that stand elsewhere, it would seem to begin later.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from timelines.clocks import series_of
from timelines.log_lines import LogFile
from timelines.repeats import repeats

if TYPE_CHECKING:
    from timelines.query import Timeline

_ALL = "lines as (select * from web_access)"
_ONCE = """again as (select unnest(?) as exhibit, unnest(?) as file, unnest(?) as first_at, unnest(?) as last_at),
lines as (select a.* from web_access a asof left join again r on a.exhibit = r.exhibit and a.file = r.file and a."offset" >= r.first_at
    where r.last_at is null or a."offset" > r.last_at)"""


def lines_once(timeline: Timeline) -> tuple[str, list[list[Any]]]:
    """SQL that defines the relation (after `with` or a comma), and its parameters."""
    runs = repeats(timeline, _log)
    spans: list[tuple[str, str, int, int]] = []
    ordered = sorted((*run.side[1:], run.again.first, run.again.last) for run in runs if run.family == "web/access")
    for (exhibit, file), group in groupby(ordered, key=lambda span: span[:2]):
        held: list[tuple[int, int]] = []
        for *_, first, last in group:
            if held and first <= held[-1][1]:
                held[-1] = held[-1][0], max(held[-1][1], last)
            else:
                held.append((first, last))
        spans += [(exhibit, file, first, last) for first, last in held]
    return (_ONCE, [list(column) for column in zip(*spans, strict=True)]) if spans else (_ALL, [])


def _log(log: LogFile) -> tuple[str, str]:
    return log.exhibit, series_of(log.file)
