"""Old records in the free space of chunks: what a log held before it was cleared, wrapped around, or cut down.

A record that stands whole there is a row again, flagged `recovered`, unless the log still holds it: same number and same bytes. The rest of
the free space is counted: `slack` as far as old bytes reach, `free space` behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from parsers.gather import Bytes, Int64s, numbers_at
from parsers.windows.chains import spaces as occupied
from parsers.windows.chunk_heads import chunk_heads
from parsers.windows.ledger import Ledger, Ledgers
from parsers.windows.structures import (
    CHUNK,
    CHUNK_HEADER,
    Chunks,
    apart,
    record_at,
    standing,
)
from parsers.windows.tokens import HEADER

CHUNKS_ASKED = 64  # chunks outside the window that are asked whether they hold an old record; numbers ascend, so an honest log needs few

Identity = tuple[int, int, bytes]  # file, number, digest of all bytes
Live = tuple[Int64s, Int64s, npt.NDArray[np.uint64], Int64s]  # the log's own records: offsets, sizes, numbers, files


def old_records(
    data: Bytes, spaces: tuple[Chunks, Int64s], live: Live, ledgers: Ledgers
) -> tuple[Int64s, Int64s, Int64s]:
    """Offsets, sizes and chunk bases of the old records that are worth a row. `spaces`: chunks and where their free space begins."""
    chunks, reach = spaces[0], spaces[1].copy()
    ends, marked = occupied(data, np.stack((reach, chunks.limit), axis=1))
    holding = np.flatnonzero(marked).tolist()
    found = {number: _in_space(data, int(reach[number]), int(chunks.limit[number])) for number in holding}
    told = _known(data, list(found.values()), chunks.file[holding], live, ledgers.each)
    kept: list[tuple[int, int, int]] = []
    for number, (offsets, sizes) in found.items():
        chunk, at = chunks.one(number), int(reach[number])
        ledger = ledgers.each[chunk.file]
        for offset, size in zip(offsets.tolist(), sizes.tolist(), strict=True):
            ends[number] = max(ends[number], offset + size)
            who = _identity(data, chunk.file, offset, size)
            if who in told:
                continue
            told.add(who)
            kept.append((offset, size, chunk.base))
            ledger.put("free", at, offset, "slack")
            ledger.put("read", offset, offset + size, "recovered records")
            at = offset + size
        reach[number] = at
    ends = np.maximum(ends, reach)
    ledgers.put_all("free", reach, ends - reach, "slack")
    ledgers.put_all("free", ends, chunks.limit - ends, "free space")
    rows = np.array(kept, np.int64).reshape(-1, 3)
    return rows[:, 0], rows[:, 1], rows[:, 2]


def _in_space(data: Bytes, at: int, limit: int) -> tuple[Int64s, Int64s]:
    """Whole records in [at, limit) whose binary XML begins as all does."""
    offsets, sizes = standing(data, at, limit)
    good = (data[offsets + 24] == HEADER) & (data[offsets + 25] == 1)
    offsets, sizes = offsets[good], sizes[good]
    keep = apart(offsets, sizes)
    return offsets[keep], sizes[keep]


def _identity(data: Bytes, file: int, offset: int, size: int) -> Identity:
    raw = data[offset : offset + size].tobytes()
    return file, int.from_bytes(raw[8:16], "little"), blake2b(raw, digest_size=16).digest()


def _known(
    data: Bytes,
    found: Sequence[tuple[Int64s, Int64s]],
    files: Int64s,
    live: Live,
    ledgers: Sequence[Ledger],
) -> set[Identity]:
    """The log's own records that have the number of an old one: from the window, and from the rest of a log that is larger."""
    counts = [len(offsets) for offsets, _ in found]
    if not sum(counts):
        return set()
    at = np.concatenate([offsets for offsets, _ in found])
    numbers = numbers_at(data, at + 8, "<u8")
    offsets, sizes, own, file = live
    wanted = np.unique(numbers)
    alike = np.flatnonzero(wanted[np.minimum(np.searchsorted(wanted, own), len(wanted) - 1)] == own)
    told = {_identity(data, int(file[row]), int(offsets[row]), int(sizes[row])) for row in alike.tolist()}
    of = np.repeat(files, counts)
    for number in np.unique(of).tolist():
        ledger = ledgers[number]
        if ledger.grid and (ledger.start + len(data) < ledger.evidence.size or ledger.start > 0):
            told |= _elsewhere(
                ledger, (ledger.start, ledger.start + len(data)), np.unique(numbers[of == number]), number
            )
    return told


def _elsewhere(ledger: Ledger, window: tuple[int, int], wanted: Int64s, file: int) -> set[Identity]:
    """Records of a log's chunks outside the window that have one of the numbers `wanted` (ascending), by what chunk headers say."""
    if not len(wanted):
        return set()
    evidence = ledger.evidence
    heads = chunk_heads(evidence.path, evidence.size, evidence.sha256)
    holds = np.searchsorted(wanted, heads.last, side="right") > np.searchsorted(wanted, heads.first, side="left")
    holds &= (heads.bases + CHUNK <= window[0]) | (heads.bases >= window[1])
    told = set()
    asked = frozenset(wanted.tolist())
    with evidence.path.open("rb") as handle:
        for base in heads.bases[holds][:CHUNKS_ASKED].tolist():
            handle.seek(base)
            raw = handle.read(CHUNK)
            whole = np.frombuffer(raw, np.uint8)
            free = int.from_bytes(raw[48:52], "little")
            at = CHUNK_HEADER
            while at < min(free, len(raw)) and (record := record_at(raw, at))[0]:
                if record[1] in asked:
                    told.add(_identity(whole, file, at, record[0]))
                at += record[0]
    return told
