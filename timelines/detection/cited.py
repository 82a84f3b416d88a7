"""The rows that rules cite, as findings need them, and what each rule found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from timelines.detection.columns import Ints
from timelines.detection.repeated import Repeated
from timelines.schema import CORE

TOLD = ("row_id", "time", "family", "host", "user", "src_ip", "dst_ip", "process", "object", "flags")
CITED: tuple[str, ...] = (*TOLD, "exhibit", "file", "offset")
CITED_SCHEMA = pa.schema([column.field() for name in CITED for column in CORE if column.name == name])
TOLD_SCHEMA = pa.schema([CITED_SCHEMA.field(name) for name in TOLD])
UNSOUND = frozenset(("recovered", "truncated", "bad-checksum", "loose"))  # rows read from damaged or ill-formed bytes


@dataclass(frozen=True, slots=True)
class RuleHits:
    """One rule's matches. `rows` (k,) index the found rows, ascending, each once; `why` and `fields` (by field name) stand beside them."""

    rows: Ints
    why: Sequence[str]
    fields: Mapping[str, Sequence[str | None]] = field(default_factory=dict)

    def kept(self, places: Ints) -> RuleHits:
        """The hits at these places."""
        fields = {name: Repeated.of(values).take(places) for name, values in self.fields.items()}
        return RuleHits(self.rows[places], Repeated.of(self.why).take(places), fields)


@dataclass(frozen=True)
class Cited:
    """Rows in timeline order (rows without a time last), with the columns TOLD at least."""

    table: pa.Table

    def texts(self, name: str) -> list[str | None]:
        return self.table.column(name).to_pylist()  # type: ignore[no-any-return]

    def times(self) -> tuple[Ints, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
        """UTC ns (n,), and where there is a time at all."""
        return times_of(self.table)


def times_of(table: pa.Table) -> tuple[Ints, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """UTC ns (n,), 0 where there is none, and where there is a time at all."""
    column = table.column("time").combine_chunks()
    valid = pc.is_valid(column).to_numpy(zero_copy_only=False)
    return pc.fill_null(pc.cast(column, pa.int64()), 0).to_numpy(zero_copy_only=False), valid


def as_told(family: str, table: pa.Table) -> pa.Table:
    """Rows of one family with the columns TOLD, null where a part lacks one."""
    columns = []
    for name, kind in zip(TOLD_SCHEMA.names, TOLD_SCHEMA.types, strict=True):
        if name == "family":
            columns.append(pa.chunked_array([pa.repeat(pa.scalar(family), table.num_rows)]))
        elif name in table.schema.names:
            columns.append(table.column(name).cast(kind))
        else:
            columns.append(pa.chunked_array([pa.nulls(table.num_rows, kind)]))
    return pa.table(columns, schema=TOLD_SCHEMA)


def sound_rows(flags: Sequence[str | None]) -> list[bool]:
    """Whether each row was read from whole, well-formed bytes."""
    sound = {text: not UNSOUND.intersection((text or "").split(",")) for text in set(flags)}
    return [sound[text] for text in flags]
