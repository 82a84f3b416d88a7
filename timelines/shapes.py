"""Rows of many shapes side by side in one table: what a Parquet part is made of."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from timelines.coded import CODED
from timelines.parts import UNCODED

Int64s = npt.NDArray[np.int64]
Address = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Places:
    """A coded text column, its dictionary by where that lies: batches share dictionaries, and each is put among the others once."""

    address: Address
    indices: pa.Array


class Shape:
    """Batches whose rows have the same columns, column by column. `schema` holds texts as texts, however they came."""

    def __init__(self, family: str, schema: pa.Schema) -> None:
        self.family, self.schema = family, schema
        self.rows = 0
        self._columns: list[list[pa.Array | _Places]] = [[] for _ in schema]

    def add(self, batch: pa.RecordBatch, dictionaries: dict[Address, pa.Array]) -> int:
        """Take a batch in and note its dictionaries. Returns the bytes that it holds; a dictionary that batches share counts once."""
        total, self.rows = 0, self.rows + batch.num_rows
        for held, column in zip(self._columns, batch.columns, strict=True):
            if column.type != CODED:
                held.append(column)
                total += column.nbytes
                continue
            dictionary = column.dictionary
            address = _address(dictionary)
            held.append(_Places(address, column.indices))
            total += 4 * len(column)
            if address not in dictionaries:
                dictionaries[address] = dictionary
                total += dictionary.nbytes
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
            name: _whole(chunks, words) if name in UNCODED or not _coded(chunks) else _placed(chunks, words)
            for name, chunks in zip(self.schema.names, self._columns, strict=True)
        }
        events, event = _ranked(columns["event"], words)
        _, file = _ranked(columns["file"], words)
        if not _ascending((file, event)):
            time, offset = _numbers(columns["time"]), _numbers(columns["offset"])
            order = pa.array(np.lexsort((offset, file, time, event)))
            columns = {name: column.take(order) for name, column in columns.items()}
        return _Sorted(columns, self.rows, events[0] if events else "")


def _address(dictionary: pa.Array) -> Address:
    """Tells dictionaries that are held apart without comparing texts. Arrow lets arrays share bounds or bytes (a text and the same in
    lower case have the same bounds), so one of them alone does not."""
    buffers = [0 if buffer is None else buffer.address for buffer in dictionary.buffers()]
    return (*buffers, dictionary.offset, len(dictionary))


class Words:
    """All that the dictionaries of many batches say as one dictionary, `text`, and the way from a place in one to the place in all."""

    def __init__(self, dictionaries: dict[Address, pa.Array]) -> None:
        largest = sorted(dictionaries, key=lambda address: -len(dictionaries[address]))
        held = [dictionaries[address] for address in largest]
        self.text = held[0] if held else pa.array([], pa.string())
        self._places: dict[Address, pa.Array] = {}
        if len(held) > 1:
            whole = pa.concat_arrays(held).dictionary_encode()
            self.text = whole.dictionary
            starts = np.cumsum([0, *(len(one) for one in held)]).tolist()
            for address, start, one in zip(largest, starts[:-1], held, strict=True):
                self._places[address] = whole.indices.slice(start, len(one))
            first = self._places[largest[0]].to_numpy()
            if (first == np.arange(len(first))).all():
                del self._places[largest[0]]  # the largest stands first: its places stay as they are

    def places(self, column: _Places) -> pa.Array:
        """The column as places in `text`."""
        moved = self._places.get(column.address)
        return column.indices if moved is None else moved.take(column.indices)

    def column(self, places: pa.Array) -> pa.DictionaryArray:
        """A column of places as texts; its dictionary holds those of all columns."""
        return pa.DictionaryArray.from_arrays(places, self.text, safe=False)


@dataclass(frozen=True, slots=True)
class _Sorted:
    """A shape's columns with rows in order, coded ones as places among all words (int32), and the first event of all."""

    columns: dict[str, pa.ChunkedArray]
    rows: int
    first: str


def side_by_side(shapes: Sequence[Shape], words: Words) -> pa.Table:
    """The rows of shapes, one after the other in the order of their first event, with the columns of all of them."""
    held = sorted((shape.sorted(words) for shape in shapes), key=lambda one: one.first)
    fields: dict[str, pa.Field] = {}
    for shape in shapes:
        for field in shape.schema:
            fields.setdefault(field.name, field)
    starts = np.cumsum([0, *(one.rows for one in held)]).tolist()
    given: dict[str, list[tuple[int, pa.ChunkedArray]]] = {name: [] for name in fields}
    for start, one in zip(starts[:-1], held, strict=True):
        for name, array in one.columns.items():
            given[name].append((start, array))
    arrays = [_united(field, given[name], starts[-1], words) for name, field in fields.items()]
    kept = [field.with_type(array.type) for field, array in zip(fields.values(), arrays, strict=True)]
    return pa.Table.from_arrays(arrays, schema=pa.schema(kept))


def _united(
    field: pa.Field, pieces: Sequence[tuple[int, pa.ChunkedArray]], rows: int, words: Words
) -> pa.Array | pa.ChunkedArray:
    """One column of all shapes, null where a shape lacks it. `pieces`: first row and values where one has it, in order."""
    coded = pa.types.is_string(field.type) and all(array.type == pa.int32() for _, array in pieces)
    type_ = pa.int32() if coded else field.type
    whole, at = [], 0
    for start, array in pieces:
        if start > at:
            whole.append(pa.nulls(start - at, type_))
        # where some shapes have it as texts, all have
        whole += (_text(array, words) if pa.types.is_string(type_) else array).chunks
        at = start + len(array)
    if rows > at:
        whole.append(pa.nulls(rows - at, type_))
    if coded:
        return words.column(whole[0] if len(whole) == 1 else pa.concat_arrays(whole))
    return pa.chunked_array(whole, type_)


def _text(array: pa.ChunkedArray, words: Words) -> pa.ChunkedArray:
    return pc.take(words.text, array) if array.type == pa.int32() else array


def _coded(chunks: Sequence[pa.Array | _Places]) -> bool:
    return all(isinstance(chunk, _Places) for chunk in chunks)


def _placed(chunks: Sequence[_Places], words: Words) -> pa.ChunkedArray:
    return pa.chunked_array([words.places(chunk) for chunk in chunks], pa.int32())


def _whole(chunks: Sequence[pa.Array | _Places], words: Words) -> pa.ChunkedArray:
    """Chunks side by side: texts that lie apart are not copied together."""
    return pa.chunked_array(
        [words.text.take(words.places(chunk)) if isinstance(chunk, _Places) else chunk for chunk in chunks]
    )


def _ranked(column: pa.ChunkedArray, words: Words) -> tuple[list[str], Int64s]:
    """The distinct texts of a column in order, and the place of each row's among them; null sorts last."""
    encoded = column.dictionary_encode()
    held = encoded.chunks
    distinct = _said(held[0].dictionary, words).to_pylist() if held else []  # chunks share one
    texts = sorted(set(distinct))
    place = {text: at for at, text in enumerate(texts)}
    of = np.array([place[text] for text in distinct] + [len(texts)], np.int64)
    codes = [chunk.indices.fill_null(len(distinct)).to_numpy(zero_copy_only=False) for chunk in held]
    return texts, of[np.concatenate(codes)] if codes else np.empty(0, np.int64)


def _said(distinct: pa.Array, words: Words) -> pa.Array:
    return words.text.take(distinct) if distinct.type == pa.int32() else distinct


def _numbers(column: pa.ChunkedArray) -> Int64s:
    """A column of instants or integers; null sorts last."""
    last = np.iinfo(np.int64).max
    held = [chunk.view(pa.int64()).fill_null(last).to_numpy(zero_copy_only=False) for chunk in column.chunks]
    return np.concatenate(held) if held else np.empty(0, np.int64)


def _ascending(keys: tuple[Int64s, ...]) -> bool:
    """Whether rows are in order; the last key counts most."""
    tied = np.ones(max(len(keys[0]) - 1, 0), np.bool_)
    for key in reversed(keys):
        if (tied & (key[1:] < key[:-1])).any():
            return False
        tied &= key[1:] == key[:-1]
    return True
