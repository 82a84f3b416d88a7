"""What the dictionaries of many batches say, as one: batches of one piece of evidence share dictionaries, and each is looked at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from timelines.runs import NONE, Run, places, told
from timelines.used_places import Int32s

NO_DICTIONARY = -1

Address = tuple[int, ...]
Dictionaries = dict[Address, tuple[int, pa.Array]]  # numbered, by where they lie


class Places(NamedTuple):
    """A coded text column of a batch: how many rows, what `told` tells of them, and the number of its dictionary."""

    rows: int
    said: int | pa.Array
    dictionary: int


def noted(column: pa.DictionaryArray, dictionaries: Dictionaries) -> tuple[Places, int]:
    """A column as places, its dictionary noted; and the bytes of that where it is a new one."""
    rows, absent = len(column), column.null_count
    if absent == rows:
        return Places(rows, NONE, NO_DICTIONARY), 0
    dictionary = column.dictionary
    address = _address(dictionary)
    known, more = dictionaries.get(address), 0
    if known is None:
        known = dictionaries[address] = len(dictionaries), dictionary
        more = int(dictionary.nbytes)
    distinct = len(dictionary)
    return Places(rows, 0 if distinct == 1 and not absent else told(column.indices, distinct), known[0]), more


def _address(dictionary: pa.Array) -> Address:
    """Tells dictionaries that are held apart without comparing texts. Arrow lets arrays share bounds or bytes (a text and the same in
    lower case have the same bounds), so one of them alone does not."""
    buffers = [0 if buffer is None else buffer.address for buffer in dictionary.buffers()]
    return (*buffers, dictionary.offset, len(dictionary))


class Words:
    """All that the dictionaries of many batches say as one dictionary, `text`, and the way from a place in one to the place in all."""

    def __init__(self, dictionaries: Dictionaries) -> None:
        held = sorted(dictionaries.values(), key=lambda one: -len(one[1]))
        self.text = held[0][1] if held else pa.array([], pa.string())
        self._start: dict[
            int, int
        ] = {}  # by number of a dictionary whose places are others in `text`: where `_moved` has these
        self._moved: Int32s = np.empty(0, np.int32)
        if len(held) > 1:
            whole = pa.concat_arrays([array for _, array in held]).dictionary_encode()
            self.text, self._moved = whole.dictionary, whole.indices.to_numpy()
            start = 0
            for number, array in held:
                self._start[number] = start
                start += len(array)
            number, array = held[0]
            if (self._moved[: len(array)] == np.arange(len(array))).all():
                del self._start[number]  # the largest stands first: its places stay as they are

    def run(self, column: Places) -> Run:
        """The column as places in `text`."""
        rows, said, number = column
        start = self._start.get(number)
        if start is None:
            return rows, said
        if isinstance(said, int):
            return rows, said if said == NONE else int(self._moved[start + said])
        return rows, pa.array(self._moved).slice(start).take(said)

    def texts(self, run: Run) -> pa.Array:
        """What the rows of a run say."""
        return self.text.take(places([run]))
