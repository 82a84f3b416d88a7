"""The lines of web server logs in the order of their files, some at a time, so that memory does not grow with a log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

if TYPE_CHECKING:
    from timelines.query import Timeline

Ints = npt.NDArray[np.int64]

FAMILIES = ("web/access", "web/error", "web/audit")
PAGE = 300_000  # lines read at a time


@dataclass(frozen=True, slots=True)
class LogFile:
    """One file's lines of one family: how many have a time, the first and last of these times (UTC ns), and where they lie (bytes)."""

    family: str
    exhibit: str
    file: str
    lines: int
    first: int
    last: int
    begin: int
    end: int

    @property
    def view(self) -> str:
        return self.family.replace("/", "_")


def log_files(timeline: Timeline) -> list[LogFile]:
    """Every file with lines that have a time, in order of family, exhibit and file."""
    found: list[LogFile] = []
    for family in FAMILIES:
        if timeline.parts(family):
            view = family.replace("/", "_")
            found += [LogFile(family, **row) for row in timeline.sql(_FILES.format(view)).to_pylist()]
    return found


_FILES = """
select exhibit, file, count(*) as lines, min(epoch_ns(time)) as first, max(epoch_ns(time)) as last, min("offset") as begin,
max("offset") as end from {} where time is not null group by all order by all
"""


def pages(timeline: Timeline, log: LogFile, columns: Sequence[str]) -> Iterator[pa.Table]:
    """The lines of a file that have a time, in file order: `offset`, `t` (UTC ns) and the columns named (SQL), about PAGE at a time."""
    named = "".join(f", {column}" for column in columns)
    query = f"""select "offset", epoch_ns(time) as t{named} from {log.view}
        where exhibit = ? and file = ? and "offset" >= ? and "offset" < ? and time is not null"""
    cuts = max(-(-log.lines // PAGE), 1)
    edges = np.linspace(log.begin, log.end + 1, cuts + 1).astype(np.int64).tolist()
    for begin, end in pairwise(edges):
        table = timeline.sql(query, [log.exhibit, log.file, begin, end])
        offsets = table.column("offset").to_numpy()
        if len(offsets) and (np.diff(offsets) < 0).any():
            table = table.take(pa.array(np.argsort(offsets, kind="stable")))
        if table.num_rows:
            yield table


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
