"""ZIP (APPNOTE 6.3.10): members by the central directory, or by their own headers where the directory is missing.

Ours rather than `zipfile`, which loads the whole directory into memory, reads nothing from an archive that lost its end, and throws
away the sound bytes before a damaged one. The decoders are the libraries'.
"""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from parsers.archives.zip_coverage import Coverage
from parsers.archives.zip_directory import Entry, directory, local_entries, local_header
from parsers.bytestreams import BLOCK, Damaged, Input, Pulled
from parsers.containers import Budget, Member, Note
from parsers.decoders import bzip2ed, deflated, stored, zstandard_frame

_ENCRYPTED = 0x1  # APPNOTE section 4.4.4, bit 0
_METHODS = {0: "stored", 8: "deflate", 12: "bzip2", 93: "Zstandard"}  # APPNOTE section 4.4.5
_UNSUPPORTED = {1: "shrink", 6: "implode", 9: "Deflate64", 14: "LZMA", 95: "XZ", 98: "PPMd", 99: "AES"}
_CLAIM = 2  # times the file's size that all members may claim: one damaged size must not refuse the others
_UNIX = 3  # APPNOTE section 4.4.2: host system


@dataclass(slots=True)
class _Window:
    """The packed bytes of one member: [start, start + length) of the archive."""

    handle: BinaryIO
    at: int
    left: int

    def read(self, size: int, /) -> bytes:
        self.handle.seek(self.at)
        block = self.handle.read(min(size, self.left))
        self.at += len(block)
        self.left -= len(block)
        return block


def _refusal(entry: Entry) -> str:
    if entry.flags & _ENCRYPTED or entry.method == 99:
        return "encrypted; decrypt the archive and add its contents"
    if entry.method not in _METHODS:
        method = _UNSUPPORTED.get(entry.method, "unknown")
        return f"compression method {entry.method} ({method}) is not supported; unpack the archive and add its contents"
    if entry.system == _UNIX and stat.S_ISLNK(entry.attributes >> 16):
        return "symbolic link inside a zip; it holds no bytes of its own"
    return ""


def _decoded(entry: Entry, source: Input) -> Iterator[bytes]:
    if entry.method == 8:
        return deflated(source)
    if entry.method == 12:
        return bzip2ed(source)
    if entry.method == 93:
        return zstandard_frame(source)
    return stored(source, entry.packed)


def _checked(entry: Entry, source: Input, start: int) -> Iterator[bytes]:
    """The member's blocks, then its size and CRC-32 checked against what the archive says. Offsets are in the archive."""
    checksum, size = 0, 0
    try:
        for block in _decoded(entry, source):
            checksum, size = zlib.crc32(block, checksum), size + len(block)
            yield block
    except Damaged as damage:
        damage.offset += start
        raise
    said_checksum, said_size = entry.checksum, entry.size
    if entry.packed < 0:  # the sizes follow the data: APPNOTE section 4.3.9
        trailer = source.read(16)
        at = 4 if trailer.startswith(b"PK\x07\x08") else 0
        said_checksum, _, said_size = struct.unpack_from("<III", trailer.ljust(16, b"\0"), at)
    if (said_checksum, said_size) != (checksum, size):
        said = f"CRC-32 {said_checksum:08x} and {said_size} bytes"
        raise Damaged(start, f"the archive says {said}; found {checksum:08x} and {size}")


class _Zip:
    name = "zip"
    single = False

    def accepts(self, head: bytes) -> bool:
        return head[:4] in (b"PK\x03\x04", b"PK\x05\x06") or head[:8] in (b"PK\x07\x08PK\x03\x04", b"PK00PK\x03\x04")

    def members(self, handle: BinaryIO, name: str, budget: Budget) -> Iterator[Member | Note]:
        end = handle.seek(0, 2)
        found = directory(handle, end)
        if found is None:
            yield Note(end, 0, "the zip has no directory at its end; its members are found by their own headers")
            entries: Iterator[Entry | Note] = local_entries(handle, end)
        else:
            entries = found.entries
        claimed, coverage = 0, Coverage()
        for entry in entries:
            if isinstance(entry, Note):
                yield entry
                continue
            claimed += max(entry.packed, 0)
            start = local_header(handle, entry.header)
            coverage.add(entry, start)
            if found is not None and claimed > _CLAIM * end:
                yield Member(
                    entry.name, entry.size, None, "its bytes overlap other members': an archive made to explode"
                )
                continue
            if not (entry.name.endswith("/") and entry.size == 0):
                yield from _member(entry, _Window(handle, start, end - start), budget)
        if found is not None:
            yield from coverage.gaps(found.archive, found.start)


def _member(entry: Entry, window: _Window, budget: Budget) -> Iterator[Member | Note]:
    """One member, whose data begin where `window` does; that is negative where the member has no header."""
    refusal, start = _refusal(entry), window.at
    if start < 0 and not refusal:
        refusal = f"no member header at byte {entry.header}, where the directory points"
    if refusal:
        yield Member(entry.name, entry.size, None, refusal)
        return
    window.left = max(min(entry.packed, window.left) if entry.packed >= 0 else window.left, 0)
    source = Input(window)
    stream = Pulled(budget.metered(_checked(entry, source, start), source))
    yield Member(entry.name, entry.size, stream)
    if entry.own_header:  # where the next member begins depends on where this one ends, read or not
        while stream.read(BLOCK):
            continue
        entry.used = start + source.position


CONTAINER = _Zip()
