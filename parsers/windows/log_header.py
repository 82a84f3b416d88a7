"""What the header of an event log says of itself, held against the file: its checksum, its count of chunks, its mark of being in use."""

from __future__ import annotations

import struct

import numpy as np
from isal.isal_zlib import crc32

from parsers.base import Evidence
from parsers.gather import Bytes, Int64s, numbers_at
from parsers.windows.chunk_heads import chunk_heads
from parsers.windows.ledger import Ledger, Ledgers
from parsers.windows.structures import CHUNK, CHUNK_MAGIC, FILE_HEADER, grid

SAID = 128  # bytes of the header that say something; the rest of its page is zero
COUNTABLE = 0xFFFF  # chunks that the header's count, of 16 bits, can tell
DIRTY = 1  # bit of the flags: changes are not saved yet
CLOSED, IN_USE = "file header", "file header of a log in use"


def file_header(data: Bytes, at: int, ledger: Ledger) -> None:
    """Account for the file header at `at` of a window, and tell in one line what in it does not fit the file.

    Checksum: CRC-32 of the first 120 bytes, at 124. Count of chunks: 16 bits at 42; flags: 32 bits at 120. Windows counts the chunks that
    it has begun, not the empty room behind them. A log in use whose count fits is what every copy of a running machine's logs holds: its
    header is accounted for under a name of its own, and is no problem. Source: the files themselves; A. Schuster, "Evtx File Header", 2007.
    """
    stop = min(FILE_HEADER, len(data) - at)
    if stop < SAID:
        ledger.put("read", at, at + stop, CLOSED)
        ledger.complain(at, stop, f"event log header of {stop} bytes; expected {FILE_HEADER}")
        return
    head = data[at : at + SAID].tobytes()
    counted = int.from_bytes(head[42:44], "little")
    flags, stored = struct.unpack_from("<II", head, 120)
    in_use = bool(flags & DIRTY)
    ledger.put("read", at, at + stop, IN_USE if in_use else CLOSED)
    wrong = []
    if stored != (found := crc32(head[:120])):
        wrong.append(f"checksum 0x{found:08x}, expected 0x{stored:08x}; file read anyway")
    if told := _miscounted(counted, _standing(data, at, ledger.evidence), ledger.evidence.size):
        state = "the log is marked as in use, not closed" if in_use else "the log is marked as closed"
        wrong.append(f"{told}; {state}; all that stand are read")
    if wrong:
        ledger.complain(at, stop, f"file header: {'; '.join(wrong)}")
    if stop < FILE_HEADER:
        ledger.complain(at, stop, f"event log header of {stop} bytes; expected {FILE_HEADER}")


def file_headers(data: Bytes, starts: Int64s, ledgers: Ledgers) -> None:
    """The same for whole logs that stand end to end from `starts` on, ascending, each of FILE_HEADER bytes or more: only those of which
    there is something to tell are looked at one by one."""
    stops = np.append(starts[1:], len(data))
    bases, _, files = grid(
        list(zip((starts + FILE_HEADER).tolist(), (stops - len(CHUNK_MAGIC) + 1).tolist(), strict=True))
    )
    begun = numbers_at(data, bases, "<u8") == int.from_bytes(CHUNK_MAGIC, "little")
    standing = np.bincount(files[begun], minlength=len(starts))
    fits = (numbers_at(data, starts + 42, "<u2") == standing) & (standing <= COUNTABLE)
    view = data.data
    fits &= numbers_at(data, starts + 124, "<u4") == np.array(
        [crc32(view[at : at + 120]) for at in starts.tolist()], np.int64
    )
    in_use = numbers_at(data, starts + 120, "<u4") & DIRTY != 0
    for which, part in ((in_use, IN_USE), (~in_use, CLOSED)):
        own = starts[fits & which]
        ledgers.put_all("read", own, np.full(len(own), FILE_HEADER), part)
    for file in np.flatnonzero(~fits).tolist():
        file_header(data, int(starts[file]), ledgers.each[file])


def _miscounted(counted: int, standing: int, size: int) -> str:
    """How the header's count of chunks and the chunks of a file of `size` bytes differ; nothing where they do not."""
    if standing > COUNTABLE:
        return f"its count of chunks, of 16 bits, says {counted}, {standing} stand in their places"
    if counted == standing:
        return ""
    room = max(0, -(-(size - FILE_HEADER) // CHUNK))
    ends = f"; the file ends after {room}" if counted > room else ""
    return f"it counts {counted} chunks, {standing} stand in their places{ends}"


def _standing(data: Bytes, at: int, evidence: Evidence) -> int:
    """How many places for a chunk in the whole file begin with a chunk's magic; the window `data` may hold its begin only."""
    if len(data) - at < evidence.size:
        return chunk_heads(evidence.path, evidence.size, evidence.sha256).standing
    magic = int.from_bytes(CHUNK_MAGIC, "little")
    places = np.arange(FILE_HEADER, evidence.size - len(CHUNK_MAGIC) + 1, CHUNK, dtype=np.int64)
    return int(np.count_nonzero(numbers_at(data, at + places, "<u8") == magic))
