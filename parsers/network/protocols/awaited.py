"""Rows that wait for those of other flows, and the dissectors that join them: answers come from another address, or go to all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.network.protocols import Ends, Record
from parsers.network.protocols.tabular import Rows


@dataclass(frozen=True, slots=True)
class Awaited:
    """What the flows of one protocol gave: rows that are objects, and tables of those that were read together. Such a table may have
    columns that only its own dissector knows."""

    records: list[Record]
    tables: list[Rows]


@runtime_checkable
class Joiner(Protocol):
    """A dissector whose rows span flows (DHCP, LLMNR).

    `awaiting`: the family, or the name of none, under which its records wait for those of other flows.
    """

    awaiting: str

    def join(
        self, waiting: Awaited, ends: Callable[[int], Ends], packet_time: npt.NDArray[np.int64]
    ) -> Iterator[list[Record] | Rows]:
        """The rows of its family, from those that the flows gave; asked after all flows were read, or when too many wait."""
        ...


def in_columns(waiting: Awaited, shape: pa.Schema) -> Rows:
    """All rows that wait, in columns of this shape; those that are objects last."""
    tables = waiting.tables + ([_table(waiting.records, shape)] if waiting.records else [])
    whole = pa.concat_tables(_shaped(table, shape) for table in tables).combine_chunks()
    flow, first, last = (np.concatenate([getattr(one, name) for one in tables]) for name in ("flow", "first", "last"))
    return Rows(flow, first, last, {name: whole[name].combine_chunks() for name in shape.names})


def _shaped(table: Rows, shape: pa.Schema) -> pa.Table:
    """Columns that the rows do not have are null."""
    columns = [
        table.columns[name] if name in table.columns else pa.nulls(len(table.flow), kind)
        for name, kind in zip(shape.names, shape.types, strict=True)
    ]
    return pa.table(columns, schema=shape)


def _table(records: list[Record], shape: pa.Schema) -> Rows:
    """Rows that are objects, as columns."""
    said = [{**(one.common or {}), **one.values, "event": one.event, "flags": ",".join(one.flags)} for one in records]
    columns = dict(zip(shape.names, pa.array(said, pa.struct(list(shape))).flatten(), strict=True))
    flow, first, last = (
        np.array([getattr(one, name) for one in records], np.int64) for name in ("flow", "first", "last")
    )
    return Rows(flow, first, last, columns)
