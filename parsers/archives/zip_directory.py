"""Where a ZIP's members are: the central directory (APPNOTE 4.3.12, 4.3.14-16), or each member's own header (4.3.7)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from parsers.containers import Note

_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_ENTRY = struct.Struct("<4s2B5H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_UTF8 = 0x800  # APPNOTE section 4.4.4, bit 11
_SIZES_FOLLOW = 0x8  # bit 3
_FULL = 0xFFFFFFFF
_SEARCH = 1 << 20


@dataclass(slots=True)
class Entry:
    """What the archive says of one member. `packed` is -1 where the size follows the data; `own_header`: it was found by its
    own header, not by the directory; `used` is then where its data ended, once read."""

    name: str
    flags: int
    method: int
    checksum: int
    packed: int
    size: int
    header: int
    system: int = 0
    attributes: int = 0
    own_header: bool = False
    used: int = -1


def _at(handle: BinaryIO, offset: int, size: int) -> bytes:
    if offset < 0:
        return b""
    handle.seek(offset)
    return handle.read(size)


def _name(raw: bytes, flags: int, extra: bytes) -> str:
    """UTF-8 where the flag or an Info-ZIP extra field (APPNOTE section 4.6.9) says so, else code page 437."""
    for tag, data in _extras(extra):
        if tag == 0x7075 and data[:1] == b"\x01" and int.from_bytes(data[1:5], "little") == zlib.crc32(raw):
            return data[5:].decode("utf-8", "surrogateescape")
    return raw.decode("utf-8", "surrogateescape") if flags & _UTF8 else raw.decode("cp437")


def _extras(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(extra):
        tag, size = struct.unpack_from("<HH", extra, at)
        yield tag, extra[at + 4 : at + 4 + size]
        at += 4 + size


def _wide(extra: bytes, values: list[int]) -> list[int]:
    """Fields that are full (0xFFFFFFFF) are taken from the ZIP64 extra field, in order. APPNOTE section 4.5.3."""
    data = next((data for tag, data in _extras(extra) if tag == 1), b"")
    at = 0
    for index, value in enumerate(values):
        if value == _FULL and at + 8 <= len(data):
            values[index] = int.from_bytes(data[at : at + 8], "little")
            at += 8
    return values


@dataclass(frozen=True, slots=True)
class Directory:
    """A central directory: where the archive begins, where the directory does, and what it says."""

    archive: int
    start: int
    entries: Iterator[Entry | Note]


def directory(handle: BinaryIO, end: int) -> Directory | None:
    """The central directory, or None when there is none where the end record says. `end` is the file's size."""
    base = max(end - _END.size - 0xFFFF, 0)
    tail = _at(handle, base, end - base)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        return None
    _, _, _, _, count, size, start, comment = _END.unpack_from(tail, at)
    hidden = len(tail) - at - _END.size - comment
    finish = base + at
    locator = _at(handle, finish - 20, 20)
    if locator[:4] == b"PK\x06\x07" and (_FULL in (size, start) or count == 0xFFFF):
        wide = _at(handle, int.from_bytes(locator[8:16], "little"), _END64.size)
        if len(wide) == _END64.size and wide[:4] == b"PK\x06\x06":
            count, size, start = _END64.unpack(wide)[7:10]
            finish -= 20 + _END64.size
    prefix = finish - size - start  # bytes put before the archive, as self-extracting ones have
    if prefix < 0 or (count and _at(handle, start + prefix, 4) != b"PK\x01\x02"):
        return None
    begin = start + prefix
    return Directory(prefix, begin, chain(_around(prefix, end, hidden), _entries(handle, begin, begin + size, prefix)))


def _around(before: int, end: int, after: int) -> Iterator[Note]:
    if before:
        yield Note(0, before, f"{before} bytes stand before the zip archive; they are not read")
    if after > 0:
        yield Note(end - after, after, f"{after} bytes stand behind the zip archive; they are not read")


def _entries(handle: BinaryIO, at: int, stop: int, prefix: int) -> Iterator[Entry | Note]:
    while at < stop:
        fixed = _at(handle, at, _ENTRY.size)
        if len(fixed) < _ENTRY.size or fixed[:4] != b"PK\x01\x02":
            yield Note(at, stop - at, "the zip's directory is damaged; members listed after this place are not read")
            return
        said = _ENTRY.unpack(fixed)
        flags, method, checksum = said[4], said[5], said[8]
        raw, extra = handle.read(said[11]), handle.read(said[12])
        size, packed, header = _wide(extra, [said[10], said[9], said[17]])
        name = _name(raw, flags, extra)
        yield Entry(name, flags, method, checksum, packed, size, header + prefix, said[2], said[16])
        at += _ENTRY.size + said[11] + said[12] + said[13]


def local_header(handle: BinaryIO, offset: int) -> int:
    """Where the data of the member whose header is at `offset` begins, or -1 when there is no header."""
    fixed = _at(handle, offset, _LOCAL.size)
    if len(fixed) < _LOCAL.size or fixed[:4] != b"PK\x03\x04":
        return -1
    return offset + _LOCAL.size + int(_LOCAL.unpack(fixed)[9]) + int(_LOCAL.unpack(fixed)[10])


def local_entries(handle: BinaryIO, end: int) -> Iterator[Entry | Note]:
    """Members by their own headers, in file order. Each must be read before the next is asked for, so that its end is known."""
    at = _next_header(handle, 0, end)
    while at >= 0:
        start = local_header(handle, at)
        if start < 0:
            yield Note(at, end - at, "the last member header is cut short")
            return
        _, _, flags, method, _, _, checksum, packed, size, name_size, extra_size = _LOCAL.unpack(_at(handle, at, 30))
        raw, extra = handle.read(name_size), handle.read(extra_size)
        size, packed = _wide(extra, [size, packed])
        if flags & _SIZES_FOLLOW and not packed:
            packed = -1
        entry = Entry(_name(raw, flags, extra), flags, method, checksum, packed, size, at, own_header=True)
        yield entry
        following = entry.used if entry.used >= 0 else start + max(packed, 0)
        at = _next_header(handle, max(following, at + 4), end)


def _next_header(handle: BinaryIO, at: int, end: int) -> int:
    while at < end:
        block = _at(handle, at, _SEARCH)
        found = block.find(b"PK\x03\x04")
        if found >= 0:
            return at + found
        at += max(len(block) - 3, 1)
    return -1
