"""From a parser's batch to timeline rows: provenance, stable row ids, core columns."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from timelines.mapping import fill_core
from timelines.schema import CORE, CORE_NAMES

_HEX = np.frombuffer(b"".join(b"%02x" % byte for byte in range(256)), np.uint16)
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
    if len(index) and (int(index.min()) < 0 or int(index.max()) >> _INDEX_BITS):
        raise ValueError(f"index must lie in [0, {1 << _INDEX_BITS}); found {index.min()} to {index.max()}")
    key = hashlib.blake2b(f"{sha256}/{family}".encode(), digest_size=16).digest()
    first, second = (np.frombuffer(key, "<u8")[at] for at in (0, 1))
    position = (offsets.astype(np.uint64) << np.uint64(_INDEX_BITS)) | index.astype(np.uint64)
    with np.errstate(over="ignore"):
        high = _mix(position ^ first)
        low = _mix(position + second)
    digest = np.empty((len(offsets), 12), np.uint8)
    digest[:, :8] = high.astype(">u8").view(np.uint8).reshape(-1, 8)
    digest[:, 8:] = low.astype(">u8").view(np.uint8).reshape(-1, 8)[:, :4]
    text = _HEX[digest].view(np.uint8)
    ends = np.arange(0, 24 * len(offsets) + 1, 24, dtype=np.int32)
    return pa.StringArray.from_buffers(len(offsets), pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(text)))


def finish(family: str, batch: pa.RecordBatch, provenance: Provenance) -> pa.RecordBatch:
    """Complete a parser's batch to timeline rows: all core columns in order, then the family's own.

    The batch must hold `time`, `offset` and `length`; `index` (rows that begin at the same byte) is taken off.
    Core columns that the parser did not give are filled by the mappings of `timelines/messages/`, else null.
    """
    count = batch.num_rows
    given = dict(zip(batch.schema.names, batch.columns, strict=True))
    offsets = given["offset"].to_numpy(zero_copy_only=False)
    index = given.pop("index").to_numpy(zero_copy_only=False) if "index" in given else np.zeros(count, np.int64)
    given["family"] = pa.repeat(family, count)
    given["exhibit"] = pa.repeat(provenance.exhibit, count)
    given["file"] = pa.repeat(provenance.file, count)
    given["row_id"] = row_ids(provenance.sha256, family, offsets, index)
    if "flags" not in given:
        given["flags"] = pa.repeat("", count)
    given = fill_core(family, given, batch.schema, count)
    arrays = [_typed(given[c.name], c.type) if c.name in given else pa.nulls(count, c.type) for c in CORE]
    schema = _finished(batch.schema)
    arrays += [given[name] for name in schema.names[len(CORE) :]]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _typed(array: pa.Array, type_: pa.DataType) -> pa.Array:
    return array if array.type == type_ else array.cast(type_)


@lru_cache(512)
def _finished(schema: pa.Schema) -> pa.Schema:
    """Core columns, then a batch's own."""
    own = [field for field in schema if field.name not in CORE_NAMES and field.name != "index"]
    return pa.schema([*(column.field() for column in CORE), *own])
