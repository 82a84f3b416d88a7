"""The requests that findings cite, as columns: some at a time, with the sizes that ordinary answers of their paths have.

A finding may cite millions of requests; as objects they would take half a kilobyte each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from timelines.analyzers import Threshold

if TYPE_CHECKING:
    from timelines.findings import Finding
    from timelines.query import Timeline

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

ORDINARY = Threshold("ORDINARY", 5, "answers", "Of the same path; fewer do not show which sizes are ordinary.")
APART = Threshold("APART", 0.2, "of the median", "Pages that hold a date or a name differ by less.")
PAGE = 250_000  # requests read at a time, but all of a finding's
ASKED = "asked_rows"  # a table beside the timeline: which finding cites which row
_REQUESTS = f"""
with cited as (select finding, row_id, exhibit, file, "offset", coalesce(cs_uri_stem, '') as path, coalesce(c_ip, '') as client,
    sc_status as status, sc_bytes as size, epoch_ns(time) as time from web_access join {ASKED} using (row_id)
    where finding between ? and ?),
ordinary as (select exhibit, cs_uri_stem as path, count(*) as count, min(sc_bytes) as least,
    quantile_disc(sc_bytes, 0.5) as median, max(sc_bytes) as most from web_access
    where sc_status between 200 and 299 and sc_bytes is not null
    and cs_uri_stem in (select path from cited where status between 200 and 299)
    and row_id not in (select row_id from {ASKED}) group by all)
select cited.*, coalesce(count, 0) as count, least, median, most from cited left join ordinary using (exhibit, path)
order by finding, time, exhibit, file, "offset", row_id
"""


@dataclass(frozen=True)
class Requests:
    """Cited requests in timeline order, (n,) of each column; what a row does not say is null, `time` is UTC ns. Of the `count` ordinary
    answers of their path (none of them cited by an attempt) `least`, `median` and `most` are the sizes (bytes)."""

    table: pa.Table

    def number(self, name: str) -> Ints:
        """A column of numbers, -1 where there is none."""
        found: Ints = self.table.column(name).cast(pa.int64()).fill_null(-1).to_numpy()
        return found

    def row(self, place: int) -> dict[str, Any]:
        found: dict[str, Any] = self.table.slice(place, 1).to_pylist()[0]
        return found

    def of_class(self, digit: int) -> int:
        """How many were answered with a status that begins so."""
        return int((self.number("status") // 100 == digit).sum())

    @cached_property
    def comparable(self) -> Bools:
        """Successful answers of a known size, of paths that have enough ordinary ones."""
        found: Bools = (self.number("status") // 100 == 2) & (self.number("size") >= 0)
        return found & (self.number("count") >= ORDINARY.value)

    @cached_property
    def unlike(self) -> Bools:
        """Those whose size lies outside all ordinary ones, well apart from their median."""
        size, median = self.number("size"), self.number("median")
        outside = (size < self.number("least")) | (size > self.number("most"))
        found: Bools = self.comparable & outside & (np.abs(size - median) > APART.value * median)
        return found


def with_asked(timeline: Timeline, findings: Sequence[Finding]) -> Timeline:
    """The timeline, with the rows that each of these findings cites (by its number) beside it."""
    counts = np.array([len(finding.rows) for finding in findings], np.int64)
    rows = [pa.array(finding.rows, pa.string()) for finding in findings]
    numbers = pa.array(np.repeat(np.arange(len(findings), dtype=np.int32), counts))
    return timeline.beside(ASKED, pa.table({"finding": numbers, "row_id": pa.chunked_array(rows, pa.string())}))


def cited_requests(asked: Timeline, findings: Sequence[Finding]) -> Iterator[tuple[int, Requests]]:
    """What each finding cites of access logs, by its number, of a timeline `with_asked`; none for one that cites nothing of them."""
    held: list[int] = []
    for number, finding in enumerate(findings):
        held.append(number)
        whole = sum(len(findings[one].rows) for one in held) >= PAGE
        if whole or finding is findings[-1]:
            table = asked.sql(_REQUESTS, [held[0], held[-1]])
            mine = table.column("finding").to_numpy()
            edges = np.searchsorted(mine, [*held, held[-1] + 1])
            for one, first, end in zip(held, edges[:-1].tolist(), edges[1:].tolist(), strict=True):
                if end > first:
                    yield one, Requests(table.slice(first, end - first))
            held = []
