"""A coded column as runs of rows: rows that all say the same are one place in the dictionary, however many they are.

Most columns of a shape do so, and most columns of a part are a few such runs: they are put together without a look at their rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from timelines.coded import compact, nothing, same
from timelines.compiled import at_hand
from timelines.used_places import MOST, Bytes, Int32s, numbered, uniform

A_FEW = 16  # texts that are sooner cut out one by one than taken together
NONE = -1  # the place of rows that say nothing

Run = tuple[int, "int | pa.Array"]  # how many rows; the place that all of them name, or that of each (int32)


def told(indices: pa.Array, distinct: int) -> int | pa.Array:
    """The place that all rows name, NONE where none has one; places as they are where rows differ. `distinct`: texts to choose from."""
    absent = indices.null_count
    if absent:
        return NONE if absent == len(indices) else indices
    if distinct == 1:
        return 0
    codes = indices.to_numpy()
    return int(codes[0]) if uniform(codes) else indices


def alike(runs: Sequence[Run]) -> int | None:
    """The place that all rows of all runs name, if they do."""
    first = runs[0][1]
    same_all = isinstance(first, int) and all(isinstance(said, int) and said == first for _, said in runs)
    return int(first) if same_all else None


def places(runs: Sequence[Run]) -> pa.Array:
    """The place of each row, one run after the other."""
    arrays = [said for _, said in runs if not isinstance(said, int)]
    if len(runs) == len(arrays) == 1:
        return arrays[0]
    if any(said.null_count for said in arrays):
        return pa.concat_arrays([_placed(*_spread([run])) if isinstance(run[1], int) else run[1] for run in runs])
    return _placed(*_spread(runs))


def column(runs: Sequence[Run], text: pa.Array, small: bool) -> pa.DictionaryArray:
    """The column whose rows say what their places in `text` hold. With `small` its dictionary is what it uses, in order of appearance."""
    arrays = [said for _, said in runs if not isinstance(said, int)]
    if not arrays:
        return _of_constants([(count, int(said)) for count, said in runs], text)
    if small and at_hand() and len(text) <= MOST and not any(said.null_count for said in arrays):
        codes, bits, absent = _spread(runs)
        codes, which = numbered(codes, bits, len(text))
        return pa.DictionaryArray.from_arrays(_placed(codes, bits, absent), text.take(pa.array(which)), safe=False)
    found = pa.DictionaryArray.from_arrays(places(runs), text, safe=False)
    return compact(found) if small else found


def _of_constants(runs: Sequence[tuple[int, int]], text: pa.Array) -> pa.DictionaryArray:
    rows = 0
    numbers: dict[int, int] = {}
    for count, place in runs:
        rows += count
        if place not in numbers and place != NONE:
            numbers[place] = len(numbers)
    if not numbers:
        return nothing(rows)
    used = [text.slice(place, 1) for place in numbers] if len(numbers) <= A_FEW else []
    if len(used) != 1:
        texts = pa.concat_arrays(used) if used else text.take(pa.array(list(numbers), pa.int32()))
    elif all(place != NONE for _, place in runs):
        return same(used[0], rows)
    else:
        texts = used[0]
    held = _placed(*_spread([(count, numbers.get(place, NONE)) for count, place in runs]))
    return pa.DictionaryArray.from_arrays(held, texts, safe=False)


def _spread(runs: Sequence[Run]) -> tuple[Int32s, Bytes | None, int]:
    """The place of each row, which rows have one (a bit each; None: all), and how many have none: those of NONE, and no others."""
    rows = 0
    for count, _ in runs:
        rows += count
    codes = np.empty(rows, np.int32)
    valid, absent, at = None, 0, 0
    for count, said in runs:
        stop = at + count
        if not isinstance(said, int):
            codes[at:stop] = said.to_numpy()
        elif said != NONE:
            codes[at:stop] = said
        else:
            valid = np.ones(rows, np.bool_) if valid is None else valid
            codes[at:stop], valid[at:stop] = 0, False
            absent += count
        at = stop
    return codes, None if valid is None else np.packbits(valid, bitorder="little"), absent


def _placed(codes: Int32s, bits: Bytes | None, absent: int) -> pa.Array:
    held = [None if bits is None else pa.py_buffer(bits), pa.py_buffer(codes)]
    return pa.Array.from_buffers(pa.int32(), len(codes), held, absent)
