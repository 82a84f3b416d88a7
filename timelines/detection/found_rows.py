"""All rows that rules matched, by where they lie: in timeline order, whatever the order of work, and some thirty bytes each.

A rule that only correlations use may match every request of a log, of which few are cited in the end. So a row is its instant and its
place, and what findings say of it is read from the timeline when it is known which rows these are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from timelines.detection.cited import CITED_SCHEMA, TOLD, TOLD_SCHEMA, Cited, RuleHits, as_told, times_of
from timelines.detection.columns import Bools, Ints
from timelines.detection.repeated import Repeated, paired

ORDER = ("time", "exhibit", "file", "offset")  # then `row_id`, which is read only where all of these are equal
PLACES = ("family", "exhibit", "file", "offset")
PLACES_SCHEMA = pa.schema([CITED_SCHEMA.field(name) for name in PLACES])
_LAST = np.iinfo(np.int64).max


class Rows(Protocol):
    """A part of the timeline, which can be read again."""

    @property
    def family(self) -> str: ...

    @property
    def schema(self) -> pa.Schema: ...

    def read(self, columns: Sequence[str], *, groups: Collection[int]) -> Iterator[pa.Table]:
        """The tables with these numbers, in order."""
        ...


@dataclass(frozen=True)
class FoundRows:
    """Rows in timeline order (rows without a time last), and what each rule found, by its place in the rule set.

    `times`, `timed`: (n,) UTC ns, and where there is a time at all. `origin`: (n,) which of `tables` (a part and the number of a table in
    it) a row lies in; `place`: (n,) its position there.
    """

    hits: Mapping[int, RuleHits]
    times: Ints
    timed: Bools
    tables: Sequence[tuple[Rows, int]]
    origin: npt.NDArray[np.int32]
    place: npt.NDArray[np.int32]

    def cited(self, rows: Ints) -> Cited:
        """Some of the rows (ascending), as findings need them."""
        tables = [
            as_told(family, table) for family, table in _read(self.tables, self.origin[rows], self.place[rows], TOLD)
        ]
        table = pa.concat_tables(tables) if tables else TOLD_SCHEMA.empty_table()
        order = _reading_order(self.origin[rows])
        in_order = bool((order[1:] > order[:-1]).all())  # as the rows of one log mostly are: then nothing is copied
        return Cited(table if in_order else table.take(pa.array(order.argsort())))

    def places(self) -> pa.Table:
        """The family, exhibit, file and offset of all rows."""
        read = [
            table.append_column("family", pa.repeat(family, table.num_rows)).select(PLACES).cast(PLACES_SCHEMA)
            for family, table in _read(self.tables, self.origin, self.place, PLACES)
        ]
        table = pa.concat_tables(read) if read else PLACES_SCHEMA.empty_table()
        return table.take(pa.array(_reading_order(self.origin).argsort()))

    def texts(self, name: str) -> Repeated[str | None]:
        """A core column of all rows."""
        read = [
            Repeated.of(table.column(name).to_pylist() if name in table.schema.names else [None] * table.num_rows)
            for _, table in _read(self.tables, self.origin, self.place, tuple({name: 0, "row_id": 0}))
        ]
        return Repeated.joined(read).take(_reading_order(self.origin).argsort())


def _coded(column: pa.ChunkedArray) -> Repeated[str | None]:
    array = column.combine_chunks()
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    codes = encoded.indices.fill_null(len(encoded.dictionary)).to_numpy(zero_copy_only=False)
    return Repeated([*encoded.dictionary.to_pylist(), None], codes)


def _reading_order(origin: npt.NDArray[np.int32]) -> Ints:
    return np.argsort(origin, kind="stable")


def _read(
    tables: Sequence[tuple[Rows, int]],
    origin: npt.NDArray[np.int32],
    place: npt.NDArray[np.int32],
    names: Sequence[str],
) -> Iterator[tuple[str, pa.Table]]:
    """Rows of the tables, one table after the other: in the order of `_reading_order`."""
    if len(origin) == 0:
        return
    order = _reading_order(origin)
    used, first = np.unique(origin[order], return_index=True)
    places = dict(zip(used.tolist(), np.split(place[order], first[1:]), strict=True))
    asked = [name for name in names if name != "family"]
    at = 0
    while at < len(used):
        rows = tables[used[at]][0]
        mine = [number for number in used[at:].tolist() if tables[number][0] is rows]
        for number, table in zip(mine, rows.read(asked, groups=[tables[n][1] for n in mine]), strict=True):
            yield rows.family, table.take(pa.array(places[number]))
        at += len(mine)


class Gathering:
    """Collects rows and matches table by table; `finish` puts them into timeline order."""

    def __init__(self) -> None:
        self._tables: list[tuple[Rows, int]] = []
        self._keys: list[tuple[Ints, Bools, Ints, Ints]] = []
        self._places: list[npt.NDArray[np.int32]] = []
        self._files: dict[tuple[str | None, str | None], int] = {}
        self._count = 0
        self._rows: dict[int, list[Ints]] = {}
        self._why: dict[int, list[Repeated[str]]] = {}
        self._fields: dict[int, dict[str, list[Repeated[str | None]]]] = {}

    def add_rows(self, rows: Rows, number: int, table: pa.Table, positions: Ints) -> Ints:
        """Take the rows at `positions` (ascending) of a part's table, read with ORDER; returns the numbers they are cited under."""
        taken = table.take(pa.array(positions))
        offsets = taken.column("offset").combine_chunks().fill_null(_LAST).to_numpy(zero_copy_only=False)
        self._keys.append((*times_of(taken), self._numbered(taken), offsets))
        self._tables.append((rows, number))
        self._places.append(positions.astype(np.int32))
        first = self._count
        self._count += len(positions)
        return np.arange(first, self._count, dtype=np.int64)

    def _numbered(self, taken: pa.Table) -> Ints:
        """(n,) a number for each row's exhibit and file."""
        exhibits, files = (_coded(taken.column(name)) for name in ("exhibit", "file"))
        which, pairs = paired(exhibits, files)
        numbers = [self._files.setdefault(pair, len(self._files)) for pair in pairs]
        return np.array(numbers, np.int64)[which]

    def add_hits(self, rule: int, found: Ints, why: Sequence[str], fields: Mapping[str, Sequence[str | None]]) -> None:
        self._rows.setdefault(rule, []).append(found)
        self._why.setdefault(rule, []).append(Repeated.of(why).packed())
        mine = self._fields.setdefault(rule, {})
        for name, values in fields.items():
            mine.setdefault(name, []).append(Repeated.of(values).packed())

    def finish(self) -> FoundRows:
        empty = (np.empty(0, np.int64), np.empty(0, np.bool_), np.empty(0, np.int64), np.empty(0, np.int64))
        times, timed, files, offsets = (np.concatenate(each) for each in zip(empty, *self._keys, strict=True))
        self._keys.clear()
        origin = np.repeat(np.arange(len(self._tables), dtype=np.int32), [len(one) for one in self._places])
        place = np.concatenate([np.empty(0, np.int32), *self._places])
        keys = (times, ~timed, self._file_ranks()[files], offsets)
        del files
        order = np.lexsort((keys[3], keys[2], keys[0], keys[1]))
        order = self._settled(order, keys, origin, place)
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        hits = {}
        for rule in sorted(self._rows):
            rows = rank[np.concatenate(self._rows[rule])]
            by_time = np.argsort(rows, kind="stable")
            mine = self._fields.pop(rule)
            fields = {name: Repeated.compact(mine.pop(name)).take(by_time) for name in list(mine)}
            hits[rule] = RuleHits(rows[by_time], Repeated.compact(self._why.pop(rule)).take(by_time), fields)
            pa.default_memory_pool().release_unused()
        return FoundRows(hits, times[order], timed[order], self._tables, origin[order], place[order])

    def _file_ranks(self) -> Ints:
        ordered = sorted(self._files, key=lambda pair: [(text is None, text or "") for text in pair])
        out = np.empty(len(ordered), np.int64)
        out[[self._files[pair] for pair in ordered]] = np.arange(len(ordered))
        return out

    def _settled(
        self, order: Ints, keys: Sequence[Ints | Bools], origin: npt.NDArray[np.int32], place: npt.NDArray[np.int32]
    ) -> Ints:
        """The order, with rows that all keys hold to be equal put in the order of their ids."""
        same = np.ones(max(0, len(order) - 1), np.bool_)
        for key in keys:
            same &= key[order[1:]] == key[order[:-1]]
        if not same.any():
            return order
        tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
        run = np.cumsum(~np.append(False, same))[tied]
        rows = order[tied]
        read = [table.column("row_id") for _, table in _read(self._tables, origin[rows], place[rows], ("row_id",))]
        ids = pa.concat_arrays([chunk for column in read for chunk in column.cast(pa.string()).chunks])
        rank = pc.rank(ids, sort_keys="ascending", tiebreaker="first").to_numpy(zero_copy_only=False)
        by_row = rank[_reading_order(origin[rows]).argsort()]
        out = order.copy()
        out[tied] = rows[np.lexsort((by_row, run))]
        return out
