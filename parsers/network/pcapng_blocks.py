"""Block types of pcapng (draft-ietf-opsawg-pcapng section 11.1), and where blocks go on after damage."""

from __future__ import annotations

import numpy as np

from parsers.network.records import CHAIN, FIRST_WINDOW, LAST_WINDOW, Bools, Bytes, Int64s, words

SECTION, INTERFACE, PACKET, SIMPLE, NAMES, STATISTICS, ENHANCED = 0x0A0D0D0A, 1, 2, 3, 4, 5, 6
OTHERS = {
    NAMES: "name resolution",
    STATISTICS: "interface statistics",
    9: "journal export",
    10: "decryption secrets",
    0xBAD: "custom",
    0x40000BAD: "custom, not to be copied",
}
_KNOWN = (SECTION, INTERFACE, PACKET, SIMPLE, ENHANCED, *OTHERS)
BLOCK_LIMIT = 1 << 28  # bytes; a longer block is taken for damage
LEAST = 12  # bytes of a block without a body


def resume(buffer: Bytes, at: int, big: bool) -> int:
    """The next offset where three good blocks follow one another, or the file's size."""
    size, window = len(buffer), FIRST_WINDOW
    while at + LEAST <= size:
        candidates = np.arange(at, min(at + window, size - LEAST + 1), dtype=np.int64)
        for order in (big, not big):
            good, length = _good(buffer, candidates, order)
            starts = candidates[good]
            place = starts + length[good]
            for _ in range(CHAIN - 1):
                alive, step = place == size, np.zeros(len(place), np.int64)
                going = np.flatnonzero(place + LEAST <= size)
                alive[going], step[going] = _good(buffer, place[going], order)
                step[place == size] = 0
                starts, place = starts[alive], (place + step)[alive]
            if order != big:  # the other byte order only where a section says so
                starts = starts[words(buffer, starts, order) == SECTION]
            if len(starts):
                return int(starts[0])
        at += window
        window = min(window * 2, LAST_WINDOW)
    return size


def _good(buffer: Bytes, at: Int64s, big: bool) -> tuple[Bools, Int64s]:
    """Where a whole known block lies at `at`, and its length. `at + 12` must lie inside the buffer."""
    kind, length = words(buffer, at, big), words(buffer, at + 4, big)
    good = np.isin(kind, _KNOWN) & (length >= LEAST) & (length % 4 == 0) & (length <= BLOCK_LIMIT)
    good &= at + length <= len(buffer)
    good[good] = words(buffer, (at + length)[good] - 4, big) == length[good]
    return good, length
