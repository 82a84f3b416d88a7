"""The rows that rules cite, gathered once, in timeline order, whatever the order of work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from timelines.detection.columns import Ints
from timelines.schema import CORE

CITED: tuple[str, ...] = (
    *("row_id", "time", "family", "host", "user", "src_ip", "dst_ip", "process", "object"),
    *("flags", "exhibit", "file", "offset"),
)
CITED_SCHEMA = pa.schema([column.field() for name in CITED for column in CORE if column.name == name])
_ORDER = [
    ("time", "ascending"),
    ("exhibit", "ascending"),
    ("file", "ascending"),
    ("offset", "ascending"),
    ("row_id", "ascending"),
]
UNSOUND = frozenset(("recovered", "truncated", "bad-checksum", "loose"))  # rows read from damaged or ill-formed bytes


@dataclass(frozen=True, slots=True)
class RuleHits:
    """One rule's matches. `rows` (k,) index the cited rows, ascending, each once; `why` and `fields` (by field name) stand beside them."""

    rows: Ints
    why: tuple[str, ...]
    fields: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Cited:
    """Rows in timeline order (rows without a time last), and what each rule found, by its place in the rule set."""

    table: pa.Table
    hits: Mapping[int, RuleHits]

    def texts(self, name: str) -> list[str | None]:
        return self.table.column(name).to_pylist()  # type: ignore[no-any-return]

    def times(self) -> tuple[Ints, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
        """UTC ns (n,), and where there is a time at all."""
        column = self.table.column("time").combine_chunks()
        valid = pc.is_valid(column).to_numpy(zero_copy_only=False)
        return pc.fill_null(pc.cast(column, pa.int64()), 0).to_numpy(zero_copy_only=False), valid


class Gathering:
    """Collects rows and matches table by table; `finish` puts them into timeline order."""

    def __init__(self) -> None:
        self._tables: list[pa.Table] = []
        self._count = 0
        self._rows: dict[int, list[Ints]] = {}
        self._why: dict[int, list[str]] = {}
        self._fields: dict[int, dict[str, list[str | None]]] = {}

    def add_rows(self, family: str, table: pa.Table, positions: Ints) -> Ints:
        """Take the rows at `positions` (ascending) of a table with core columns; returns the numbers they are cited under."""
        taken = table.take(pa.array(positions))
        columns = []
        for name, kind in zip(CITED_SCHEMA.names, CITED_SCHEMA.types, strict=True):
            if name == "family":
                columns.append(pa.chunked_array([pa.repeat(pa.scalar(family), len(positions))]))
            elif name in taken.schema.names:
                columns.append(taken.column(name).cast(kind))
            else:
                columns.append(pa.chunked_array([pa.nulls(len(positions), kind)]))
        self._tables.append(pa.table(columns, schema=CITED_SCHEMA))
        first = self._count
        self._count += len(positions)
        return np.arange(first, self._count, dtype=np.int64)

    def add_hits(self, rule: int, cited: Ints, why: Sequence[str], fields: Mapping[str, Sequence[str | None]]) -> None:
        self._rows.setdefault(rule, []).append(cited)
        self._why.setdefault(rule, []).extend(why)
        mine = self._fields.setdefault(rule, {})
        for name, values in fields.items():
            mine.setdefault(name, []).extend(values)

    def finish(self) -> Cited:
        table = pa.concat_tables(self._tables) if self._tables else CITED_SCHEMA.empty_table()
        order = pc.sort_indices(table, sort_keys=_ORDER).to_numpy(zero_copy_only=False)
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        hits = {}
        for rule in sorted(self._rows):
            rows = rank[np.concatenate(self._rows[rule])]
            by_time = np.argsort(rows, kind="stable")
            places = by_time.tolist()
            fields = {n: tuple(v[at] for at in places) for n, v in self._fields[rule].items()}
            hits[rule] = RuleHits(rows[by_time], tuple(self._why[rule][at] for at in places), fields)
        return Cited(table.take(pa.array(order)), hits)


def sound_rows(flags: Sequence[str | None]) -> list[bool]:
    """Whether each row was read from whole, well-formed bytes."""
    sound = {text: not UNSOUND.intersection((text or "").split(",")) for text in set(flags)}
    return [sound[text] for text in flags]
