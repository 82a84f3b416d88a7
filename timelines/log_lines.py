"""The lines of web server logs in the order of their files, some at a time, so that memory does not grow with a log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from timelines.parts import Part
    from timelines.query import Timeline

Ints = npt.NDArray[np.int64]

FAMILIES = ("web/access", "web/error", "web/audit")
PAGE = 300_000  # lines read at a time


@dataclass(frozen=True, slots=True)
class LogFile:
    """One file's lines of one family: how many have a time, the first and last of these times (UTC ns), where they lie (bytes), and by how
    much (ns) a time comes before that of the line before it, at most. With `wall`, its lines without a time of which the server's wall time
    is known: their times are that, as if it were UTC, and can be compared with one another only."""

    family: str
    exhibit: str
    file: str
    lines: int
    first: int
    last: int
    begin: int
    end: int
    back: int = 0
    wall: bool = False

    @property
    def view(self) -> str:
        return self.family.replace("/", "_")

    @property
    def ns(self) -> str:
        """SQL for a line's time."""
        return "epoch_ns(wall_time::timestamp_ns)" if self.wall else "epoch_ns(time)"

    @property
    def timed(self) -> str:
        """SQL for whether a line is one of those."""
        return "time is null and wall_time is not null" if self.wall else "time is not null"


def log_files(timeline: Timeline, wall: bool = False) -> list[LogFile]:
    """Every file with lines that have a time, or merely a wall time, in order of family, exhibit and file."""
    found: list[LogFile] = []
    for family in FAMILIES:
        held: dict[tuple[str, str], list[_Stretch]] = {}
        for part in timeline.parts(family):
            for place, stretch in _stretches(part, wall):
                held.setdefault(place, []).append(stretch)
        found += [_log_file(timeline, (family, wall), place, held[place]) for place in sorted(held)]
    return found


@dataclass(frozen=True, slots=True)
class _Stretch:
    """One file's lines in one part, in order of offset: how many, earliest and latest time, first and last offset, the times of the first
    and last line, and by how much a time goes back."""

    lines: int
    earliest: int
    latest: int
    begin: int
    end: int
    opens: int
    closes: int
    back: int


def _stretches(part: Part, wall: bool) -> Iterator[tuple[tuple[str, str], _Stretch]]:
    """By exhibit and file the lines of a part that have a time. A part is what a task made of some 64 MiB of evidence."""
    if wall and "wall_time" not in part.schema.names:
        return
    tables = list(part.read(["exhibit", "file", "offset", "time", *(["wall_time"] if wall else [])]))
    if not tables:
        return
    table = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
    exhibits, files = (table.column(name).chunk(0) for name in ("exhibit", "file"))
    time = table.column("time").cast(pa.int64()).combine_chunks()
    if wall:
        written = table.column("wall_time").cast(pa.string()).combine_chunks().cast(pa.timestamp("ns")).cast(pa.int64())
        time = pc.if_else(time.is_valid(), None, written)
    timed = time.is_valid().to_numpy(zero_copy_only=False)
    offset, when = table.column("offset").to_numpy(), time.fill_null(0).to_numpy()
    code = exhibits.indices.to_numpy().astype(np.int64) * len(files.dictionary) + files.indices.to_numpy()
    if not timed.all():
        offset, when, code = offset[timed], when[timed], code[timed]
    after = np.diff(code)
    if (after < 0).any() or ((np.diff(offset) < 0) & (after == 0)).any():
        order = np.lexsort((offset, code))
        offset, when, code = offset[order], when[order], code[order]
        after = np.diff(code)
    edges = np.flatnonzero(after) + 1
    for first, stop in pairwise([0, *edges.tolist(), len(code)]):
        if first < stop:
            exhibit, file = divmod(int(code[first]), len(files.dictionary))
            place = exhibits.dictionary[exhibit].as_py(), files.dictionary[file].as_py()
            yield place, _stretch(offset[first:stop], when[first:stop])


def _stretch(offset: Ints, when: Ints) -> _Stretch:
    bounds = int(when.min()), int(when.max()), int(offset[0]), int(offset[-1]), int(when[0]), int(when[-1])
    return _Stretch(len(when), *bounds, _goes_back(when))


def _goes_back(when: Ints) -> int:
    return max(0, int((when[:-1] - when[1:]).max())) if len(when) > 1 else 0


def _log_file(timeline: Timeline, kind: tuple[str, bool], place: tuple[str, str], held: Sequence[_Stretch]) -> LogFile:
    """A file's lines in all parts, which mostly follow one another; where they lie among each other they are read in order of offset."""
    ordered = sorted(held, key=lambda one: (one.begin, one.end))
    earliest, latest = min(one.earliest for one in ordered), max(one.latest for one in ordered)
    end = max(one.end for one in ordered)
    family, wall = kind
    lines = sum(one.lines for one in ordered)
    log = LogFile(family, *place, lines, earliest, latest, ordered[0].begin, end, wall=wall)
    if any(one.end >= other.begin for one, other in pairwise(ordered)):
        return replace(log, back=_back_in(pages(timeline, log, ())))
    between = [one.closes - other.opens for one, other in pairwise(ordered)]
    return replace(log, back=max([0, *between, *(one.back for one in ordered)]))


def _back_in(tables: Iterator[pa.Table]) -> int:
    last, back = np.empty(0, np.int64), 0
    for page in tables:
        when = np.concatenate((last, page.column("t").to_numpy()))
        back, last = max(back, _goes_back(when)), when[-1:]
    return back


def pages(timeline: Timeline, log: LogFile, columns: Sequence[str]) -> Iterator[pa.Table]:
    """The lines of a file that have a time, in file order: `offset`, `t` (UTC ns) and the columns named (SQL), about PAGE at a time."""
    named = "".join(f", {column}" for column in columns)
    query = f"""select "offset", {log.ns} as t{named} from {log.view}
        where exhibit = ? and file = ? and "offset" >= ? and "offset" < ? and {log.timed}"""
    cuts = max(-(-log.lines // PAGE), 1)
    edges = np.linspace(log.begin, log.end + 1, cuts + 1).astype(np.int64).tolist()
    for begin, end in pairwise(edges):
        table = timeline.sql(query, [log.exhibit, log.file, begin, end])
        offsets = table.column("offset").to_numpy()
        if len(offsets) and (np.diff(offsets) < 0).any():
            table = table.take(pa.array(np.argsort(offsets, kind="stable")))
        if table.num_rows:
            yield table


def read(timeline: Timeline, logs: Sequence[LogFile]) -> Iterator[tuple[LogFile, Iterator[pa.Table]]]:
    """Each log with its `pages`, in order; small ones are read together, so that a thousand rotated files cost few questions."""
    held: list[LogFile] = []
    for log in logs:
        if held and (
            (log.family, log.wall) != (held[0].family, held[0].wall)
            or sum(one.lines for one in held) + log.lines > PAGE
        ):
            yield from _together(timeline, held)
            held = []
        held.append(log)
    if held:
        yield from _together(timeline, held)


def _together(timeline: Timeline, logs: Sequence[LogFile]) -> Iterator[tuple[LogFile, Iterator[pa.Table]]]:
    """Logs of one family and kind of time that are a page together, or one log of any size."""
    if len(logs) == 1:
        yield logs[0], pages(timeline, logs[0], ())
        return
    table = timeline.sql(
        f"""with files as (select unnest(?) as exhibit, unnest(?) as file, unnest(?) as place)
        select place, "offset", {logs[0].ns} as t from {logs[0].view} join files using (exhibit, file) where {logs[0].timed}""",
        [[log.exhibit for log in logs], [log.file for log in logs], list(range(len(logs)))],
    )
    place, offset = table.column("place").to_numpy(), table.column("offset").to_numpy()
    table = table.take(pa.array(np.lexsort((offset, place))))
    edges = np.searchsorted(np.sort(place), np.arange(len(logs) + 1)).tolist()
    for log, (first, end) in zip(logs, pairwise(edges), strict=True):
        yield log, iter((table.slice(first, end - first),))


def at_offsets(timeline: Timeline, log: LogFile, offsets: Sequence[int], columns: str) -> dict[int, dict[str, Any]]:
    """What the lines at these offsets say, by offset. Of several rows of one line, the first by id."""
    rows = timeline.sql(
        f"""select "offset", row_id, {columns} from {log.view}
        where exhibit = ? and file = ? and "offset" in (select unnest(?)) order by "offset", row_id desc""",
        [log.exhibit, log.file, sorted(set(offsets))],
    )
    return {row["offset"]: row for row in rows.to_pylist()}


def places_of(
    timeline: Timeline, family: str, exhibit: str, file: str, offsets: Sequence[int]
) -> list[tuple[str, str]]:
    """Row id and line number (where there is none, offset) of the lines at these offsets, in their order."""
    log = LogFile(family, exhibit, file, 0, 0, 0, 0, 0)
    rows = at_offsets(timeline, log, offsets, 'coalesce(record, "offset")::varchar as number')
    return [(rows[offset]["row_id"], rows[offset]["number"]) for offset in offsets]
