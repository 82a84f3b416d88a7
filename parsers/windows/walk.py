"""A chunk that is not as it should be, record by record: what stands is read, what does not is named, and reading goes on behind it."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
import numpy.typing as npt

from parsers.gather import Bytes, Int64s
from parsers.windows.ledger import Ledger
from parsers.windows.structures import (
    CHUNK_HEADER,
    MIN_RECORD,
    RECOVERED,
    SIGNATURE,
    Chunk,
    record_at,
    standing,
)

Walked = tuple[Int64s, Int64s, Int64s, npt.NDArray[np.uint8]]


def walk(data: Bytes, chunk: Chunk, ledger: Ledger) -> tuple[Walked, int]:
    """Offsets, sizes, chunk bases and flags of a chunk's records, and where its free space begins."""
    view = data[chunk.base : chunk.limit].tobytes()
    live = chunk.free - chunk.base if chunk.free else len(view)
    starts: list[int] | None = None
    found: list[tuple[int, int, int]] = []
    at, previous = CHUNK_HEADER, None
    while at < len(view):
        size, number = record_at(view, at)
        if size and at >= live and (previous is None or number != previous + 1):
            break
        if size:
            flags = chunk.flags | (int(RECOVERED) if at >= live else 0)
            found.append((at, size, flags))
            part = "recovered records" if flags & int(RECOVERED) else "records"
            ledger.put("read", chunk.base + at, chunk.base + at + size, part)
            at, previous = at + size, number
            continue
        if at >= live:
            break
        if starts is None:
            starts = standing(data, chunk.base, chunk.limit)[0].tolist()
        place = bisect_left(starts, chunk.base + at + 1)
        following = starts[place] - chunk.base if place < len(starts) else None
        if following is None and not chunk.free and not any(view[at:]):
            break
        stop = live if following is None or following >= live else following
        ledger.put("damaged", chunk.base + at, chunk.base + stop)
        ledger.complain(chunk.base + at, stop - at, f"{_why(view, at)}; {stop - at} bytes passed over")
        at = stop
    rows = np.array(found, np.int64).reshape(-1, 3)
    walked = (rows[:, 0] + chunk.base, rows[:, 1], np.full(len(rows), chunk.base), rows[:, 2].astype(np.uint8))
    return walked, chunk.base + at


def _why(view: bytes, at: int) -> str:
    if view[at : at + 4] != SIGNATURE or at + 8 > len(view):
        return f"no record: found {view[at : at + 4]!r}, expected {SIGNATURE!r}"
    size = int.from_bytes(view[at + 4 : at + 8], "little")
    if size < MIN_RECORD or at + size > len(view):
        return f"record of size {size}; expected {MIN_RECORD} to the {len(view) - at} bytes left"
    again = int.from_bytes(view[at + size - 4 : at + size], "little")
    return f"record of size {size} ends in size {again}; expected the same"
