"""From a parser's batch to timeline rows: provenance, stable row ids, core columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from timelines.by_schema import BySchema
from timelines.coded import CODED, compact, constant
from timelines.mapping import fill_core
from timelines.row_ids import digits, keys
from timelines.schema import CORE, CORE_NAMES


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a batch's bytes come from."""

    exhibit: str
    file: str
    sha256: str


def finish(family: str, batch: pa.RecordBatch, provenance: Provenance) -> pa.RecordBatch:
    """Complete a parser's batch of rows of one file to timeline rows. See `finish_together`."""
    return finish_together(family, batch, [(provenance, batch.num_rows)])


def finish_together(family: str, batch: pa.RecordBatch, runs: Sequence[tuple[Provenance, int]]) -> pa.RecordBatch:
    """Complete a parser's batch to timeline rows: all core columns in order, then the family's own.

    `runs` says whose rows they are: so many of the first file, then so many of the next.
    The batch must hold `time`, `offset` and `length`; `index` (rows that begin at the same byte) is taken off.
    Text columns may be plain or `timelines.coded.CODED`. Core columns that the parser did not give are filled by the mappings of
    `timelines/messages/`, else null.
    """
    count = batch.num_rows
    given = dict(zip(batch.schema.names, batch.columns, strict=True))
    offsets = given["offset"].to_numpy(zero_copy_only=False)
    index = given.pop("index").to_numpy(zero_copy_only=False) if "index" in given else None
    given["family"] = constant(family, count)
    counts = [rows for _, rows in runs]
    given["exhibit"] = _repeated([provenance.exhibit for provenance, _ in runs], counts)
    given["file"] = _repeated([provenance.file for provenance, _ in runs], counts)
    held = [keys(provenance.sha256, family) for provenance, _ in runs]
    whose = held[0][None] if len(runs) == 1 else np.stack(held).repeat(counts, axis=0)
    given["row_id"] = digits(whose, offsets, index)
    if "flags" not in given:
        given["flags"] = constant("", count)
    given = fill_core(family, given, batch.schema, count)
    arrays = [_typed(given[c.name], c.type) if c.name in given else pa.nulls(count, c.type) for c in CORE]
    schema = _finished(batch.schema, tuple(array.type == CODED for array in arrays))
    arrays += [given[name] for name in schema.names[len(CORE) :]]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _repeated(texts: Sequence[str], counts: Sequence[int]) -> pa.Array:
    """Each text as often as its count says."""
    if len(set(texts)) == 1:
        return constant(texts[0], sum(counts))
    places = np.repeat(np.arange(len(texts), dtype=np.int32), counts)
    return compact(pa.DictionaryArray.from_arrays(pa.array(places), pa.array(texts, pa.string())))


def _typed(array: pa.Array, type_: pa.DataType) -> pa.Array:
    return array if array.type in (type_, CODED) else array.cast(type_)


_complete: BySchema[dict[tuple[bool, ...], pa.Schema]] = BySchema(8 << 20, 900, lambda schema: {})


def _finished(schema: pa.Schema, coded: tuple[bool, ...]) -> pa.Schema:
    """Core columns, of which some are `coded`, then a batch's own."""
    made = _complete.of(schema)
    if coded not in made:
        own = [field for field in schema if field.name not in CORE_NAMES and field.name != "index"]
        core = [pa.field(c.name, CODED if held else c.type) for c, held in zip(CORE, coded, strict=True)]
        made[coded] = pa.schema([*core, *own])
    return made[coded]
