"""Containers whose bytes do not depend on the machine's compression library: members are stored, not squeezed."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path

STORED_BLOCK = 65_535  # RFC 1951 section 3.2.4: the most that one stored block holds


def write_gzip(path: Path, content: bytes, name: str, mtime_s: int) -> None:
    """A gzip file (RFC 1952) of stored blocks. `name` is the member's name, `mtime_s` its time in Unix seconds."""
    # magic, method 8 (deflate), flag FNAME, mtime, extra flags, operating system 11 (NTFS)
    head = struct.pack("<BBBBIBB", 0x1F, 0x8B, 8, 0x08, mtime_s, 0, 11) + name.encode("latin-1") + b"\0"
    with path.open("wb") as handle:
        handle.write(head)
        starts = range(0, len(content), STORED_BLOCK) if content else range(1)
        for start in starts:
            block = content[start : start + STORED_BLOCK]
            final = start + STORED_BLOCK >= len(content)
            handle.write(struct.pack("<BHH", final, len(block), len(block) ^ 0xFFFF))
            handle.write(block)
        handle.write(struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF))


def write_zip(path: Path, member: str, content: bytes, moment: tuple[int, int, int, int, int, int]) -> None:
    """A zip file with one stored member dated `moment` (year, month, day, hour, minute, second; local to its maker)."""
    info = zipfile.ZipInfo(member, date_time=moment)
    info.compress_type = zipfile.ZIP_STORED
    info.create_system = 0
    info.external_attr = 0x20
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, content)
