"""From a parser's batch to timeline rows: provenance, stable row ids, core columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from timelines.by_schema import BySchema
from timelines.coded import CODED, constant
from timelines.mapping import fill_core
from timelines.row_ids import Keys, digits, keys
from timelines.schema import CORE, CORE_NAMES

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a batch's bytes come from."""

    exhibit: str
    file: str
    sha256: str


def finish(family: str, batch: pa.RecordBatch, provenance: Provenance) -> pa.RecordBatch:
    """Complete a parser's batch of rows of one file to timeline rows. See `finish_together`."""
    return _finished_rows(family, batch, Origins([provenance]), None)


class Origins:
    """Where the rows of many files come from, by number of the file: what each file's rows need is made once, when it is asked for."""

    def __init__(self, provenances: Sequence[Provenance]) -> None:
        self._sha256 = [provenance.sha256 for provenance in provenances]
        self._named = [[one.exhibit for one in provenances], [one.file for one in provenances]]
        self._texts: list[tuple[Int32s, pa.Array]] | None = None
        self._keys: dict[str, tuple[Keys, npt.NDArray[np.bool_]]] = {}  # by family, and which files have theirs

    def texts(self, which: int, files: Int64s | None, count: int) -> pa.DictionaryArray:
        """The exhibit (0) or file (1) of rows, whose files' numbers are told, or which are all of the first file."""
        if files is None or len(self._sha256) == 1:
            return constant(self._named[which][0], count)
        if self._texts is None:
            self._texts = [_numbered(texts) for texts in self._named]
        places, names = self._texts[which]
        if len(names) == 1:
            return constant(names[0].as_py(), count)
        return pa.DictionaryArray.from_arrays(pa.array(places[files]), names, safe=False)

    def keys(self, family: str, files: Int64s | None) -> Keys:
        """The two keys of each row's file: (n, 2), or (1, 2) where all rows are of the first file."""
        if files is None or len(self._sha256) == 1:
            return keys(self._sha256[0], family)[None]
        if family not in self._keys:
            self._keys[family] = np.empty((len(self._sha256), 2), np.uint64), np.zeros(len(self._sha256), np.bool_)
        held, known = self._keys[family]
        asked = np.zeros(len(known), np.bool_)
        asked[files] = True
        for file in np.flatnonzero(asked & ~known).tolist():
            held[file] = keys(self._sha256[file], family)
        known |= asked
        return held[files]


def _numbered(texts: Sequence[str]) -> tuple[Int32s, pa.Array]:
    """The distinct texts in order of appearance, and which each is."""
    numbers: dict[str, int] = {}
    places = np.array([numbers.setdefault(text, len(numbers)) for text in texts], np.int32)
    return places, pa.array(list(numbers), pa.string())


def finish_together(family: str, batch: pa.RecordBatch, origins: Origins, files: Int64s) -> pa.RecordBatch:
    """Complete a parser's batch to timeline rows: all core columns in order, then the family's own.

    `files` says whose rows they are: (n,) numbers of the files of `origins`.
    The batch must hold `time`, `offset` and `length`; `index` (rows that begin at the same byte) is taken off.
    Text columns may be plain or `timelines.coded.CODED`. Core columns that the parser did not give are filled by the mappings of
    `timelines/messages/`, else null.
    """
    return _finished_rows(family, batch, origins, files)


def _finished_rows(family: str, batch: pa.RecordBatch, origins: Origins, files: Int64s | None) -> pa.RecordBatch:
    count = batch.num_rows
    given = dict(zip(batch.schema.names, batch.columns, strict=True))
    offsets = given["offset"].to_numpy(zero_copy_only=False)
    index = given.pop("index").to_numpy(zero_copy_only=False) if "index" in given else None
    given["family"] = constant(family, count)
    given["exhibit"], given["file"] = origins.texts(0, files, count), origins.texts(1, files, count)
    given["row_id"] = digits(origins.keys(family, files), offsets, index)
    if "flags" not in given:
        given["flags"] = constant("", count)
    given = fill_core(family, given, batch.schema, count)
    arrays = [_typed(given[c.name], c.type) if c.name in given else pa.nulls(count, c.type) for c in CORE]
    schema = _finished(batch.schema, tuple(array.type == CODED for array in arrays))
    arrays += [given[name] for name in schema.names[len(CORE) :]]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


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
