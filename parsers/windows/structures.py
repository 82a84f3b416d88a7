"""The structures of an event log and where its records stand: numbers, signatures, and the search for whole records in any bytes.

Layout (Windows Event Log, "ElfFile"): a header of 4096 bytes, then chunks of 65,536: a header of 512 bytes with its string and template
tables, records one after the other, free space. A record is `**\\0\\0`, size, id, FILETIME, binary XML, size again.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from isal.isal_zlib import crc32

from parsers.gather import Bytes, Int64s, numbers_at

FILE_MAGIC, CHUNK_MAGIC, SIGNATURE = b"ElfFile\0", b"ElfChnk\0", b"**\0\0"
FILE_HEADER, CHUNK, CHUNK_HEADER = 4096, 65_536, 512
NAME_TABLE, TEMPLATE_TABLE = 128, 384  # in a chunk's header: offsets of names and of template definitions, by hash
RECORD_HEADER = 24
DEFINITION = 24  # bytes before a template definition's body: offset of the next one, GUID, size
MIN_RECORD = 29  # header, one byte of binary XML, size again
BAD_CHECKSUM, RECOVERED = np.uint8(1), np.uint8(2)

CHUNK_FIELDS = struct.Struct(
    "<8sQQQQIIIII"
)  # magic, first and last number, first and last id, header size, last record, free, CRC
_RECORD = struct.Struct("<4sIQQ")


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk to walk: its bytes are [base, limit) of the window, its live records end at `free` if the header is right."""

    base: int
    limit: int
    free: int
    flags: int
    file: int = 0


class Chunks(NamedTuple):
    """Many chunks, ascending, each as `Chunk` tells it: (c,) arrays."""

    base: Int64s
    limit: Int64s
    free: Int64s
    flags: npt.NDArray[np.uint8]
    file: Int64s

    def one(self, number: int) -> Chunk:
        return Chunk(*(int(column[number]) for column in self))


def grid(bounds: Sequence[tuple[int, int]]) -> tuple[Int64s, Int64s, Int64s]:
    """The places for chunks within each of the `bounds`, ascending: (c,) where each begins and ends, the last of `bounds` maybe early, and
    the number of the bounds that it is in."""
    first, stop = np.array(bounds, np.int64).reshape(-1, 2).T
    counts = np.maximum(-(-(stop - first) // CHUNK), 0)
    files = np.repeat(np.arange(len(counts)), counts)
    before = np.cumsum(counts) - counts
    bases = first[files] + (np.arange(len(files)) - before[files]) * CHUNK
    return bases, np.minimum(bases + CHUNK, stop[files]), files


def header_checksum(head: bytes) -> int:
    """CRC-32 of a chunk's header but the 8 bytes that hold its flags and this checksum."""
    return crc32(head[128:CHUNK_HEADER], crc32(head[:120]))


def is_sound(chunk: bytes) -> bool:
    """Whether these are all bytes of a chunk and both its checksums fit."""
    if len(chunk) != CHUNK or chunk[:8] != CHUNK_MAGIC:
        return False
    free, stored = CHUNK_FIELDS.unpack_from(chunk)[7:9]
    return (
        header_checksum(chunk) == int.from_bytes(chunk[124:128], "little")
        and CHUNK_HEADER <= free <= CHUNK
        and crc32(chunk[CHUNK_HEADER:free]) == stored
    )


def record_at(view: bytes, at: int) -> tuple[int, int]:
    """Size and number of the record at `at`; size 0 where there is no sound one."""
    if view[at : at + 4] != SIGNATURE or at + MIN_RECORD > len(view):
        return 0, 0
    _, size, number, _ = _RECORD.unpack_from(view, at)
    if size < MIN_RECORD or at + size > len(view) or view[at + size - 4 : at + size] != view[at + 4 : at + 8]:
        return 0, 0
    return size, number


def standing(data: Bytes, begin: int, end: int) -> tuple[Int64s, Int64s]:
    """Offsets and sizes of records that stand whole in [begin, end), at any alignment, ascending. Some may lie inside others."""
    part = data[begin:end]
    if len(part) < MIN_RECORD:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    at = np.flatnonzero(part[: len(part) - MIN_RECORD + 1] == SIGNATURE[0])
    at = at[numbers_at(part, at, "<u4") == int.from_bytes(SIGNATURE, "little")]
    sizes = numbers_at(part, at + 4, "<u4").astype(np.int64)
    fits = (sizes >= MIN_RECORD) & (sizes <= CHUNK - CHUNK_HEADER) & (at + sizes <= len(part))
    at, sizes = at[fits], sizes[fits]
    whole = numbers_at(part, at + sizes - 4, "<u4") == sizes
    at, sizes = at[whole], sizes[whole]
    return at + begin, sizes


def apart(at: Int64s, sizes: Int64s) -> Int64s:
    """Which of ascending records to keep so that none lies inside another: the first of those that overlap."""
    ends = at + sizes
    if (ends[:-1] <= at[1:]).all():
        return np.arange(len(at))
    keep, reach = [], -1
    for index, (begin, end) in enumerate(zip(at.tolist(), ends.tolist(), strict=True)):
        if begin >= reach:
            keep.append(index)
            reach = end
    return np.array(keep, np.int64)
