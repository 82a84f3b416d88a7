"""What the dictionaries of many batches say, as one: batches of one piece of evidence share dictionaries, and each is looked at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from timelines.runs import NONE, Run, places, told

Address = tuple[int, ...]
Dictionaries = dict[Address, tuple[int, pa.Array]]  # numbered, by where they lie


class Places(NamedTuple):
    """A coded text column of a batch: how many rows, what `told` tells of them, and the number of its dictionary."""

    rows: int
    said: int | pa.Array
    dictionary: int


def noted(column: pa.DictionaryArray, dictionaries: Dictionaries) -> tuple[Places, int]:
    """A column as places, its dictionary noted; and the bytes of that where it is a new one."""
    dictionary = column.dictionary
    address = _address(dictionary)
    known, more = dictionaries.get(address), 0
    if known is None:
        known = dictionaries[address] = len(dictionaries), dictionary
        more = int(dictionary.nbytes)
    return Places(len(column), told(column.indices, len(dictionary)), known[0]), more


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
        self._moved: dict[int, pa.Array] = {}  # by number of a dictionary whose places are others in `text`
        if len(held) > 1:
            whole = pa.concat_arrays([array for _, array in held]).dictionary_encode()
            self.text = whole.dictionary
            start = 0
            for number, array in held:
                self._moved[number] = whole.indices.slice(start, len(array))
                start += len(array)
            number, array = held[0]
            if (whole.indices.to_numpy()[: len(array)] == np.arange(len(array))).all():
                del self._moved[number]  # the largest stands first: its places stay as they are

    def run(self, column: Places) -> Run:
        """The column as places in `text`."""
        rows, said, number = column
        moved = self._moved.get(number)
        if moved is not None and not isinstance(said, int):
            said = moved.take(said)
        elif moved is not None and said != NONE:
            said = moved[said].as_py()
        return rows, said

    def texts(self, run: Run) -> pa.Array:
        """What the rows of a run say."""
        return self.text.take(places([run]))
