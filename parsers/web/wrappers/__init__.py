"""Wrappers of lines: what a log service (syslog, docker, Kubernetes, journald) puts around each line of a server that it collects.

The line inside goes to the formats as if it stood alone; its place in the file stays that of the whole line. One file each, found by
walking this folder: a module that defines `WRAPPER` (or `WRAPPERS`) is one.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Protocol, runtime_checkable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers.gather import Bools, Bytes, Int64s
from parsers.web.formats import Page, State
from parsers.web.lines import Lines
from parsers.web.zone_shifts import apart
from timelines.schema import TIME


@dataclass(frozen=True, slots=True)
class Wrapped:
    """The lines of a page that are wrapped: their (n,) indices, the lines inside, and what the wrapper says of each, as (n,) columns.

    `ns`: when the wrapper says it took the line, UTC, where `known`. `flags`: a remark each, or none.
    """

    wrapper: str
    rows: Int64s
    lines: Lines
    columns: Mapping[str, pa.Array]
    ns: Int64s
    known: Bools
    flags: Mapping[str, Bools]


@runtime_checkable
class Wrapper(Protocol):
    """One way of wrapping lines."""

    name: str

    def inside(self, line: bytes) -> bytes | None:
        """The line that is wrapped in this one; None where there is none."""
        ...

    def unwrap(self, page: Page) -> Wrapped | None:
        """The lines of a page that are wrapped so; None where there are none."""
        ...


@cache
def all_wrappers() -> tuple[Wrapper, ...]:
    """Every wrapper of this folder, by name. Raises TypeError for one that breaks the contract."""
    found: list[Wrapper] = []
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        for candidate in (*getattr(module, "WRAPPERS", ()), getattr(module, "WRAPPER", None)):
            if candidate is None:
                continue
            if not isinstance(candidate, Wrapper):
                raise TypeError(f"{info.name}: WRAPPER has no name, inside and unwrap")
            found.append(candidate)
    return tuple(sorted(found, key=lambda one: one.name))


def inside(line: bytes) -> bytes | None:
    """The line that some wrapper holds; None where none does."""
    return next((held for one in all_wrappers() if (held := one.inside(line)) is not None), None)


def moved(lines: Lines, data: Bytes, starts: Int64s, ends: Int64s) -> Lines:
    """The same lines of the file with other text."""
    return Lines(data, starts, ends, lines.numbers, lines.offsets, lines.lengths, lines.bare, lines.marks)


def dressed(batch: pa.RecordBatch, wrapped: Wrapped, state: State) -> pa.RecordBatch:
    """Rows with what their wrapper says of them beside. `record` tells which line a row was; `state` is the slice's."""
    place = np.searchsorted(wrapped.lines.numbers, batch.column("record").to_numpy().astype(np.int64))
    known, ns = wrapped.known[place], wrapped.ns[place]
    given = batch.column("time")
    own = given.cast(pa.int64()).fill_null(0).to_numpy()
    timed = given.is_valid().to_numpy(False)
    helped = ~timed & known
    columns = {name: batch.column(name) for name in batch.schema.names}
    taken = pa.array(ns, mask=~known).cast(pa.timestamp("ns")).cast(TIME)
    flags = {name: mask[place] for name, mask in wrapped.flags.items()} | {
        "wrapper-time": helped,
        "wrapper-differs": apart(own - ns, timed & known, state),
    }
    columns["flags"] = flagged(batch.column("flags"), flags)
    if helped.any():
        mask = pa.array(helped)
        columns["time"] = pc.if_else(mask, taken, given)
        columns["time_desc"] = pc.if_else(mask, "Line taken by the log service", columns["time_desc"].cast(pa.string()))
        columns["time_quality"] = pc.if_else(mask, "offset", columns["time_quality"].cast(pa.string()))
    said = {"wrapper": pa.repeat(wrapped.wrapper, len(place)), "wrapper_time": taken}
    said |= {name: array.take(pa.array(place)) for name, array in wrapped.columns.items()}
    columns |= {name: array for name, array in said.items() if name not in columns}
    return changed(batch, columns)


def changed(batch: pa.RecordBatch, columns: Mapping[str, pa.Array]) -> pa.RecordBatch:
    """Other columns for the same rows; what the batch says of its own columns stays said."""
    fields = {field.name: field for field in batch.schema}
    schema = pa.schema(
        [fields[n] if n in fields and fields[n].type == a.type else pa.field(n, a.type) for n, a in columns.items()]
    )
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=schema)


def flagged(flags: pa.Array, marks: Mapping[str, Bools]) -> pa.Array:
    """Flags with further ones, sorted, each once."""
    some = np.flatnonzero(np.any(list(marks.values()), axis=0))
    if not len(some):
        return flags
    texts = flags.to_pylist()
    for row in some.tolist():
        more = {name for name, mask in marks.items() if mask[row]}
        texts[row] = ",".join(sorted({*filter(None, texts[row].split(",")), *more}))
    return pa.array(texts, pa.string())
