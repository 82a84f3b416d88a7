"""Which finding cites which row, as arrays: a million citations are looked up a table of rows at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cases.case import Case
from cases.citations import roles_of
from cases.reviews import reviews
from cases.summary import Summary

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Citations:
    """`findings`, `numbers` and `states` are (f,), in the summary's order; `rows` (r,) are the ids that they cite, each once.

    The findings that cite row `n` are `places[starts[n]:starts[n + 1]]`; `seen` (r,) tells which rows were met. `followed` gives by a
    finding's place and a row what that row is of what followed.
    """

    findings: tuple[str, ...]
    numbers: tuple[str, ...]
    states: tuple[str, ...]
    rows: pa.Array
    starts: Places
    places: Places
    seen: npt.NDArray[np.bool_] = field(repr=False)
    followed: Mapping[tuple[int, str], str] = field(default_factory=dict)

    @property
    def lines(self) -> int:
        return len(self.places)

    def each(self, table: pa.Table) -> pa.Table:
        """Every row of `table`, all of them cited, once for each finding that cites it, whose `place` is added."""
        rows = pc.index_in(table.column("row_id").combine_chunks(), value_set=self.rows).to_numpy().astype(np.int64)
        self.seen[rows] = True
        return self._each(table, rows)

    def roles(self, table: pa.Table) -> list[str]:
        """What each line of `table` (`row_id`, `place`) is of what followed; empty for what the rule found."""
        if not self.followed:
            return [""] * table.num_rows
        pairs = zip(table.column("place").to_pylist(), table.column("row_id").to_pylist(), strict=True)
        return [self.followed.get(pair, "") for pair in pairs]

    def absent(self) -> pa.Table:
        """`row_id` and `place` of every citation of a row that was not met."""
        rows = np.flatnonzero(~self.seen).astype(np.int64)
        return self._each(pa.table({"row_id": self.rows.take(pa.array(rows))}), rows)

    def _each(self, table: pa.Table, rows: Places) -> pa.Table:
        counts = self.starts[rows + 1] - self.starts[rows]
        before = np.cumsum(counts) - counts
        within = np.arange(counts.sum()) - np.repeat(before, counts)
        place = self.places[np.repeat(self.starts[rows], counts) + within]
        repeated = table.take(pa.array(np.repeat(np.arange(table.num_rows), counts)))
        return repeated.append_column("place", pa.array(place))


def citations(case: Case, summary: Summary) -> Citations:
    """What the findings of `summary` cite, those set aside included."""
    told = {one.finding_id: one for one in (*summary.inferences, *summary.set_aside)}
    found = [one.finding for one in reviews(case).findings if one.finding.finding_id in told]
    ids = pa.chunked_array([pa.array(one.rows, pa.string()) for one in found] or [pa.array([], pa.string())])
    encoded = ids.combine_chunks().dictionary_encode()
    owners = np.repeat(np.arange(len(found)), [len(one.rows) for one in found])
    width = max(len(found), 1)
    pairs = np.unique(encoded.indices.to_numpy().astype(np.int64) * width + owners)
    starts = np.searchsorted(pairs, np.arange(len(encoded.dictionary) + 1) * width)
    return Citations(
        tuple(one.finding_id for one in found),
        tuple(told[one.finding_id].number for one in found),
        tuple(told[one.finding_id].review.state for one in found),
        encoded.dictionary,
        starts.astype(np.int64),
        pairs % width,
        np.zeros(len(encoded.dictionary), np.bool_),
        {(place, row): role for place, one in enumerate(found) for row, role in roles_of(one).items()},
    )
