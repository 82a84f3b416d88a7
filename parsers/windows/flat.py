"""What was noted of the values of a window, one after the other, and the dictionary of what they say. Room grows as it is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from parsers.gather import Bytes, Int64s
from parsers.interned import Words
from parsers.windows import values
from parsers.windows.spare import keep, room
from parsers.windows.structures import CHUNK
from timelines.compiled import compiled

Int32s = npt.NDArray[np.int32]
Whole = int | np.int64  # a number in a kernel

PROBES = 32  # places of the table looked at for one text; it is filled to a quarter, where honest ones need a few
SPARE = 4  # slots of the table a text
RECENT = 1 << 12  # hints, each for a value of some places in templates
ONE = (
    CHUNK // 4
)  # values, instances, definitions and texts that one record has at most: each value is announced by four bytes
_FIRST = 1 << 15  # texts for which there is room at first
_TABLE = 1 << 12  # the same in the table, which is looked at all over: a small one stays in the cache
_A_VALUE = 40  # bytes of records for which there is room for a value at first; a real record has one in some 46
_A_WIDE = 160  # the same for a wide number; one in some 240
_PAD = 8  # bytes behind the texts, so that words can be read there
_OF_VALUES = ("start", "size", "kind", "said")
_LARGE = ("instances", *_OF_VALUES, "wide")
WIDE = 8  # bytes of a number that has no room in what a value says
_NUMBERS = (*values.INTEGERS, values.HEX32, values.HEX64, values.FILETIME)


class Flat(NamedTuple):
    """`instances`: (i, 7) see `parsers.windows.instances`; `start`, `size`, `kind`, `said`: (v,)
    of values; `wide`: numbers of eight bytes, whose values say which of these they are; `places`: (p, 2) of definitions, and their chunks;
    `seen`: by place in a chunk the last definition that stood there; `total`: instances, values, places and wide numbers in use; `widths`:
    by type the bytes of what is read as a number."""

    instances: Int32s
    start: Int32s
    size: npt.NDArray[np.uint16]
    kind: Bytes
    said: Int32s
    wide: Int64s
    places: Int64s
    seen: Int32s
    total: Int64s
    widths: Int64s


class Texts(NamedTuple):
    """Distinct values: `bounds` of their bytes in `held`, `kinds`, and a `table` to find them by their `hashes`. `recent`: the last one
    that was asked for with a hint: values of one place in a template mostly say what they said before."""

    table: Int64s  # high half: of the hash; low half: the place
    hashes: Words
    bounds: Int32s
    kinds: Bytes
    held: Bytes
    total: Int64s  # (1,)
    recent: Int32s


@compiled
def refilled(table: Int64s, hashes: Words, found: int) -> int:
    """Put the first `found` texts into an empty table; returns how many have no place, and will be held twice if they come again."""
    mask, lost = np.int64(len(table) - 1), 0
    for code in range(found):
        slot, left = np.int64(hashes[code]) & mask, PROBES
        while left > 0 and table[slot] >= 0:
            slot = (slot + 1) & mask
            left -= 1
        if left > 0:
            table[slot] = np.int64(hashes[code] >> np.uint64(33)) << 32 | code
        else:
            lost += 1
    return lost


@dataclass(slots=True)
class Notes:
    """The arrays of a window, replaced by longer ones when they are full."""

    flat: Flat
    texts: Texts

    @classmethod
    def begun(cls, records: int, size: int) -> Notes:
        """Room for so many records of `size` bytes together, as real ones are."""
        held = ONE + size // _A_VALUE
        widths = np.full(256, -1, np.int64)
        for kind in _NUMBERS:
            widths[kind] = values.WIDTHS[kind]
        arrays = (
            room("instances", ONE + 2 * records, (7,), np.int32),
            room("start", held, (), np.int32),
            room("size", held, (), np.uint16),
            room("kind", held, (), np.uint8),
            room("said", held, (), np.int32),
            room("wide", ONE + size // _A_WIDE, (), np.int64),
        )
        places = np.empty((2 * ONE, 2), np.int64), np.zeros(CHUNK, np.int32)
        flat = Flat(*arrays, *places, np.zeros(4, np.int64), widths)
        table, text = np.full(SPARE * _TABLE, -1, np.int64), np.zeros(8 * CHUNK, np.uint8)
        index = np.empty(_FIRST, np.uint64), np.zeros(_FIRST + 1, np.int32), np.zeros(_FIRST, np.uint8)  # 0: null's
        return cls(flat, Texts(table, *index, text, np.zeros(1, np.int64), np.zeros(RECENT, np.int32)))

    def release(self) -> None:
        """Give the largest arrays to the next window."""
        keep({name: getattr(self.flat, name) for name in _LARGE})

    def grow(self, more: int = ONE) -> None:
        """Room for one more record at least, or for so many values."""
        flat, (instances, held, places, wide) = self.flat, self.flat.total.tolist()
        if held + more > len(flat.start):
            flat = flat._replace(**{name: _longer(getattr(flat, name), held, more) for name in _OF_VALUES})
        if wide + more > len(flat.wide):
            flat = flat._replace(wide=_longer(flat.wide, wide, more))
        if instances + ONE > len(flat.instances):
            flat = flat._replace(instances=_longer(flat.instances, instances, ONE))
        if places + ONE > len(flat.places):
            flat = flat._replace(places=_longer(flat.places, places, ONE))
        self.flat = flat
        self._grow_texts()

    def _grow_texts(self) -> None:
        texts, found = self.texts, int(self.texts.total[0])
        used = int(texts.bounds[found])
        if used + CHUNK + _PAD > len(texts.held):
            wider = np.zeros(max(2 * len(texts.held), used + CHUNK + _PAD), np.uint8)
            wider[:used] = texts.held[:used]
            texts = texts._replace(held=wider)
        if found + ONE > len(texts.kinds):
            hashes, kinds = _longer(texts.hashes, found, ONE), _longer(texts.kinds, found, ONE)
            texts = texts._replace(hashes=hashes, bounds=_longer(texts.bounds, found + 1, ONE), kinds=kinds)
        if SPARE * found >= len(texts.table):
            table = np.full(2 * len(texts.table), -1, np.int64)
            refilled(table, texts.hashes, found)
            texts = texts._replace(table=table)
        self.texts = texts


def _longer(array: npt.NDArray[Any], used: int, more: int) -> npt.NDArray[Any]:
    """The same of twice the length, its first `used` items kept."""
    length = 1 << (max(2 * len(array), used + more) - 1).bit_length()
    wider = np.empty((length, *array.shape[1:]), array.dtype)
    wider[:used] = array[:used]
    return wider
