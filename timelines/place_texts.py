"""What mappings make of the texts of one dictionary: each is filtered once, whichever columns of whichever batches say it.

Batches of one piece of evidence share a dictionary. What a filter makes of a place in it is a number: the place itself where the text
stays as it is, another one where it becomes another text. A core column is then a walk over places, and candidates fall into one column.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import local

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from timelines.coded import CODED, nothing
from timelines.compiled import compiled
from timelines.filters import filtered
from timelines.remembered import Remembered
from timelines.used_places import MOST, used

UNASKED, NOTHING = -2, -1  # of a place: nobody has asked what a filter makes of it; it says nothing
BLANK = ("", "-")
A_FEW = 64  # texts that are looked up one by one
REMEMBERED = 10_000  # characters of a text that is remembered from one dictionary to the next
KEPT_BYTES = 4 << 20

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Address = tuple[int, ...]
ALL: Int64s = np.empty(0, np.int64)  # rows
_ALL_VALID: Bytes = np.empty(0, np.uint8)
_ALL_VALID.flags.writeable = False  # as those of Arrow are: kernels are compiled for one or the other


@compiled
def _say(
    codes: Int32s, bits: Bytes, at: int, said: Int32s, own: int, rows: Int64s, out: Int32s, asked: Int32s
) -> tuple[int, int, int]:
    """Say in `out`, for `rows` (empty: all) that say nothing yet, what `said` makes of their codes; how many still say nothing, how many
    got a place from `own` on, and how many codes nobody has asked about: `asked` has these, each once.

    `bits`: which codes are valid, from bit `at` on (empty: all).
    """
    left = made = unknown = 0
    for number in range(len(rows) if len(rows) > 0 else len(out)):
        row = rows[number] if len(rows) > 0 else np.int64(number)
        if out[row] != NOTHING:
            continue
        left += 1
        if len(bits) > 0 and not (bits[(at + row) >> 3] >> ((at + row) & 7)) & 1:
            continue
        place = said[codes[row]]
        if place == UNASKED:
            if unknown == len(asked):
                break
            asked[unknown] = codes[row]
            said[codes[row]] = NOTHING  # until it is known
            unknown += 1
        elif place != NOTHING:
            out[row] = place
            left -= 1
            made += place >= own
    return left, made, unknown


def address(dictionary: pa.Array) -> Address:
    """Tells a dictionary that is held from others without comparing texts."""
    return (*(buffer.address if buffer else 0 for buffer in dictionary.buffers()), dictionary.offset, len(dictionary))


_results: Remembered[tuple[str, str], str | None] = Remembered(KEPT_BYTES)


def made_of(texts: list[str], filter_name: str) -> list[str | None]:
    """What a filter makes of texts; None where that says nothing. What is short is remembered: the next dictionary has it again."""
    found = {text: _results.held[filter_name, text] for text in texts if (filter_name, text) in _results.held}
    new = [text for text in texts if text not in found]
    if new:
        raw = pa.array(new, pa.string())
        made = (filtered(raw, filter_name) if filter_name else raw).to_pylist()
        for text, result in zip(new, made, strict=True):
            found[text] = None if result in BLANK else result
            if len(text) <= REMEMBERED and (filter_name, text) not in _results.held:
                _results.put((filter_name, text), found[text], 400 + 4 * len(text) + 4 * len(result or ""))
    return [found[text] for text in texts]


def _unchanged(dictionary: pa.Array) -> Int32s:
    """By place, that place; NOTHING where its text says nothing."""
    said = np.arange(len(dictionary), dtype=np.int32)
    bounds = np.frombuffer(dictionary.buffers()[1], np.int32)[dictionary.offset :][: len(dictionary) + 1]
    short = np.flatnonzero(bounds[1:] - bounds[:-1] <= 1)
    blank = [text in BLANK for text in dictionary.take(pa.array(short)).to_pylist()]
    said[short[np.array(blank, np.bool_)]] = NOTHING
    return said


class PlaceTexts:
    """One dictionary, and by filter what becomes of its places. Texts that filters have made have the places behind its own."""

    def __init__(self, dictionary: pa.Array) -> None:
        self.dictionary, self.own = dictionary, len(dictionary)
        self._said: dict[str, Int32s] = {}
        self._made: list[str] = []
        self._places: dict[str, int] = {}

    @property
    def places(self) -> int:
        return self.own + len(self._made)

    def place(self, text: str) -> int:
        """The place of a text that a filter, or a mapping itself, has made."""
        place = self._places.get(text)
        if place is None:
            place = self._places[text] = self.places
            self._made.append(text)
        return place

    def read(self, places: Int32s) -> pa.Array:
        """The texts at places."""
        if len(places) <= A_FEW:
            own, made, texts = self.own, self._made, self.dictionary
            said = [texts[at].as_py() if at < own else made[at - own] for at in places.tolist()]
            return pa.array(said, pa.string())
        texts = self.dictionary.take(pa.array(places, mask=places >= self.own))
        others = [self._made[at - self.own] if at >= self.own else None for at in places.tolist()]
        return pc.coalesce(texts, pa.array(others, pa.string()))

    def said(self, filter_name: str) -> Int32s:
        """By place, what the filter (empty: none) makes of it."""
        if filter_name not in self._said:
            said = np.full(self.own, UNASKED, np.int32) if filter_name else _unchanged(self.dictionary)
            self._said[filter_name] = said
        return self._said[filter_name]

    def ask(self, codes: Int32s, filter_name: str) -> None:
        """Note what a filter makes of the texts at `codes`."""
        said = self._said[filter_name]
        said[codes] = UNASKED  # and stays so where the filter fails
        raw = self.dictionary.take(pa.array(codes))
        if len(codes) <= A_FEW:
            texts = raw.to_pylist()
            made = made_of(texts, filter_name)
            changed = np.array([text != one for text, one in zip(texts, made, strict=True)], np.bool_)
            made = [one for text, one in zip(texts, made, strict=True) if text != one]
        else:
            result = filtered(raw, filter_name)
            same = pc.equal(raw, result).fill_null(False).to_numpy(zero_copy_only=False)
            changed = ~same | pc.is_in(raw, value_set=pa.array(BLANK)).to_numpy(zero_copy_only=False)
            made = result.filter(pa.array(changed)).to_pylist()
        said[codes] = codes
        said[codes[changed]] = [NOTHING if one is None or one in BLANK else self.place(one) for one in made]


class Column:
    """A core column in the making: the place that each row says."""

    def __init__(self, texts: PlaceTexts, count: int) -> None:
        self._texts, self._out = texts, np.full(count, NOTHING, np.int32)
        self._made = 0  # rows that say what is not the dictionary's own

    def say(self, text: str, rows: Int64s) -> int:
        """Say one text in those `rows` (empty: all) that say nothing yet; none are left."""
        some = rows[self._out[rows] == NOTHING] if len(rows) else np.flatnonzero(self._out == NOTHING)
        self._out[some] = self._texts.place(text)
        self._made += len(some)
        return 0

    def fill(self, column: pa.DictionaryArray, filter_name: str, rows: Int64s) -> int:
        """Say what the filter (empty: none) makes of those `rows` (empty: all) of a column on the dictionary that say nothing yet; returns
        how many still say nothing."""
        said = self._texts.said(filter_name)
        while True:
            left, codes = self._fill(column, said, rows)
            if not len(codes):
                return left
            self._texts.ask(codes, filter_name)

    def fill_few(self, column: pa.DictionaryArray, filter_name: str, rows: Int64s) -> int:
        """The same for a column with a few texts of its own."""
        made = made_of(column.dictionary.to_pylist(), filter_name)
        said = np.array([NOTHING if text is None else self._texts.place(text) for text in made], np.int32)
        return self._fill(column, said, rows)[0]

    def _fill(self, column: pa.DictionaryArray, said: Int32s, rows: Int64s) -> tuple[int, Int32s]:
        """How many rows still say nothing, and codes of the column that nobody has asked about."""
        indices, count = column.indices, len(self._out)
        validity, raw = indices.buffers()
        codes = np.frombuffer(raw, np.int32, count, 4 * indices.offset)
        bits = np.frombuffer(validity, np.uint8) if indices.null_count else _ALL_VALID
        asked = np.empty(min(count, len(said)), np.int32)
        left, made, unknown = _say(codes, bits, indices.offset, said, self._texts.own, rows, self._out, asked)
        self._made += made
        return left, asked[:unknown]

    def texts(self) -> pa.DictionaryArray:
        """The column, on the dictionary itself where only its own texts are said."""
        places = self._places()
        if places.null_count == len(places):
            return nothing(len(places))
        return self._few(places) if self._made else _coded(places, self._texts.dictionary)

    def few(self) -> pa.DictionaryArray:
        """The column with a dictionary of what is said alone."""
        return self._few(self._places())

    def _places(self) -> pa.Array:
        absent = self._out == NOTHING
        return pa.array(self._out, mask=absent) if absent.any() else pa.array(self._out)

    def _few(self, places: pa.Array) -> pa.DictionaryArray:
        if self._texts.places <= MOST:
            moved, distinct = used(places, self._texts.places)
        else:
            encoded = places.dictionary_encode()
            moved, distinct = encoded.indices, encoded.dictionary
        return _coded(moved, self._texts.read(distinct.to_numpy()))


def _coded(places: pa.Array, texts: pa.Array) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(places, texts, safe=False)


class _Latest(local):
    """The dictionary that was met last; each thread has its own."""

    def __init__(self) -> None:
        self.address: Address = ()
        self.held: PlaceTexts | None = None


_latest = _Latest()


def forget() -> None:
    """Let go of the dictionary that was met last, and of what is remembered of texts."""
    _latest.address, _latest.held = (), None
    _results.clear()


def shared(columns: Mapping[str, pa.Array], few: int) -> tuple[PlaceTexts, frozenset[str]] | None:
    """What is known of the dictionary that coded `columns` share, and which of them are on it: others have `few` texts. None where they
    share none, since a dictionary that one column has for itself is as soon looked through as asked about; where all have few, they
    need no dictionary, and one without texts serves."""
    where: Address = ()
    dictionary, on = None, []
    for name, column in columns.items():
        if column.type != CODED:
            return None
        held = column.dictionary
        if len(held) > few:
            found = address(held)
            if where not in ((), found):
                return None
            where, dictionary = found, held
            on.append(name)
        elif held.null_count:
            return None
    if dictionary is None:
        return PlaceTexts(pa.array([], pa.string())), frozenset()
    if (len(on) < 2 and where != _latest.address) or dictionary.null_count:
        return None
    if where != _latest.address or _latest.held is None:
        _latest.address, _latest.held = where, PlaceTexts(dictionary)
    return _latest.held, frozenset(on)
