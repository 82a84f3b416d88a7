"""The skeleton of an event log: file header, chunks of 64 KiB, their checksums and the records in them.

Layout (Windows Event Log, "ElfFile"): a header of 4096 bytes, then chunks of 65,536: a header of 512 bytes with its string and template
tables, records one after the other, free space. A record is `**\\0\\0`, size, id, FILETIME, binary XML, size again.
Chunks are read wherever the file has room for them, whatever the file header's count says.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from parsers.gather import Bytes, Int64s, numbers_at
from parsers.windows.ledger import Ledger
from timelines import times

FILE_MAGIC, CHUNK_MAGIC, SIGNATURE = b"ElfFile\0", b"ElfChnk\0", b"**\0\0"
FILE_HEADER, CHUNK, CHUNK_HEADER = 4096, 65_536, 512
RECORD_HEADER = 24
MIN_RECORD = 29  # header, one byte of binary XML, size again
BAD_CHECKSUM, RECOVERED = np.uint8(1), np.uint8(2)

_RECORD = struct.Struct("<4sIQQ")
_CHUNK = struct.Struct(
    "<8sQQQQIIIII"
)  # magic, first and last number, first and last id, header size, last record, free, CRC


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

    def complain(self, row: int, reason: str, place: tuple[int, int] | None = None) -> None:
        """Report a record, or `place` (begin, length) in it, to its file's ledger."""
        at, length = place or (int(self.offset[row]), int(self.size[row]))
        self.ledgers[int(self.file[row])].complain(at, length, f"record {int(self.number[row])}: {reason}")


@dataclass(frozen=True, slots=True)
class _Chunk:
    """One chunk to walk: its bytes are [base, limit) of the window, its live records end at `free` if the header is right."""

    base: int
    limit: int
    free: int
    flags: int
    file: int = 0


def file_header(data: Bytes, at: int, ledger: Ledger) -> None:
    """Account for the file header at `at` and check its checksum (CRC-32 of the first 120 bytes, stored at 124)."""
    stop = min(FILE_HEADER, len(data) - at)
    ledger.put("read", at, at + stop)
    if stop < 128:
        ledger.complain(at, stop, f"event log header of {stop} bytes; expected {FILE_HEADER}")
        return
    stored, found = int.from_bytes(data[at + 124 : at + 128].tobytes(), "little"), zlib.crc32(data[at : at + 120].data)
    if stored != found:
        ledger.complain(at, stop, f"file header: checksum 0x{found:08x}, expected 0x{stored:08x}; file read anyway")
    if stop < FILE_HEADER:
        ledger.complain(at, stop, f"event log header of {stop} bytes; expected {FILE_HEADER}")


def records(data: Bytes, bounds: Sequence[tuple[int, int]], ledgers: Sequence[Ledger]) -> Records:
    """All records of the chunks of `data`. Each file has one of the `ledgers`, and its chunks lie within one of the `bounds`."""
    chunks = []
    for file, ((first, stop), ledger) in enumerate(zip(bounds, ledgers, strict=True)):
        for base in range(first, stop, CHUNK):
            chunk = _chunk(data, base, min(base + CHUNK, stop), ledger)
            if chunk is not None:
                chunks.append(replace(chunk, file=file) if file else chunk)
    return _walk(data, chunks, ledgers)


def _chunk(data: Bytes, base: int, limit: int, ledger: Ledger) -> _Chunk | None:
    """Check one chunk's header and checksums; None where there is nothing to walk."""
    view = data[base:limit].data
    if view[:8] != CHUNK_MAGIC or limit - base < CHUNK_HEADER:
        return _headless(data[base:limit], base, limit, ledger)
    _, _, _, _, _, _, _, free, stored, _ = _CHUNK.unpack_from(view)
    ledger.put("read", base, base + CHUNK_HEADER)
    where = f"chunk {(ledger.start + base - FILE_HEADER) // CHUNK} at 0x{ledger.start + base:x}"
    flags = 0
    if limit - base < CHUNK:
        ledger.complain(
            base, limit - base, f"{where}: the file ends after {limit - base} of {CHUNK} bytes; read what is there"
        )
    header = zlib.crc32(view[128:512], zlib.crc32(view[:120]))
    expected = int.from_bytes(view[124:128], "little")
    wrong = []
    if header != expected:
        wrong.append(f"header checksum 0x{header:08x}, expected 0x{expected:08x}")
    if not CHUNK_HEADER <= free <= limit - base:
        wrong.append(f"free space offset {free}, expected {CHUNK_HEADER} to {limit - base}")
        free = 0
    elif (body := zlib.crc32(view[CHUNK_HEADER:free])) != stored:
        wrong.append(f"records checksum 0x{body:08x}, expected 0x{stored:08x}")
    if wrong:
        flags = int(BAD_CHECKSUM)
        ledger.complain(base, limit - base, f"{where}: {'; '.join(wrong)}; records read anyway, flagged bad-checksum")
    return _Chunk(base, limit, base + free if free else 0, flags)


def _headless(view: Bytes, base: int, limit: int, ledger: Ledger) -> _Chunk | None:
    """A chunk without its magic: free when all zero; else damaged, but records that still stand in it are read."""
    if not view.any():
        ledger.put("free", base, limit)
        return None
    stop = min(base + CHUNK_HEADER, limit)
    ledger.put("damaged", base, stop)
    ledger.complain(
        base,
        limit - base,
        f"no chunk at 0x{ledger.start + base:x}: found {view[:8].tobytes()!r}, expected {CHUNK_MAGIC!r}; "
        "records that still stand there are read, flagged recovered",
    )
    return _Chunk(base, limit, 0, int(RECOVERED)) if stop < limit else None


def _walk(data: Bytes, chunks: list[_Chunk], ledgers: Sequence[Ledger]) -> Records:
    """Sound chunks all at once, odd ones one by one."""
    offsets, sizes, owner, sound = _chains(data, chunks)
    odd = [_odd_chunk(data, chunk, ledgers[chunk.file]) for chunk, good in zip(chunks, sound, strict=True) if not good]
    bases = np.array([chunk.base for chunk in chunks], np.int64)
    flags = np.array([chunk.flags for chunk in chunks], np.uint8)
    for chunk, good in zip(chunks, sound, strict=True):
        if good:
            ledgers[chunk.file].put("read", chunk.base + CHUNK_HEADER, chunk.free)
            _slack(data, chunk, chunk.free, ledgers[chunk.file])
    base, flag = (bases[owner], flags[owner]) if len(chunks) else (np.empty(0, np.int64), np.empty(0, np.uint8))
    found = [(offsets, sizes, base, flag), *odd]
    offset, size, base, flag = (np.concatenate([part[i] for part in found]) for i in range(4))
    order = np.argsort(offset, kind="stable") if odd else slice(None)
    offset, size, base, flag = offset[order], size[order], base[order], flag[order].astype(np.uint8)
    file = np.zeros(len(offset), np.int64)
    if len(ledgers) > 1:
        file = np.array([chunk.file for chunk in chunks], np.int64)[np.searchsorted(bases, base)]
    instant, sane = times.from_filetime(numbers_at(data, offset + 16, "<u8"))
    return Records(offset, size, numbers_at(data, offset + 8, "<u8"), instant, sane, base, flag, file, ledgers)


def _chains(data: Bytes, chunks: list[_Chunk]) -> tuple[Int64s, Int64s, Int64s, npt.NDArray[np.bool_]]:
    """Records of the chunks whose records stand end to end from header to free space, and which chunks those are.

    Looks at every signature on a 4-byte boundary at once; whatever does not chain makes its chunk odd.
    """
    words = data[: len(data) // 4 * 4].view("<u4")
    signature = int.from_bytes(SIGNATURE, "little")
    at = np.flatnonzero(words == signature)
    starts = np.array([chunk.base + CHUNK_HEADER for chunk in chunks], np.int64)
    stops = np.array([chunk.free for chunk in chunks], np.int64)
    offsets = at * 4
    owner = np.searchsorted(starts, offsets, side="right") - 1
    inside = (owner >= 0) & (offsets < stops[owner]) if len(chunks) else np.zeros(len(at), np.bool_)
    at, offsets, owner = at[inside], offsets[inside], owner[inside]
    if not len(at):
        return offsets, offsets, owner, starts == stops
    sizes = words[np.minimum(at + 1, len(words) - 1)].astype(np.int64)
    ends = offsets + sizes
    whole = (sizes >= MIN_RECORD) & (sizes % 4 == 0) & (ends <= stops[owner])
    whole &= words[np.where(whole, ends // 4 - 1, 0)] == sizes  # numbers inside records can look like signatures
    offsets, sizes, ends, owner = offsets[whole], sizes[whole], ends[whole], owner[whole]
    if not len(offsets):
        return offsets, offsets, owner, starts == stops
    last = np.append(owner[1:] != owner[:-1], True)
    chained = ends == np.where(last, stops[owner], np.append(offsets[1:], 0))
    first = np.concatenate(([True], last[:-1]))
    chained &= ~first | (offsets == starts[owner])
    broken = np.bincount(owner[~chained], minlength=len(chunks)) > 0
    filled = np.bincount(owner, minlength=len(chunks)) > 0
    sound = ~broken & (filled | (starts == stops)) & (stops > 0)
    sound &= ~_continued(data, offsets[last], owner[last], (starts - CHUNK_HEADER, stops))
    keep = sound[owner]
    return offsets[keep], sizes[keep], owner[keep], sound


def _continued(data: Bytes, lasts: Int64s, owner: Int64s, bounds: tuple[Int64s, Int64s]) -> npt.NDArray[np.bool_]:
    """Chunks where the next record by number stands at once where free space should begin: the header is out of date."""
    bases, stops = bounds
    out = np.zeros(len(stops), np.bool_)
    after = stops[owner]
    room = after + RECORD_HEADER <= len(data)
    lasts, owner, after = lasts[room], owner[room], after[room]
    size = (numbers_at(data, after, "<u8") >> np.uint64(32)).astype(np.int64)
    fits = (numbers_at(data, after, "<u8") & np.uint64(0xFFFFFFFF)) == int.from_bytes(SIGNATURE, "little")
    fits &= after + size <= bases[owner] + CHUNK  # the next chunk's first record was often begun, then moved there
    out[owner] = fits & (numbers_at(data, after + 8, "<u8") == numbers_at(data, lasts + 8, "<u8") + np.uint64(1))
    return out


def _odd_chunk(data: Bytes, chunk: _Chunk, ledger: Ledger) -> tuple[Int64s, Int64s, Int64s, npt.NDArray[np.uint8]]:
    """Walk one chunk record by record; after a bad one go on at the next signature."""
    view = data[chunk.base : chunk.limit].tobytes()
    live = chunk.free - chunk.base if chunk.free else len(view)
    found: list[tuple[int, int, int]] = []
    at, previous = CHUNK_HEADER, None
    while at < len(view):
        size, number = _record_at(view, at)
        if size and at >= live and (previous is None or number != previous + 1):
            break
        if size:
            flags = chunk.flags | (int(RECOVERED) if at >= live else 0)
            found.append((at, size, flags))
            ledger.put("read", chunk.base + at, chunk.base + at + size)
            at, previous = at + size, number
            continue
        if at >= live:
            break
        following = _next_record(view, at + 1)
        if following is None and not chunk.free and not any(view[at:]):
            break
        stop = live if following is None or following >= live else following
        ledger.put("damaged", chunk.base + at, chunk.base + stop)
        reason = _why(view, at)
        ledger.complain(chunk.base + at, stop - at, f"{reason}; {stop - at} bytes passed over")
        at = stop
    _slack(data, chunk, chunk.base + at, ledger)
    rows = np.array(found, np.int64).reshape(-1, 3)
    return rows[:, 0] + chunk.base, rows[:, 1], np.full(len(rows), chunk.base), rows[:, 2].astype(np.uint8)


def _record_at(view: bytes, at: int) -> tuple[int, int]:
    """Size and number of the record at `at`; size 0 where there is no sound one."""
    if view[at : at + 4] != SIGNATURE or at + MIN_RECORD > len(view):
        return 0, 0
    _, size, number, _ = _RECORD.unpack_from(view, at)
    if size < MIN_RECORD or at + size > len(view) or view[at + size - 4 : at + size] != view[at + 4 : at + 8]:
        return 0, 0
    return size, number


def _next_record(view: bytes, at: int) -> int | None:
    while (at := view.find(SIGNATURE, at)) >= 0:
        if _record_at(view, at)[0]:
            return at
        at += 1
    return None


def _why(view: bytes, at: int) -> str:
    if view[at : at + 4] != SIGNATURE or at + 8 > len(view):
        return f"no record: found {view[at : at + 4]!r}, expected {SIGNATURE!r}"
    size = int.from_bytes(view[at + 4 : at + 8], "little")
    if size < MIN_RECORD or at + size > len(view):
        return f"record of size {size}; expected {MIN_RECORD} to the {len(view) - at} bytes left"
    again = int.from_bytes(view[at + size - 4 : at + size], "little")
    return f"record of size {size} ends in size {again}; expected the same"


def _slack(data: Bytes, chunk: _Chunk, at: int, ledger: Ledger) -> None:
    """Account for what follows the last record, and say so when old records still stand there."""
    ledger.put("free", at, chunk.limit)
    rest = data[at : chunk.limit]
    if len(rest) < MIN_RECORD or not rest.any():
        return
    view, count, where = rest.tobytes(), 0, 0
    first = None
    while (found := _next_record(view, where)) is not None:
        first = found if first is None else first
        count += 1
        where = found + _record_at(view, found)[0]
    if first is not None:
        ledger.complain(
            at + first,
            where - first,
            f"{count} old records still stand in the chunk's free space; counted as free, not read",
        )
