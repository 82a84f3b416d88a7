"""Event log chunks and single records in bytes that are no event log: page files, unallocated space, memory dumps. Read on request only.

A chunk is taken where its magic stands and either its header's checksum fits or its first record begins where records begin; it ends where
the next one begins, or after 64 KiB. Between chunks every record that stands whole is taken. What is found depends on the bytes around it
alone, so pieces can be searched apart. All rows are flagged `recovered`. A record that lies in two places is one row, at the first; a
problem names both places.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from parsers.base import Batch, Evidence, Output, Slice
from parsers.gather import Bytes, Int64s, as_bytes, numbers_at
from parsers.windows.chunks import Records, records
from parsers.windows.copies import Piece, without_copies
from parsers.windows.definitions import implied_base
from parsers.windows.evtx import batches_of
from parsers.windows.ledger import Ledger, Ledgers
from parsers.windows.places import is_chunk
from parsers.windows.structures import (
    CHUNK,
    CHUNK_HEADER,
    CHUNK_MAGIC,
    RECORD_HEADER,
    RECOVERED,
    apart,
    standing,
)
from parsers.windows.tokens import HEADER
from parsers.windows.typed import Window
from timelines import times
from timelines.problems import Account, Problem

PIECE = 16 << 20  # bytes searched at a time
MARGIN = 2 * CHUNK  # bytes before a piece that tell whether it begins inside a chunk
EARLIEST = 119_600_064_000_000_000  # FILETIME of 1980-01-01: bytes whose time is before that are no record
REST = "no event log"
TOLD = 20_000  # problems of a piece that are told one by one; a piece of nothing but old records has fewer


@dataclass(frozen=True, slots=True)
class Carved:
    """What stands in one piece. `chunks`: begins and ends in the window; `own`: which chunks begin in the piece; `lone`: the rows of
    `found` that are single records."""

    window: Window
    chunks: tuple[tuple[int, int], ...]
    found: Records
    lone: Int64s
    ledger: Ledger
    accounts: tuple[Account, ...]


class EvtxCarve:
    """Finds event records in any bytes. See `parsers.base.Parser`; nothing is recognised as this, it is asked for by name."""

    name = "windows/evtx-carve"

    def accepts(self, head: bytes, name: str) -> bool:
        return False

    def slices(self, evidence: Evidence) -> list[Slice]:
        bounds = [*range(0, max(evidence.size, 1), PIECE), evidence.size]
        return [Slice(start, stop) for start, stop in pairwise(bounds)]

    def parse(self, evidence: Evidence, piece: Slice) -> Iterator[Output]:
        """Batches by family and event shape, then problems and accounts in file order."""
        carved = carve(evidence, piece)

        def search(start: int) -> Piece:
            following = min(start + PIECE, evidence.size)
            one = carved if start == piece.start else carve(evidence, Slice(start, following))
            return Piece(one.window.data, one.window.start, one.found, one.lone, following)

        found, many = without_copies(evidence, piece.start, search)
        for family, rows, _ in batches_of(carved.window, found):
            yield Batch(family, rows)
        if many:
            yield evidence.problem(
                piece.start, piece.stop - piece.start, "too many records before to know all copies of theirs here"
            )
        yield from _bounded(evidence, piece, [item for item in carved.ledger.told() if isinstance(item, Problem)])
        yield from carved.accounts


def _bounded(evidence: Evidence, piece: Slice, problems: list[Problem]) -> Iterator[Problem]:
    """The first TOLD problems of a piece and how many more there are: whoever fills a disk with broken chunks must not fill a report."""
    yield from problems[:TOLD]
    if len(problems) > TOLD:
        reason = f"{len(problems) - TOLD} more problems in these bytes; rows that they concern are flagged"
        yield evidence.problem(piece.start, piece.stop - piece.start, reason)


def carve(evidence: Evidence, piece: Slice) -> Carved:
    """Search one piece. Chunks and records belong to the piece that they begin in."""
    start, stop = max(0, piece.start - MARGIN), min(evidence.size, piece.stop + CHUNK)
    data = as_bytes(evidence.open())[start:stop]
    begin, end = piece.start - start, piece.stop - start
    ledger, before = Ledger(evidence, start, grid=False), Ledger(evidence, start, grid=False)
    chunks = _chunks(data)
    own = [bounds for bounds in chunks if begin <= bounds[0] < end]
    records(data, early := [bounds for bounds in chunks if bounds[0] < begin], Ledgers([before] * len(early), before))
    in_chunks = records(data, own, Ledgers([ledger] * len(own), ledger))
    at, sizes = _lone(data, chunks, (max(0, begin - CHUNK), end))
    for offset, size in zip(at.tolist(), sizes.tolist(), strict=True):
        side = ledger if offset >= begin else before
        side.put("read", offset, offset + size, "recovered records")
    mine = at >= begin
    bases = _bases(data, at, sizes)[mine]
    found, lone = _together(data, in_chunks, (at[mine], sizes[mine], bases), ledger)
    accounts = _clipped([*before.accounts(), *ledger.accounts()], piece)
    return Carved(Window(data, start, page=evidence.code_page), tuple(own), found, lone, ledger, tuple(accounts))


def _chunks(data: Bytes) -> list[tuple[int, int]]:
    """Begins and ends of chunks at any alignment."""
    if len(data) < CHUNK_HEADER:
        return []
    at = np.flatnonzero(data[: len(data) - CHUNK_HEADER + 1] == CHUNK_MAGIC[0])
    at = at[numbers_at(data, at, "<u8") == int.from_bytes(CHUNK_MAGIC, "little")]
    bases = [base for base in at.tolist() if is_chunk(data[base : base + CHUNK_HEADER + 4].tobytes())]
    ends = [min(base + CHUNK, following) for base, following in pairwise([*bases, len(data)])]
    return list(zip(bases, ends, strict=True))


def _lone(data: Bytes, chunks: list[tuple[int, int]], within: tuple[int, int]) -> tuple[Int64s, Int64s]:
    """Records that begin in `within`, stand whole outside chunks, begin binary XML as all do, and have a time."""
    at, sizes = standing(data, within[0], min(len(data), within[1] + CHUNK))
    good = (data[at + RECORD_HEADER] == HEADER) & (data[at + RECORD_HEADER + 1] == 1)
    ticks = numbers_at(data, at + 16, "<u8")
    good &= (ticks >= EARLIEST) & times.from_filetime(ticks)[1]
    bounds = np.array(chunks, np.int64).reshape(-1, 2)
    after = np.searchsorted(bounds[:, 0], at, side="right")  # chunks that begin at or before it
    ends = np.concatenate((np.array([0], np.int64), bounds[:, 1]))
    begins = np.append(bounds[:, 0], len(data))
    good &= (ends[after] <= at) & (at + sizes <= begins[after])
    at, sizes = at[good], sizes[good]
    keep = apart(at, sizes)
    at, sizes = at[keep], sizes[keep]
    inside = at < within[1]
    return at[inside], sizes[inside]


def _together(
    data: Bytes, in_chunks: Records, lone: tuple[Int64s, Int64s, Int64s], ledger: Ledger
) -> tuple[Records, Int64s]:
    """All records of a piece by offset, flagged, and which of them are single ones."""
    at, sizes, bases = lone
    offset = np.concatenate((in_chunks.offset, at))
    order = np.argsort(offset, kind="stable")
    size = np.concatenate((in_chunks.size, sizes))[order]
    base = np.concatenate((in_chunks.base, bases))[order]
    flags = np.concatenate((in_chunks.flags | RECOVERED, np.full(len(at), RECOVERED, np.uint8)))[order]
    offset = offset[order]
    instant, sane = times.from_filetime(numbers_at(data, offset + 16, "<u8"))
    number = numbers_at(data, offset + 8, "<u8")
    found = Records(offset, size, number, instant, sane, base, flags, np.zeros(len(offset), np.int64), [ledger])
    return found, np.flatnonzero(order >= len(in_chunks))


def _bases(data: Bytes, at: Int64s, sizes: Int64s) -> Int64s:
    """Where the chunks of single records began: told by a template that a record brings along; records end to end share a chunk."""
    out: list[int] = []
    reach = -1
    for offset, size in zip(at.tolist(), sizes.tolist(), strict=True):
        base = implied_base(data[offset : offset + size].tobytes(), offset)
        if base is None:
            base = out[-1] if offset == reach and offset + size - out[-1] <= CHUNK else offset
        out.append(base)
        reach = offset + size
    return np.array(out, np.int64)


def _clipped(accounts: list[Account], piece: Slice) -> Iterator[Account]:
    """Accounts of [piece.start, piece.stop), and what none of them claims as unsupported."""
    begins, ends = [np.array([piece.start])], [np.array([piece.start])]
    for account in accounts:
        begin = np.clip(account.offsets, piece.start, piece.stop)
        end = np.clip(account.offsets + account.lengths, piece.start, piece.stop)
        held = end > begin
        if held.any():
            begins.append(begin[held])
            ends.append(end[held])
            yield replace(account, offsets=begin[held], lengths=(end - begin)[held])
    begin, end = np.sort(np.concatenate(begins)), np.sort(np.concatenate(ends))
    gaps = np.append(begin[1:], piece.stop) - end
    if (gaps > 0).any():
        yield Account("unsupported", end[gaps > 0], gaps[gaps > 0], REST)


ON_REQUEST = EvtxCarve()
