"""Bytes at many places of a capture, copied side by side."""

from __future__ import annotations

from parsers.network.records import Bytes, Int64s
from timelines.compiled import compiled
from timelines.words_at import put_word, word


@compiled
def copy(data: Bytes, order: Int64s, places: Int64s, sizes: Int64s, to: Int64s, out: Bytes) -> None:
    """Copy some bytes word by word, in the order of numbers `order`: `sizes` bytes at `places` of `data` to places `to` of `out`. The last
    word of each ends where its bytes do."""
    for one in order:
        at, size, into = places[one], sizes[one], to[one]
        if size < 8:
            for step in range(size):
                out[into + step] = data[at + step]
            continue
        last = size - 8
        for step in range(0, last, 8):
            put_word(out, into + step, word(data, at + step))
        put_word(out, into + last, word(data, at + last))
