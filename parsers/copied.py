"""Text columns cut from evidence by a compiled loop: those whose texts repeat as places in a dictionary, others as they are."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from parsers.gather import Bools, Bytes, Int64s
from parsers.interned import TRIAL, Texts, Words, readable, words_of
from timelines.coded import nothing
from timelines.compiled import compiled

_SPARE = 16  # bytes behind the text, so that words can be written up to its end
_MOST = 2**31 - 1 - _SPARE


def column_of(data: Bytes, starts: Int64s, ends: Int64s) -> pa.Array:
    """Texts at [start, end) of `data`, valid UTF-8, null where a start is negative: `CODED` where they repeat, else strings."""
    if not len(starts) or int(starts.max()) < 0:
        return nothing(len(starts))
    texts = Texts()
    head = texts.places(data, starts[:TRIAL], ends[:TRIAL])
    rest = texts.places(data, starts[TRIAL:], ends[TRIAL:])
    if head is None or rest is None:
        return copied(data, starts, ends)
    (column,) = texts.columns([np.concatenate((head, rest)) if len(rest) else head])
    return column


def copied(data: Bytes, starts: Int64s, ends: Int64s) -> pa.StringArray:
    """The same as strings, whether they repeat or not. Raises ValueError for more than a column can hold."""
    count = len(starts)
    starts, ends = np.ascontiguousarray(starts, np.int64), np.ascontiguousarray(ends, np.int64)
    bounds, valid = np.zeros(count + 1, np.int64), np.ones(count, np.bool_)
    _bounds(starts, ends, bounds, valid)
    total = int(bounds[-1])
    if total > _MOST:
        raise ValueError("more than 2 GiB of text in one column of one batch; parse smaller pieces")
    text = np.empty(total + _SPARE, np.uint8)
    _copy(*readable(data), starts, ends, bounds, text, words_of(text))
    mask = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))
    buffers = [mask, pa.py_buffer(bounds.astype(np.int32)), pa.py_buffer(text[:total])]
    return pa.Array.from_buffers(pa.string(), count, buffers)


@compiled
def _bounds(starts: Int64s, ends: Int64s, bounds: Int64s, valid: Bools) -> None:
    """Where each text begins among those before it, and which there are."""
    total = 0
    for row in range(len(starts)):
        if starts[row] < 0:
            valid[row] = False
        else:
            total += ends[row] - starts[row]
        bounds[row + 1] = total


@compiled
def _copy(data: Bytes, words: Words, starts: Int64s, ends: Int64s, bounds: Int64s, out: Bytes, wide: Words) -> None:
    """Copy texts side by side, a word at a time: what is written behind a text's end is overwritten by the next."""
    for row in range(len(starts)):
        at, to, end = starts[row], bounds[row], bounds[row + 1]
        while to < end:
            if at + 8 <= len(data):
                wide[to] = words[at]
            else:
                for step in range(end - to):
                    out[to + step] = data[at + step]
                break
            at += 8
            to += 8
