"""Cited rows read again: grouped by file, so that each file is opened once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from cases.case import Case
from cases.errors import CaseError
from cases.second_reading import LISTED, Difference, SecondReading, Tally, anchors, cited_rows
from forensics.exhibit_bytes import opened
from forensics.second_reader.comparison import Count, Row, rows_as_text
from parsers.second.reading import Place, SecondReader, Tool
from timelines.query import Timeline

BATCH = 5_000  # rows whose columns are held at a time
Progress = Callable[[int], None]


def read_again(
    case: Case, limit: int | None = None, override: Path | None = None, progress: Progress | None = None
) -> SecondReading:
    """Read cited rows (the first `limit` of `cited_rows`, all when None) with second readers and compare them with the timeline."""
    cited = cited_rows(case)
    chosen = cited if limit is None else cited[:limit]
    timeline = Timeline(case.timeline_folder)
    query = 'select row_id, family, exhibit, file, "offset", "length" from timeline where row_id in (select unnest(?))'
    placed = timeline.sql(f'{query} order by exhibit, file, "offset", row_id', [chosen]).to_pylist() if chosen else []
    counts: dict[str, Count] = {}
    out_of_reach: Counter[str] = Counter()
    differences: list[Difference] = []
    rows = _Rows(timeline, [place["row_id"] for place in placed])
    for (exhibit, file), group in groupby(placed, key=lambda place: (place["exhibit"], place["file"])):
        places = [Place(p["row_id"], p["family"], p["offset"], p["length"]) for p in group]
        try:
            with opened(case, exhibit, file, override, check=False) as view:
                for difference in _file(view, places, rows, counts):
                    if len(differences) < LISTED:
                        differences.append(difference)
                view.release()
        except CaseError as error:
            out_of_reach[str(error)] += len(places)
        if progress is not None:
            progress(len(places))
    held = {place["row_id"] for place in placed}
    cited_sha256, timeline_sha256 = anchors(case)
    return SecondReading(
        cited_sha256=cited_sha256,
        timeline_sha256=timeline_sha256,
        cited=len(cited),
        chosen=len(chosen),
        absent=tuple(row for row in chosen if row not in held),
        out_of_reach=dict(sorted(out_of_reach.items())),
        tallies=tuple(_tally(counts[name]) for name in sorted(counts)),
        differences=tuple(differences),
    )


class _Rows:
    """The columns of rows, fetched BATCH rows at a time in the order in which they are asked."""

    def __init__(self, timeline: Timeline, order: Sequence[str]) -> None:
        self._timeline, self._order = timeline, order
        self._next = 0
        self._held: dict[str, Row] = {}

    def get(self, row_id: str) -> Row:
        if row_id not in self._held:
            wanted = self._order[self._next : self._next + BATCH]
            self._next += BATCH
            self._held = dict(pair for table in self._timeline.rows(wanted) for pair in rows_as_text(table))
        return self._held[row_id]


def _file(view: memoryview, places: Sequence[Place], rows: _Rows, counts: dict[str, Count]) -> Iterator[Difference]:
    readers: dict[str, tuple[Tool, SecondReader]] = {}
    for place in places:
        group = place.family.partition("/")[0]
        if group not in readers:
            readers[group] = _reader(group, view)
        tool, reader = readers[group]
        count = counts.setdefault(tool.name, Count(tool))
        yield from count.take(place, rows.get(place.row_id), reader.read(place))


def _reader(group: str, view: memoryview) -> tuple[Tool, SecondReader]:
    if group == "windows":
        from parsers.second import event_records

        return event_records.tool(), event_records.EventRecords(view)
    if group == "net":
        from parsers.second import packets

        return packets.tool(), packets.PacketRecords(view)
    from parsers.second import web_lines

    return web_lines.tool(), web_lines.WebLines(view)


def _tally(count: Count) -> Tally:
    def ordered(counter: Counter[str]) -> dict[str, Any]:
        return dict(sorted(counter.items()))

    return Tally(
        tool=count.tool.name,
        version=count.tool.version,
        how=count.tool.how,
        rows=count.rows,
        read=count.read,
        fields=count.equal + sum(count.agreed.values()) + count.different,
        equal=count.equal,
        different=count.different,
        agreed=ordered(count.agreed),
        unread=ordered(count.unread),
        not_compared=ordered(count.not_compared),
    )
