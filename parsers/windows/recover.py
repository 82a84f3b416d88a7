"""Old records in the free space of chunks: what a log held before it was cleared, wrapped around, or cut down.

A record that stands whole there is a row again, flagged `recovered`, unless the log still holds it: same number and same bytes. The rest of
the free space is counted: `slack` as far as old bytes reach, `free space` behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from parsers.gather import Bools, Bytes, Int64s, numbers_at
from parsers.windows.chains import Chains
from parsers.windows.chains import spaces as occupied
from parsers.windows.chunk_heads import chunk_heads
from parsers.windows.ledger import Ledger, Ledgers
from parsers.windows.structures import (
    CHUNK,
    CHUNK_HEADER,
    Chunks,
    record_at,
)

AT_ONCE = 4096  # places of old records as Python's numbers; a hostile log has millions
CHUNKS_ASKED = 64  # chunks outside the window that are asked whether they hold an old record; numbers ascend, so an honest log needs few

Identity = tuple[int, int, bytes]  # file, number, digest of all bytes
Live = tuple[Int64s, Int64s, npt.NDArray[np.uint64], Int64s]  # the log's own records: offsets, sizes, numbers, files


def old_records(
    data: Bytes, spaces: tuple[Chunks, Int64s], live: Live, ledgers: Ledgers
) -> tuple[Int64s, Int64s, Int64s]:
    """Offsets, sizes and chunk bases of the old records that are worth a row. `spaces`: chunks and where their free space begins."""
    chunks, reach = spaces[0], spaces[1].copy()
    ends, places = occupied(data, np.stack((reach, chunks.limit), axis=1))
    told = _known(data, places, chunks.file, live, ledgers.each)
    kept: list[tuple[int, int, int]] = []
    for offset, size, number in _one_by_one(places):
        chunk, at = chunks.one(number), int(reach[number])
        ends[number] = max(ends[number], offset + size)
        who = _identity(data, chunk.file, offset, size)
        if who in told:
            continue
        told.add(who)
        kept.append((offset, size, chunk.base))
        ledger = ledgers.each[chunk.file]
        ledger.put("free", at, offset, "slack")
        ledger.put("read", offset, offset + size, "recovered records")
        reach[number] = offset + size
    ends = np.maximum(ends, reach)
    ledgers.put_all("free", reach, ends - reach, "slack")
    ledgers.put_all("free", ends, chunks.limit - ends, "free space")
    rows = np.array(kept, np.int64).reshape(-1, 3)
    return rows[:, 0], rows[:, 1], rows[:, 2]


def _one_by_one(places: Int64s) -> Iterator[list[int]]:
    """Rows as numbers, of which few are held at a time."""
    for first in range(0, len(places), AT_ONCE):
        yield from places[first : first + AT_ONCE].tolist()


def _identity(data: Bytes, file: int, offset: int, size: int) -> Identity:
    raw = data[offset : offset + size].tobytes()
    return file, int.from_bytes(raw[8:16], "little"), blake2b(raw, digest_size=16).digest()


def _known(data: Bytes, places: Int64s, files: Int64s, live: Live, ledgers: Sequence[Ledger]) -> set[Identity]:
    """The log's own records that may be an old one too: from the window, and from the rest of a log that is larger. `places` of the old
    ones are as `chains.spaces` gives them, `files` those of the chunks."""
    if not len(places):
        return set()
    numbers = numbers_at(data, places[:, 0] + 8, "<u8")
    offsets, sizes, own, file = live
    alike = np.flatnonzero(_among(_marked(own, sizes), _marked(numbers, places[:, 1])))
    told = {_identity(data, int(file[row]), int(offsets[row]), int(sizes[row])) for row in alike.tolist()}
    of = files[places[:, 2]]
    for number in np.unique(of).tolist():
        ledger = ledgers[number]
        if ledger.grid and (ledger.start + len(data) < ledger.evidence.size or ledger.start > 0):
            told |= _elsewhere(
                ledger, (ledger.start, ledger.start + len(data)), np.unique(numbers[of == number]), number
            )
    return told


def _marked(numbers: npt.NDArray[np.uint64], sizes: Int64s) -> npt.NDArray[np.uint64]:
    """Numbers of records with their sizes in the upper bits, so that few are alike that are not the same record."""
    return numbers ^ (sizes.astype(np.uint64) << np.uint64(48))


def _among(numbers: npt.NDArray[np.uint64], wanted: npt.NDArray[np.uint64]) -> Bools:
    """Which numbers are among those `wanted`: most are told apart by their last 16 bits, without a search."""
    ends = np.zeros(1 << 16, np.bool_)
    ends[wanted & np.uint64(0xFFFF)] = True
    found: Bools = ends[numbers & np.uint64(0xFFFF)]
    found[found] = np.isin(numbers[found], wanted)
    return found


def _elsewhere(ledger: Ledger, window: tuple[int, int], wanted: npt.NDArray[np.uint64], file: int) -> set[Identity]:
    """Records of a log's chunks outside the window that have one of the numbers `wanted` (ascending), by what chunk headers say."""
    evidence = ledger.evidence
    heads = chunk_heads(evidence.path, evidence.size, evidence.sha256)
    holds = np.searchsorted(wanted, heads.last, side="right") > np.searchsorted(wanted, heads.first, side="left")
    holds &= (heads.bases + CHUNK <= window[0]) | (heads.bases >= window[1])
    bases = heads.bases[holds][:CHUNKS_ASKED].tolist()
    if not bases:
        return set()
    with evidence.path.open("rb") as handle:
        raw = bytearray()
        for base in bases:
            handle.seek(base)
            raw += handle.read(CHUNK).ljust(CHUNK, b"\0")
    whole = np.frombuffer(raw, np.uint8)
    starts = np.arange(len(bases)) * CHUNK
    free = np.minimum(numbers_at(whole, starts + 48, "<u4").astype(np.int64), CHUNK)
    chains = Chains(whole, np.stack((starts, starts + free), axis=1))
    chains.reach(len(bases))
    offsets, sizes, _, numbers, _ = chains.rows()
    rows = np.flatnonzero(_among(numbers.astype(np.uint64), wanted))
    told = {_identity(whole, file, *place) for place in zip(offsets[rows].tolist(), sizes[rows].tolist(), strict=True)}
    asked = frozenset(wanted.tolist())
    for chunk in np.flatnonzero(~chains.sound()).tolist():
        at, stop = chunk * CHUNK + CHUNK_HEADER, chunk * CHUNK + int(free[chunk])
        one = bytes(raw[chunk * CHUNK : (chunk + 1) * CHUNK])
        while at < stop and (record := record_at(one, at - chunk * CHUNK))[0]:
            if record[1] in asked:
                told.add(_identity(whole, file, at, record[0]))
            at += record[0]
    return told
