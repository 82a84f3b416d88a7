"""Text columns cut from evidence by a compiled loop: those whose texts repeat as places in a dictionary, others as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers.gather import Bools, Bytes, Int64s
from parsers.interned import NOTHING, Texts, steady
from timelines.coded import nothing
from timelines.compiled import compiled
from timelines.words_at import put_word, word

NEAR = 2_048  # rows: some 500 KB of a web log, which a core's own cache holds
_NO_MARKS: Bools = np.zeros(0, np.bool_)
_SPARE = 48  # bytes behind the text, so that four words can be written up to its end
_MOST = 2**31 - 1 - _SPARE


@dataclass(frozen=True, slots=True)
class Cut:
    """One column's texts at [start, end) of some bytes, none where a start is negative.

    `spelled`: rows, ascending, whose text is no valid UTF-8, and what they are given as. `alone`: a byte that is no text where it stands
    alone, such as the `-` of logs. `again`: (n,) texts that are known to be the same as the last one before them.
    """

    starts: Int64s
    ends: Int64s
    spelled: tuple[Int64s, list[str]] | None = None
    alone: int = NOTHING
    again: Bools | None = None

    def elsewhere(self) -> Int64s:
        """Where texts begin: not those that are spelled otherwise."""
        starts = np.ascontiguousarray(self.starts, np.int64)
        if self.spelled is None:
            return starts
        found = starts.copy()
        found[self.spelled[0]] = -1
        return found


def columns_of(data: Bytes, cuts: Mapping[str, Cut], plain: set[str]) -> dict[str, pa.Array]:
    """Text columns by name, valid UTF-8, null where there is no text: `CODED` where texts repeat, else strings.

    `plain`: columns of which that is known from before, and so it is not tried; those that turn out so are added.
    Some rows of all columns are looked at before the next rows, while their bytes are near.
    """
    return _Columns(data, cuts, plain).read()


class _Columns:
    """Columns in the making. `texts` and `places`: of those whose texts repeat, as far as is known."""

    def __init__(self, data: Bytes, cuts: Mapping[str, Cut], plain: set[str]) -> None:
        self.data, self.cuts, self.plain = data, cuts, plain
        self.count = max((len(cut.starts) for cut in cuts.values()), default=0)
        self.empty = {name for name, cut in cuts.items() if not self.count or int(cut.starts.max()) < 0}
        self.texts = {name: Texts() for name in cuts if name not in self.empty | plain}
        self.places = {name: np.empty(self.count, np.int32) for name in self.texts}

    def read(self) -> dict[str, pa.Array]:
        seen = steady(self.data)
        edges = {name: self._edges(self.cuts[name]) for name in self.texts}
        for row in range(0, self.count, NEAR):
            rows = slice(row, row + NEAR)
            for name, places in list(self.places.items()):
                starts, ends, again = edges[name]
                where = starts[rows], ends[rows], again[rows]
                if not self.texts[name].place(seen, where, places[rows], self.cuts[name].alone):
                    self._leave(name)
        return {name: self._column(name) for name in self.cuts}

    def _edges(self, cut: Cut) -> tuple[Int64s, Int64s, Bools]:
        again = _NO_MARKS if cut.again is None or cut.spelled is not None else cut.again
        return cut.elsewhere(), np.ascontiguousarray(cut.ends), again

    def _leave(self, name: str) -> None:
        """Give the column as it is, and those of the next blocks."""
        del self.places[name]
        self.plain.add(name)

    def _column(self, name: str) -> pa.Array:
        cut = self.cuts[name]
        if name in self.empty and cut.spelled is None:
            return nothing(self.count)
        if name in self.places and cut.spelled is not None:
            rows, said = cut.spelled
            more = self.texts[name].places(*_side_by_side(said))
            if more is None:
                self._leave(name)
            else:
                self.places[name][rows] = more
        if name not in self.places:
            return copied(self.data, cut)
        if not len(self.texts[name]):
            return nothing(self.count)
        (column,) = self.texts[name].columns([self.places[name]])
        return column


def copied(data: Bytes, cut: Cut) -> pa.StringArray:
    """A text column as strings, whether they repeat or not. Raises ValueError for more than a column can hold."""
    count = len(cut.starts)
    starts, ends = cut.elsewhere(), np.ascontiguousarray(cut.ends, np.int64)
    bounds, valid = np.zeros(count + 1, np.int64), np.ones(count, np.bool_)
    seen = steady(data)
    _bounds(seen, starts, ends, cut.alone, bounds, valid)
    total = int(bounds[-1])
    if total > _MOST:
        raise ValueError("more than 2 GiB of text in one column of one batch; parse smaller pieces")
    text = np.empty(total + _SPARE, np.uint8)
    _copy(seen, starts, ends, bounds, text)
    mask = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))
    buffers = [mask, pa.py_buffer(bounds.astype(np.int32)), pa.py_buffer(text[:total])]
    found = pa.Array.from_buffers(pa.string(), count, buffers)
    if cut.spelled is None:
        return found
    others = np.zeros(count, np.bool_)
    others[cut.spelled[0]] = True
    return pc.replace_with_mask(found, pa.array(others), pa.array(cut.spelled[1], pa.string()))


def _side_by_side(texts: list[str]) -> tuple[Bytes, Int64s, Int64s]:
    """Texts as bytes, and where each lies."""
    raw = [text.encode("utf-8") for text in texts]
    lengths = np.array([len(one) for one in raw], np.int64)
    ends = np.cumsum(lengths)
    return np.frombuffer(b"".join(raw), np.uint8), ends - lengths, ends


@compiled
def _bounds(data: Bytes, starts: Int64s, ends: Int64s, alone: int, bounds: Int64s, valid: Bools) -> None:
    """Where each text begins among those before it, and which there are."""
    total = 0
    for row in range(len(starts)):
        start = starts[row]
        size = ends[row] - start
        if start < 0 or (size == 1 and data[start] == alone):
            valid[row] = False
        else:
            total += size
        bounds[row + 1] = total


@compiled
def _copy(data: Bytes, starts: Int64s, ends: Int64s, bounds: Int64s, out: Bytes) -> None:
    """Copy texts side by side, four words at a time: what is written behind a text's end is overwritten by the next."""
    for row in range(len(starts)):
        at, to, end = starts[row], bounds[row], bounds[row + 1]
        while to < end:
            if at + 32 <= len(data):
                put_word(out, to, word(data, at))
                put_word(out, to + 8, word(data, at + 8))
                put_word(out, to + 16, word(data, at + 16))
                put_word(out, to + 24, word(data, at + 24))
            else:
                for step in range(end - to):
                    out[to + step] = data[at + step]
                break
            at += 32
            to += 32
