"""Chunks that do not stand in their places, since bytes of the log were lost or added before them: its grid begins anew where one does."""

from __future__ import annotations

import numpy as np

from parsers.gather import Bytes, numbers_at
from parsers.windows.ledger import Ledger
from parsers.windows.structures import CHUNK, CHUNK_HEADER, CHUNK_MAGIC, header_checksum

TRIED = 16  # beginnings near a place whose checksums are looked at: who writes thousands of them would have us do nothing else
_MAGIC = int.from_bytes(CHUNK_MAGIC, "little")


def grids(data: Bytes, first: int, stop: int, ledger: Ledger) -> list[tuple[int, int]]:
    """The bytes [first, stop) of a window as pieces in each of which chunks stand one CHUNK apart, ascending; each but the first is told.

    A piece begins where a place holds no chunk, but a chunk whose header fits its checksum begins near it.
    """
    found, begin = [], first
    while (moved := _moved(data, begin, stop)) is not None:
        found.append((begin, moved))
        by = (moved - begin) % CHUNK
        where = f"{CHUNK - by} bytes before their places, or {by} behind"
        ledger.complain(
            moved,
            stop - moved,
            f"chunks from 0x{ledger.start + moved:x} on stand {where}: bytes of the log were lost or added before; "
            "they are read where they stand",
        )
        begin = moved
    return [*found, (begin, stop)]


def _moved(data: Bytes, begin: int, stop: int) -> int | None:
    """Where chunks of a grid from `begin` on first stand otherwise; None where they never do."""
    places = np.arange(begin, stop - len(CHUNK_MAGIC) + 1, CHUNK)
    lacking: list[int] = places[numbers_at(data, places, "<u8") != _MAGIC].tolist()
    for place in lacking:
        low = max(begin + 1, place - CHUNK + 1)
        near = data[low : min(place + CHUNK, stop)].tobytes()
        at = -1
        for _ in range(TRIED):
            at = near.find(CHUNK_MAGIC, at + 1)
            if at < 0:
                break
            if (low + at - begin) % CHUNK and _fits(near[at : at + CHUNK_HEADER]):
                return low + at
    return None


def _fits(head: bytes) -> bool:
    return len(head) == CHUNK_HEADER and header_checksum(head) == int.from_bytes(head[124:128], "little")
