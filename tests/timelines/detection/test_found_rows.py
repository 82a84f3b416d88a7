"""Rows that rules found come in timeline order whatever the order of work, and are read again where they lie."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from timelines.detection.cited import TOLD_SCHEMA
from timelines.detection.found_rows import ORDER, FoundRows, Gathering
from timelines.schema import TIME

ROWS = st.lists(
    st.tuples(
        st.sampled_from([None, -1, 0, 1]),
        st.sampled_from(["E001", "E002", None]),
        st.sampled_from(["a.log", "b.log"]),
        st.sampled_from([0, 7, None]),
    ),
    min_size=1,
    max_size=30,
)


@dataclass(frozen=True, eq=False)
class Held:
    """A part with several tables; `asked` notes which were read."""

    tables: Sequence[pa.Table]
    asked: list[tuple[int, ...]]
    family: str = "web/access"

    @property
    def schema(self) -> pa.Schema:
        return self.tables[0].schema

    def read(self, columns: Sequence[str], *, groups: Collection[int]) -> Iterator[pa.Table]:
        self.asked.append(tuple(groups))
        for number in sorted(groups):
            table = self.tables[number]
            yield table.select([name for name in columns if name in table.schema.names])


def tables_of(rows: Sequence[tuple[object, ...]], ids: Sequence[str], cuts: Sequence[int]) -> list[pa.Table]:
    columns = list(zip(*rows, strict=True))
    arrays = [pa.array(columns[0], pa.int64()).cast(TIME), *(pa.array(c, pa.string()) for c in columns[1:3])]
    arrays += [pa.array(columns[3], pa.int64()), pa.array(ids), pa.array([f"host {one}" for one in ids])]
    whole = pa.table(arrays, names=[*ORDER, "row_id", "host"])
    edges = sorted({0, len(rows), *(cut % len(rows) for cut in cuts)})
    return [whole.slice(first, last - first) for first, last in pairwise(edges)]


def gathered(parts: Sequence[Held]) -> FoundRows:
    """All rows but every third of each table, of which a rule 5 finds those at even places."""
    gathering = Gathering()
    for part in parts:
        for number, table in enumerate(part.tables):
            chosen = np.flatnonzero(np.arange(table.num_rows) % 3 != 2)
            found = gathering.add_rows(part, number, table.select(ORDER), chosen)
            even = chosen % 2 == 0
            why = [f"why {one}" for one in table.column("row_id").take(pa.array(chosen[even])).to_pylist()]
            if even.any():
                gathering.add_hits(5, found[even], why, {"f": why})
    return gathering.finish()


@settings(deadline=None)
@given(ROWS, st.lists(st.integers(0, 30), max_size=3), st.randoms())
def test_in_timeline_order_however_cut(rows: list[tuple[object, ...]], cuts: list[int], random: object) -> None:
    ids = [f"{at:03d}" for at in range(len(rows))]
    random.shuffle(ids)  # type: ignore[attr-defined]
    tables = tables_of(rows, ids, cuts)
    parts = [Held(tables[:1], []), Held(tables[1:], [])]
    found = gathered(parts)
    every = np.arange(len(found.times))
    told = found.cited(every).table.to_pylist()
    given = dict(zip(ids, rows, strict=True))
    order = [row["row_id"] for row in told]
    assert order == sorted(order, key=lambda one: [(value is None, value or 0) for value in (*given[one], one)])
    assert order == list(found.texts("row_id"))
    assert [row["host"] for row in told] == [f"host {row['row_id']}" for row in told] == list(found.texts("host"))
    assert found.timed.tolist() == [row["time"] is not None for row in told]
    places = [("web/access", *given[one][1:]) for one in order]
    assert [tuple(row.values()) for row in found.places().to_pylist()] == places
    some = every[::2]
    assert found.cited(some).table.to_pylist() == told[::2]
    for rule, hits in found.hits.items():
        assert rule == 5
        assert hits.rows.tolist() == sorted(set(hits.rows.tolist()))
        assert list(hits.why) == list(hits.fields["f"]) == [f"why {told[row]['row_id']}" for row in hits.rows.tolist()]


def test_only_tables_with_cited_rows_are_read_again() -> None:
    rows = [(at, "E001", "a.log", at) for at in range(9)]
    part = Held(tables_of(rows, [str(at) for at in range(9)], [3, 6]), [])
    found = gathered([part])
    assert not part.asked  # no two rows have the same time, file and offset: no row id is needed
    assert found.cited(np.array([0, 5])).texts("row_id") == ["0", "7"]
    assert part.asked == [(0, 2)]


def test_nothing_found_is_an_empty_table() -> None:
    found = Gathering().finish()
    assert found.hits == {}
    assert found.cited(np.empty(0, np.int64)).table == TOLD_SCHEMA.empty_table()
    assert list(found.texts("host")) == []
