"""The skeleton of an event log: file header, chunks of 64 KiB, their checksums and the records in them.

Chunks are read wherever the file has room for them, whatever the file header's count says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from isal.isal_zlib import crc32

from parsers.gather import Bools, Bytes, Int64s, numbers_at
from parsers.windows.chains import Chains
from parsers.windows.checksums import Fitting, fitting
from parsers.windows.ledger import Ledger, Ledgers
from parsers.windows.log_header import file_header, file_headers
from parsers.windows.recover import old_records
from parsers.windows.structures import (
    BAD_CHECKSUM,
    CHUNK,
    CHUNK_FIELDS,
    CHUNK_HEADER,
    CHUNK_MAGIC,
    FILE_HEADER,
    FILE_MAGIC,
    MIN_RECORD,
    NAME_TABLE,
    RECORD_HEADER,
    RECOVERED,
    SIGNATURE,
    TEMPLATE_TABLE,
    Chunk,
    Chunks,
    grid,
)
from parsers.windows.walk import Walked, walk
from timelines import times

__all__ = [
    "BAD_CHECKSUM", "CHUNK", "CHUNK_HEADER", "FILE_HEADER", "FILE_MAGIC", "MIN_RECORD", "RECORD_HEADER", "RECOVERED", "SIGNATURE",
    "Records", "file_header", "file_headers", "records",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Records:
    """Records of a window, in its order: (n,) arrays. Offsets and chunk bases count from the window's start.

    `instant` is the header's time in UTC ns where it is `sane`; `file` says which of the `ledgers` a record belongs to.
    """

    offset: Int64s
    size: Int64s
    number: npt.NDArray[np.uint64]
    instant: Int64s
    sane: npt.NDArray[np.bool_]
    base: Int64s
    flags: npt.NDArray[np.uint8]
    file: Int64s
    ledgers: Sequence[Ledger]

    def __len__(self) -> int:
        return len(self.offset)

    def span(self, first: int, stop: int) -> Records:
        """A run of the records, in their order."""
        own = slice(first, stop)
        place = self.offset[own], self.size[own], self.number[own], self.instant[own], self.sane[own], self.base[own]
        return Records(*place, self.flags[own], self.file[own], self.ledgers)

    def complain(self, row: int, reason: str, place: tuple[int, int] | None = None) -> None:
        """Report a record, or `place` (begin, length) in it, to its file's ledger."""
        at, length = place or (int(self.offset[row]), int(self.size[row]))
        self.ledgers[int(self.file[row])].complain(at, length, f"record {int(self.number[row])}: {reason}")


_HEADER_PARTS = (
    (0, NAME_TABLE, "chunk headers"),
    (NAME_TABLE, TEMPLATE_TABLE, "name tables"),
    (TEMPLATE_TABLE, CHUNK_HEADER, "template tables"),
)


def records(data: Bytes, bounds: Sequence[tuple[int, int]], ledgers: Ledgers, alone: bool = False) -> Records:
    """All records of the chunks of `data`. Each file has one of the `ledgers`, and its chunks lie within one of the `bounds`, ascending;
    with `alone` all of these are of one file."""
    bases, limits, files = grid(bounds)
    if alone:
        files[:] = 0
    fit = fitting(data, bases[limits - bases == CHUNK])
    free, flags, fits = np.zeros(len(bases), np.int64), np.zeros(len(bases), np.uint8), np.zeros(len(bases), np.bool_)
    here = np.searchsorted(bases, fit.bases)
    free[here], fits[here] = fit.free, True
    kept = fits.copy()
    for number in np.flatnonzero(~fits).tolist():
        chunk = _chunk(data, int(bases[number]), int(limits[number]), int(files[number]), ledgers.each)
        if chunk is not None:
            kept[number], free[number], flags[number] = True, chunk.free, chunk.flags
    for begin, end, part in _HEADER_PARTS:
        ledgers.put_all("read", fit.bases + begin, np.full(len(fit.bases), end - begin), part)
    chunks = Chunks(bases[kept], limits[kept], free[kept], flags[kept], files[kept])
    return _walk(data, chunks, (fit, fits[kept]), ledgers)


def _chunk(data: Bytes, base: int, limit: int, file: int, ledgers: Sequence[Ledger]) -> Chunk | None:
    """Check one chunk's header and checksums; None where there is nothing to walk."""
    view, ledger = data[base:limit].data, ledgers[file]
    if view[:8] != CHUNK_MAGIC or limit - base < CHUNK_HEADER:
        return _headless(data[base:limit], Chunk(base, limit, 0, int(RECOVERED), file), ledger)
    _, _, _, _, _, _, _, free, stored, _ = CHUNK_FIELDS.unpack_from(view)
    for begin, end, part in _HEADER_PARTS:
        ledger.put("read", base + begin, base + end, part)
    number = f" {(ledger.start + base - FILE_HEADER) // CHUNK}" if ledger.grid else ""
    where = f"chunk{number} at 0x{ledger.start + base:x}"
    flags = 0
    if limit - base < CHUNK:
        ledger.complain(
            base, limit - base, f"{where}: it ends after {limit - base} of {CHUNK} bytes; read what is there"
        )
    header = crc32(view[128:512], crc32(view[:120]))
    expected = int.from_bytes(view[124:128], "little")
    wrong = []
    if header != expected:
        wrong.append(f"header checksum 0x{header:08x}, expected 0x{expected:08x}")
    if not CHUNK_HEADER <= free <= limit - base:
        wrong.append(f"free space offset {free}, expected {CHUNK_HEADER} to {limit - base}")
        free = 0
    elif (body := crc32(view[CHUNK_HEADER:free])) != stored:
        wrong.append(f"records checksum 0x{body:08x}, expected 0x{stored:08x}")
    if wrong:
        flags = int(BAD_CHECKSUM)
        ledger.complain(base, limit - base, f"{where}: {'; '.join(wrong)}; records read anyway, flagged bad-checksum")
    return Chunk(base, limit, base + free if free else 0, flags, file)


def _headless(view: Bytes, chunk: Chunk, ledger: Ledger) -> Chunk | None:
    """A chunk without its magic: free when all zero; else damaged, but records that still stand in it are read."""
    base, limit = chunk.base, chunk.limit
    if not view.any():
        ledger.put("free", base, limit, "empty chunks")
        return None
    stop = min(base + CHUNK_HEADER, limit)
    ledger.put("damaged", base, stop)
    where, head = f"at 0x{ledger.start + base:x}", view[:8].tobytes()
    if head == CHUNK_MAGIC:
        said = f"chunk {where}: it ends after {limit - base} of {CHUNK} bytes, inside its header; it holds no record"
    else:
        said = f"no chunk {where}: found {head!r}, expected {CHUNK_MAGIC!r}; records that still stand there are read, flagged recovered"
        begun = view.tobytes().find(CHUNK_MAGIC) if ledger.grid else -1
        if begun >= 0:
            said += f"; a chunk begins at 0x{ledger.start + base + begun:x}, where none has its place: `athar carve` reads it whole"
    ledger.complain(base, limit - base, said)
    return chunk if stop < limit else None


def _walk(data: Bytes, chunks: Chunks, fitted: tuple[Fitting, Bools], ledgers: Ledgers) -> Records:
    """Chunks that fit (and which those are) and are sound were read already; other sound ones all at once, odd ones one by one, then what
    their free space still holds."""
    (bases, _, frees, flags, files), (fit, fits) = chunks, fitted
    others = np.flatnonzero(~fits)
    found, sound = [_Found.of(fit.rows, fit.bases)], np.ones(len(bases), np.bool_)
    sound[fits] = fit.sound
    if len(others):
        chains = Chains(data, np.stack((bases[others], frees[others]), axis=1))
        chains.reach(len(others))
        sound[others] = chains.sound()
        found.append(_Found.of(chains.rows(), bases[others], flags[others]))
    begins, lengths = bases + CHUNK_HEADER, np.where(sound, frees - bases - CHUNK_HEADER, 0)
    ledgers.put_all("read", begins, lengths, "records")
    reach = frees.copy()
    for number in np.flatnonzero(~sound).tolist():
        chunk = chunks.one(number)
        walked, reach[number] = walk(data, chunk, ledgers.each[chunk.file])
        found.append(_Found.read(data, walked))
    live = _ordered(found)
    file = _files(files, bases, live.base)
    old = old_records(data, (chunks, reach), (live.offset, live.size, live.number, file), ledgers)
    if len(old[0]):
        live = _ordered([live, _Found.read(data, (*old, np.full(len(old[0]), RECOVERED)))])
        file = _files(files, bases, live.base)
    instant, sane = times.from_filetime(live.moment)
    return Records(live.offset, live.size, live.number, instant, sane, live.base, live.flags, file, ledgers.each)


class _Found(NamedTuple):
    """Records of some chunks: (n,) each."""

    offset: Int64s
    size: Int64s
    base: Int64s
    flags: npt.NDArray[np.uint8]
    number: npt.NDArray[np.uint64]
    moment: npt.NDArray[np.uint64]  # a FILETIME

    @classmethod
    def of(cls, rows: Int64s, bases: Int64s, flags: npt.NDArray[np.uint8] | None = None) -> _Found:
        """Records of chunks that chain, whose `bases` and `flags` (none, where not given) are known. See `chains.Chains.rows`."""
        offset, size, owner, number, moment = rows
        marks = np.zeros(len(owner), np.uint8) if flags is None else flags[owner]
        return cls(offset, size, bases[owner], marks, number.view(np.uint64), moment.view(np.uint64))

    @classmethod
    def read(cls, data: Bytes, walked: Walked) -> _Found:
        """What was walked, with what the records' headers say."""
        return cls(*walked, numbers_at(data, walked[0] + 8, "<u8"), numbers_at(data, walked[0] + 16, "<u8"))


def _ordered(parts: Sequence[_Found]) -> _Found:
    """Records of several parts by offset."""
    if len(parts) == 1:
        return parts[0]
    order = np.argsort(np.concatenate([part.offset for part in parts]), kind="stable")
    return _Found(*(np.concatenate(column)[order] for column in zip(*parts, strict=True)))


def _files(files: Int64s, bases: Int64s, base: Int64s) -> Int64s:
    """Whose the records of the chunks at `base` are. `files`: (c,) whose the chunks at `bases` are, ascending."""
    return files[np.searchsorted(bases, base)] if len(files) and files[-1] else np.zeros(len(base), np.int64)
