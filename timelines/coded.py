"""Text columns held as places in a dictionary, so that a text that repeats is held, filtered and written once.

A batch may give any text column as `CODED`. Batches of one piece of evidence share one dictionary, so it can hold many texts that a column
does not use; `compact` leaves those out.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa

from timelines.compiled import at_hand
from timelines.remembered import Remembered
from timelines.used_places import MOST, used

CODED = pa.dictionary(pa.int32(), pa.string())


def constant(text: str, count: int) -> pa.DictionaryArray:
    """The same text in every row."""
    held = _singles.held.get(text)
    if held is None:
        held = _singles.put(text, same(pa.array([text], pa.string()), _enough(count)), 900 + 5 * len(text))
    elif len(held) < count:
        held = _singles.held[text] = same(held.dictionary, _enough(count))
    return held.slice(0, count)


def same(said: pa.Array, count: int) -> pa.DictionaryArray:
    """The one text that `said` holds in every row."""
    return pa.DictionaryArray.from_arrays(_zeros(_enough(count)).slice(0, count), said, safe=False)


def nothing(count: int) -> pa.DictionaryArray:
    """Null in every row."""
    return _nulls(_enough(count)).slice(0, count)


def plain(array: pa.Array) -> pa.Array:
    """The column as text."""
    return array if pa.types.is_string(array.type) else array.cast(pa.string())


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """The schema that readers see: texts are texts, however they came."""
    return pa.schema([field.with_type(pa.string()) if field.type == CODED else field for field in schema])


def compact(array: pa.Array) -> pa.DictionaryArray:
    """The column with a dictionary of just the texts that it uses, in order of first appearance."""
    if not pa.types.is_dictionary(array.type):
        return array.dictionary_encode()
    if len(array.dictionary) <= 1:
        return array
    count, indices = len(array), array.indices
    if indices.null_count == count:
        return nothing(count)
    if not indices.null_count:
        codes = indices.to_numpy()
        if codes.min() == codes.max():  # most columns of a log say the same in each row
            return same(array.dictionary.take(indices.slice(0, 1)), count)
    if at_hand() and len(array.dictionary) <= MOST:
        places, which = used(indices, len(array.dictionary))
    else:
        encoded = indices.dictionary_encode()
        places, which = encoded.indices, encoded.dictionary
    return pa.DictionaryArray.from_arrays(places, array.dictionary.take(which), safe=False)


def _enough(count: int) -> int:
    """A length to keep ready: few lengths, so that a cache of them stays small."""
    return max(1024, 1 << (count - 1).bit_length()) if count else 1024


@cache
def _zeros(count: int) -> pa.Array:
    return pa.array(np.zeros(count, np.int32))


@cache
def _nulls(count: int) -> pa.DictionaryArray:
    return pa.nulls(count, CODED)


# a column of each text, long enough for all that were asked for: what is cut from it has the same dictionary, which is cheap to compare
_singles: Remembered[str, pa.DictionaryArray] = Remembered(8 << 20)
