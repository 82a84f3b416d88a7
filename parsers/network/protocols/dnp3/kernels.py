"""DNP3 frames of many streams, walked by a compiled loop: where each application message lies, its ends, and its bytes without checksums.

Streams with anything odd are left to `layers.py`, which tells the same of these.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from parsers.network.protocols.dnp3.layers import CHECKSUMS, FRAGMENT_LIMIT
from parsers.network.records import Bools, Bytes, Int64s
from timelines.compiled import compiled, inlined

STREAM, BEGIN, END, SOURCE, TARGET, AT, SIZE = range(
    7
)  # of a message: its stream, places of its first and last byte; of its bytes
COLUMNS = 7
LEAST = 13  # bytes of a frame that carries anything
_TABLE = np.array(CHECKSUMS, np.int64)
_MOST = FRAGMENT_LIMIT


def walked(data: Bytes, bounds: Int64s, frames: int) -> tuple[Int64s, Bytes, Bools]:
    """The messages of streams, (m, COLUMNS), their bytes one after the other, and which streams are odd. `bounds`: where each begins in
    `data`, (n + 1,); `frames`: more than a stream that is plain may have."""
    out, said = np.zeros((len(data) // LEAST + 1, COLUMNS), np.int64), np.zeros(len(data), np.uint8)
    odd = np.zeros(len(bounds) - 1, np.bool_)
    used = int(_walk(data, bounds, _TABLE, frames, out, said, odd))
    return out[:used], said, odd


@inlined
def _fits(data: Any, at: Any, stop: Any, table: Any) -> Any:
    """Whether the checksum of [at, stop), which stands behind it, is right."""
    value = np.int64(0)
    for place in range(at, stop):
        value = value >> 8 ^ table[(value ^ np.int64(data[place])) & 0xFF]
    return (value ^ 0xFFFF) == (np.int64(data[stop]) | np.int64(data[stop + 1]) << 8)


@compiled
def _taken(data: Any, at: Any, stop: Any, table: Any, said: Any, used: Any) -> Any:
    """Copy the data of a frame, [at, stop) with its checksums, and tell how far it reaches in `said`; -1 where a checksum is wrong."""
    while at < stop:
        last = min(at + 18, stop) - 2
        if not _fits(data, at, last, table):
            return -1
        for place in range(at, last):
            said[used] = data[place]
            used += 1
        at = last + 2
    return used


@compiled
def _stream(
    data: Any, begin: Any, end: Any, stream: Any, table: Any, frames: Any, out: Any, said: Any, row: Any
) -> Any:
    """Add the messages of one stream. Returns the row after the last, -1 where it is odd."""
    used = out[row - 1, AT] + out[row - 1, SIZE] if row else np.int64(0)
    at, count, opened, expected = begin, 0, False, np.int64(0)
    while at + 3 <= end:
        carried = np.int64(data[at + 2]) - 5
        stop = at + 10 + carried + 2 * ((carried + 15) // 16)
        count += 1
        if count >= frames or data[at] != 0x05 or data[at + 1] != 0x64 or carried < 0 or stop > end:
            return -1
        if not _fits(data, at, at + 8, table):
            return -1
        reached = _taken(data, at + 10, stop, table, said, used)
        if reached < 0:
            return -1
        control, source = data[at + 3], np.int64(data[at + 6]) | np.int64(data[at + 7]) << 8
        if carried and control & 0x40 and (control & 0x0F == 3 or control & 0x0F == 4):
            head, own = np.int64(said[used]), reached - used - 1
            if head & 0x40:
                if opened:
                    return -1
                opened = True
                out[row, STREAM], out[row, BEGIN], out[row, AT], out[row, SIZE] = stream, at, used, 0
                out[row, SOURCE], out[row, TARGET] = source, np.int64(data[at + 4]) | np.int64(data[at + 5]) << 8
            elif not opened or head & 0x3F != expected or source != out[row, SOURCE]:
                return -1
            for place in range(used, used + own):  # over the byte of the transport function
                said[place] = said[place + 1]
            used += own
            out[row, SIZE] += own
            if out[row, SIZE] > _MOST:
                return -1
            expected = (head & 0x3F) + 1 & 0x3F
            if head & 0x80:
                first, size = out[row, AT], out[row, SIZE]
                if size < 2 or (said[first + 1] & 0x80 and size < 4):
                    return -1
                out[row, END] = stop - 1
                row += 1
                opened = False
        at = stop
    return -1 if opened else row


@compiled
def _walk(data: Bytes, bounds: Int64s, table: Int64s, frames: int, out: Int64s, said: Bytes, odd: Bools) -> int:
    """Fill `out` and `said` with the messages of streams that are not odd. Returns how many they are."""
    row = 0
    for stream in range(len(bounds) - 1):
        after = _stream(data, bounds[stream], bounds[stream + 1], stream, table, frames, out, said, row)
        if after < 0:
            odd[stream] = True
        else:
            row = after
    return row
