"""Where template instances stand that bring their definitions along: a compiled loop over the bytes that no visited record holds.

Most of these are zeros and tables of places, so eight bytes at a time are asked whether any is how an instance begins. MS-EVEN6 2.2.12.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from parsers.gather import Bytes, Int64s
from parsers.interned import steady
from parsers.windows.structures import CHUNK
from parsers.windows.tokens import TEMPLATE
from timelines.compiled import compiled
from timelines.words_at import word

INLINE = 39  # bytes of an instance and of the head of its definition, to the begin of the body
AT_ONCE = 1 << 16  # instances that are found at a time
_VERSION = 1  # the byte behind the token
_TOKENS, _ONES, _TOPS = (np.uint64(0x0101010101010101 * byte) for byte in (TEMPLATE, 1, 0x80))
_LOW = np.uint64(0xFFFFFFFF)


@compiled
def _brought(data: Bytes, gaps: Int64s, reach: int, found: Int64s, state: Int64s) -> int:
    """Note in `found` instances that begin in the `gaps`, (g, 2), whose definitions have begun before `reach`; how many is returned.
    `state`: the gap and the place to go on from, since there may be no room for all; past the last gap there are no more."""
    count = 0
    while state[0] < len(gaps):
        end = gaps[state[0], 1]
        at = max(state[1], gaps[state[0], 0])
        while at < end:
            stop = min(at + 8, end)
            if at + 8 <= len(data):
                other = word(data, at) ^ _TOKENS
                if (other - _ONES) & ~other & _TOPS == 0:  # no byte is that token
                    at = stop
                    continue
            for place in range(at, stop):
                if data[place] != TEMPLATE or place + INLINE > reach or data[place + 1] != _VERSION:
                    continue
                # the id that an instance names begins the GUID of its definition, which lies within the chunk
                same = word(data, place + 2) & _LOW == word(data, place + 14) & _LOW
                if same and word(data, place + 6) & _LOW < np.uint64(CHUNK):
                    if count == len(found):
                        state[1] = place
                        return count
                    found[count] = place
                    count += 1
            at = stop
        state[0] += 1
        state[1] = 0
    return count


def brought(data: Bytes, gaps: Int64s, reach: int, at_once: int = AT_ONCE) -> Iterator[Int64s]:
    """Where such instances begin, ascending, some at a time. `gaps`: (g, 2) places where to look; `reach`: the end of the bytes."""
    source, found, state = steady(data), np.empty(at_once, np.int64), np.zeros(2, np.int64)
    while state[0] < len(gaps):
        yield found[: _brought(source, gaps, reach, found, state)].copy()
