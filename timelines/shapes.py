"""Rows of many shapes side by side in one table: what a Parquet part is made of."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from timelines import runs as runs_
from timelines.coded import CODED, nothing
from timelines.layouts import layouts
from timelines.parts import UNCODED
from timelines.runs import NONE, Run, alike, places
from timelines.words import Dictionaries, Places, Words, noted

Int64s = npt.NDArray[np.int64]

ENCODED = 16 << 20  # bytes of texts in a column that are put among coded ones
SHORT = 4_096  # rows of a chunk of numbers that is sooner copied than written by itself


class Shape:
    """Batches whose rows have the same columns, column by column. `schema` holds texts as texts, however they came."""

    def __init__(self, family: str, schema: pa.Schema) -> None:
        self.family, self.layout = family, layouts.of(schema)
        self.schema = self.layout.plain
        self.rows = 0
        self._columns: list[list[pa.Array | Places]] = [[] for _ in self.layout.names]

    def add(self, batch: pa.RecordBatch, dictionaries: Dictionaries) -> int:
        """Take a batch in and note its dictionaries. Returns the bytes that it holds; a dictionary that batches share counts once.

        Rows are looked at now, since what was made a moment ago is still at hand.
        """
        layout, columns, rows = layouts.of(batch.schema), batch.columns, batch.num_rows
        total: int = rows * layout.row + sum(columns[at].nbytes for at in layout.text)
        self.rows += rows
        for held, column, coded in zip(self._columns, columns, layout.coded, strict=True):
            if not coded:
                held.append(column)
                continue
            places_, more = noted(column, dictionaries)
            held.append(places_)
            total += more
        return total

    def folded(self, names: Collection[str], into: pa.Field, words: Words) -> Shape:
        """The same rows with the columns `names` as one, `into`: JSON objects by stored name."""
        kept = [field for field in self.schema if field.name not in names]
        whole = Shape(self.family, pa.schema([*kept, into]))
        whole.rows = self.rows
        held = dict(zip(self.schema.names, self._columns, strict=True))
        gone = [field for field in self.schema if field.name in names]
        texts = [_whole(held[field.name], words).to_pylist() for field in gone]
        rows = [dict(zip([field.name for field in gone], row, strict=True)) for row in zip(*texts, strict=True)]
        said = pa.array([json.dumps(row, ensure_ascii=False) for row in rows], pa.string())
        whole._columns = [*(held[field.name] for field in kept), [said]]
        return whole

    def sorted(self, words: Words) -> _Sorted:
        """The rows in order of event and file, as their reader gave them; in order of event, time, file and offset where it did not.

        Readers mostly give one kind of event after the other, or one file after the other; evidence itself is mostly in order of time.
        """
        columns = {
            name: _column(chunks, words, name not in UNCODED)
            for name, chunks in zip(self.schema.names, self._columns, strict=True)
        }
        first, event = _ranked(columns["event"], words)
        _, file = _ranked(columns["file"], words)
        if not _ascending([key for key in (file, event) if key is not None]):
            time, offset = _numbers(columns["time"]), _numbers(columns["offset"])
            order = pa.array(np.lexsort([key for key in (offset, file, time, event) if key is not None]))
            columns = {name: column.take(order) for name, column in columns.items()}
        return _Sorted(columns, self.rows, first)


class _Column(NamedTuple):
    """A shape's column: `coded`, as runs of places among all words, or as arrays of its own type."""

    coded: bool
    runs: list[Run]

    @property
    def arrays(self) -> list[pa.Array]:
        """The values of a column that is not coded."""
        return [said for _, said in self.runs]

    def chunks(self, words: Words) -> list[pa.Array]:
        """Texts as texts; those that lie apart are not copied together."""
        return [words.texts(run) for run in self.runs] if self.coded else self.arrays

    def take(self, order: pa.Array) -> _Column:
        if not self.coded:
            taken = pa.chunked_array(self.arrays).take(order)
            return _Column(False, [(len(chunk), chunk) for chunk in taken.chunks])
        if alike(self.runs) is not None:
            return self
        return _Column(True, [(len(order), places(self.runs).take(order))])


def _column(chunks: Sequence[pa.Array | Places], words: Words, repeats: bool) -> _Column:
    """The chunks of a shape's column; coded if all are, and it is one whose texts may repeat."""
    if repeats:
        runs = [words.run(chunk) for chunk in chunks if isinstance(chunk, Places)]
        if len(runs) == len(chunks):
            return _Column(True, runs)
    arrays = [words.texts(words.run(chunk)) if isinstance(chunk, Places) else chunk for chunk in chunks]
    return _Column(False, [(len(array), array) for array in arrays])


@dataclass(frozen=True, slots=True)
class _Sorted:
    """A shape's columns with rows in order, and the first event of all."""

    columns: dict[str, _Column]
    rows: int
    first: str


def columns_of(shapes: Sequence[Shape]) -> pa.Schema:
    """The columns of all shapes, texts as texts: each as the first shape has it."""
    return pa.schema(list(_fields(shapes).values()))


def _fields(shapes: Sequence[Shape]) -> dict[str, pa.Field]:
    fields: dict[str, pa.Field] = {}
    for shape in shapes:
        fields = {**fields, **shape.layout.fields, **fields}
    return fields


def side_by_side(shapes: Sequence[Shape], words: Words, small: bool = True) -> pa.Table:
    """The rows of shapes, one after the other in the order of their first event, with the columns of all of them, some coded.

    With `small` the dictionary of a column is just the texts that it uses, in order of appearance; else it may be all words.
    """
    held = sorted((shape.sorted(words) for shape in shapes), key=lambda one: one.first)
    fields = _fields(shapes)
    given: dict[str, list[tuple[int, _Column]]] = {name: [] for name in fields}
    start = 0
    for one in held:
        for name, column in one.columns.items():
            given[name].append((start, column))
        start += one.rows
    arrays = [_united(field, given[name], start, words, small) for name, field in fields.items()]
    return pa.Table.from_arrays(arrays, names=list(fields))


def _united(
    field: pa.Field, pieces: Sequence[tuple[int, _Column]], rows: int, words: Words, small: bool
) -> pa.Array | pa.ChunkedArray:
    """One column of all shapes, null where a shape lacks it. `pieces`: first row and values where one has it, in order."""
    coded = [column.coded for _, column in pieces]
    if False not in coded:
        return runs_.column(_with_gaps([(start, column.runs) for start, column in pieces], rows), words.text, small)
    if True in coded and pa.types.is_string(field.type):
        texts = [chunk for _, column in pieces if not column.coded for chunk in column.arrays]
        if sum(chunk.nbytes for chunk in texts) <= ENCODED:
            return _encoded(pieces, rows, words)
    # where some shapes have it as texts, all have
    chunks = [(start, [(len(chunk), chunk) for chunk in column.chunks(words)]) for start, column in pieces]
    return _plain(_with_gaps(chunks, rows), field.type, rows)


def _with_gaps(pieces: Sequence[tuple[int, list[Run]]], rows: int) -> list[Run]:
    """The runs of pieces, with runs of NONE before, between and after them."""
    runs: list[Run] = []
    at = 0
    for start, held in pieces:
        if start > at:
            runs.append((start - at, NONE))
        runs += held
        at = start
        for count, _ in held:
            at += count
    if rows > at:
        runs.append((rows - at, NONE))
    return runs


def _encoded(pieces: Sequence[tuple[int, _Column]], rows: int, words: Words) -> pa.DictionaryArray:
    """A column that some shapes have as texts, coded in all."""
    whole: list[pa.DictionaryArray] = []
    at = 0
    for start, column in pieces:
        if start > at:
            whole.append(nothing(start - at))
        if column.coded:
            whole.append(runs_.column(column.runs, words.text, small=True))
        else:
            whole += [chunk.dictionary_encode() for chunk in column.arrays]
        at = start + sum(count for count, _ in column.runs)
    if rows > at:
        whole.append(nothing(rows - at))
    return pa.chunked_array(whole, CODED).unify_dictionaries().combine_chunks()


def _plain(runs: Sequence[Run], type_: pa.DataType, rows: int) -> pa.Array | pa.ChunkedArray:
    """Values as they are, in few chunks: each costs the writer a little. Texts that lie apart are not copied together."""
    if len(runs) == 1 and isinstance(runs[0][1], pa.Array):
        return runs[0][1]
    said = [array for _, array in runs if isinstance(array, pa.Array)]
    if all(array.null_count == len(array) for array in said):
        return pa.nulls(rows, type_)
    whole = [array if isinstance(array, pa.Array) else pa.nulls(count, type_) for count, array in runs]
    if pa.types.is_string(type_) or len(whole) * SHORT <= rows:
        return pa.chunked_array(whole, type_)
    return pa.concat_arrays(whole)


def _whole(chunks: Sequence[pa.Array | Places], words: Words) -> pa.ChunkedArray:
    """Chunks side by side, texts as texts."""
    return pa.chunked_array(_column(chunks, words, repeats=False).chunks(words))


def _ranked(column: _Column, words: Words) -> tuple[str, Int64s | None]:
    """The first text of a column in order, and the place of each row's in the order of all; null sorts last. None: all say the same."""
    same = alike(column.runs) if column.coded else None
    if same is not None:
        return "" if same == NONE else str(words.text[same].as_py()), None
    held = places(column.runs) if column.coded else pa.chunked_array(column.chunks(words)).combine_chunks()
    encoded = held.dictionary_encode()
    distinct = words.text.take(encoded.dictionary) if column.coded else encoded.dictionary
    texts = distinct.to_pylist()
    ordered = sorted(texts)
    place = {text: at for at, text in enumerate(ordered)}
    of = np.array([place[text] for text in texts] + [len(texts)], np.int64)
    codes = encoded.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
    return ordered[0] if ordered else "", of[codes]


def _numbers(column: _Column) -> Int64s:
    """A column of instants or integers; null sorts last."""
    last = np.iinfo(np.int64).max
    held = [array.view(pa.int64()).fill_null(last).to_numpy(zero_copy_only=False) for array in column.arrays]
    return np.concatenate(held) if held else np.empty(0, np.int64)


def _ascending(keys: Sequence[Int64s]) -> bool:
    """Whether rows are in order; the last key counts most."""
    if not keys:
        return True
    tied = np.ones(max(len(keys[0]) - 1, 0), np.bool_)
    for key in reversed(keys):
        if (tied & (key[1:] < key[:-1])).any():
            return False
        tied &= key[1:] == key[:-1]
    return True
