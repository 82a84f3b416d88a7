"""From a parser's batch to timeline rows: provenance, stable row ids, core columns."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from timelines.by_schema import BySchema
from timelines.coded import CODED, compact, constant
from timelines.mapping import fill_core
from timelines.schema import CORE, CORE_NAMES

Keys = npt.NDArray[np.uint64]
_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_INDEX_BITS = 16  # rows of one family that begin at the same byte


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a batch's bytes come from."""

    exhibit: str
    file: str
    sha256: str


def _mix(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Stafford's variant 13 of the 64-bit finaliser: a bijection, so distinct positions stay distinct."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def row_ids(sha256: str, family: str, offsets: npt.NDArray[np.int64], index: npt.NDArray[np.int64]) -> pa.StringArray:
    """Stable 96-bit ids as 24 hex digits: equal for equal bytes, whatever the machine, worker or order of work.

    `offsets` and `index` are (n,) int64; `index` tells apart rows of one family that begin at the same byte (below 65,536).
    """
    keys = _keys(sha256, family)
    return _digits(keys[:1], keys[1:], offsets, index)


def _hex(values: Keys) -> Keys:
    """The eight hex digits of numbers below 2**32, as the eight bytes of a number: all digits of a row at a time."""
    spread = ((values & np.uint64(0xFFFF0000)) << np.uint64(16)) | (values & np.uint64(0xFFFF))
    spread = ((spread << np.uint64(8)) | spread) & np.uint64(0x00FF00FF00FF00FF)
    spread = ((spread << np.uint64(4)) | spread) & np.uint64(0x0F0F0F0F0F0F0F0F)
    letters = ((spread + np.uint64(0x0606060606060606)) >> np.uint64(4)) & np.uint64(0x0101010101010101)
    digits: Keys = spread + np.uint64(0x3030303030303030) + letters * np.uint64(ord("a") - ord("9") - 1)
    return digits.astype(">u8").view(np.uint64)


def _keys(sha256: str, family: str) -> Keys:
    return np.frombuffer(hashlib.blake2b(f"{sha256}/{family}".encode(), digest_size=16).digest(), "<u8")


def _digits(first: Keys, second: Keys, offsets: npt.NDArray[np.int64], index: npt.NDArray[np.int64]) -> pa.StringArray:
    """Ids by position and the two keys of each row's file: (n,), or (1,) where one file has all rows."""
    if len(index) and (int(index.min()) < 0 or int(index.max()) >> _INDEX_BITS):
        raise ValueError(f"index must lie in [0, {1 << _INDEX_BITS}); found {index.min()} to {index.max()}")
    position = (offsets.astype(np.uint64) << np.uint64(_INDEX_BITS)) | index.astype(np.uint64)
    with np.errstate(over="ignore"):
        high = _mix(position ^ first)
        low = _mix(position + second)
        text = np.stack([_hex(high >> _HALF), _hex(high & _LOW), _hex(low >> _HALF)], axis=1)
    ends = np.arange(0, 24 * len(offsets) + 1, 24, dtype=np.int32)
    return pa.StringArray.from_buffers(len(offsets), pa.py_buffer(ends), pa.py_buffer(text))


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
    index = given.pop("index").to_numpy(zero_copy_only=False) if "index" in given else np.zeros(count, np.int64)
    given["family"] = constant(family, count)
    counts = [rows for _, rows in runs]
    given["exhibit"] = _repeated([provenance.exhibit for provenance, _ in runs], counts)
    given["file"] = _repeated([provenance.file for provenance, _ in runs], counts)
    keys = np.stack([_keys(provenance.sha256, family) for provenance, _ in runs])
    keys = keys if len(runs) == 1 else keys.repeat(counts, axis=0)
    given["row_id"] = _digits(keys[:, 0], keys[:, 1], offsets, index)
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
