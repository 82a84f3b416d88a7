"""gzip (RFC 1952): one compressed file, perhaps in several parts one after another."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from parsers.archives.single import plain_name, trailing
from parsers.bytestreams import Damaged, Input, Pulled
from parsers.containers import Budget, Member, Note
from parsers.decoders import deflated

_HCRC, _EXTRA, _NAME, _COMMENT = 2, 4, 8, 16  # RFC 1952 section 2.3.1: FLG
_LONGEST_TEXT = 1 << 16


def _zero_ended(source: Input) -> bytes:
    text = bytearray()
    while (byte := source.read(1)) != b"\0":
        if not byte or len(text) == _LONGEST_TEXT:
            raise Damaged(source.position, "gzip header: a name without an end")
        text += byte
    return bytes(text)


def _header(source: Input) -> str:
    """Read one gzip header and return the original name in it, or nothing. RFC 1952 section 2.3."""
    fixed = source.read(10)
    if len(fixed) < 10 or fixed[:3] != b"\x1f\x8b\x08":
        raise Damaged(source.position - len(fixed), "gzip header is cut short or not of method 8 (deflate)")
    flags, name = fixed[3], b""
    if flags & _EXTRA:
        size = source.read(2)
        source.read(int.from_bytes(size, "little"))
    if flags & _NAME:
        name = _zero_ended(source)
    if flags & _COMMENT:
        _zero_ended(source)
    if flags & _HCRC:
        source.read(2)
    return name.decode("latin-1")


def _blocks(source: Input) -> Iterator[bytes]:
    while True:
        checksum, size = 0, 0
        for block in deflated(source):
            checksum, size = zlib.crc32(block, checksum), size + len(block)
            yield block
        trailer = source.read(8)
        if len(trailer) < 8:
            raise source.stopped or Damaged(source.position, "the file ends inside the gzip trailer")
        said_checksum, said_size = struct.unpack("<II", trailer)
        if said_checksum != checksum or said_size != size % 2**32:
            said = f"CRC-32 {said_checksum:08x} and {said_size} bytes"
            raise Damaged(source.position - 8, f"gzip trailer says {said}; found {checksum:08x} and {size}")
        if not trailing(source, lambda head: head.startswith(b"\x1f\x8b\x08"), 3):
            return
        _header(source)


class _Gzip:
    name = "gz"
    single = True

    def accepts(self, head: bytes) -> bool:
        return head.startswith(b"\x1f\x8b\x08")

    def members(self, handle: BinaryIO, name: str, budget: Budget) -> Iterator[Member | Note]:
        source = Input(handle)
        try:
            inner = _header(source)
        except Damaged as damage:
            yield Note(damage.offset, 0, damage.reason)
            return
        yield Member(inner or plain_name(name, ".gz", ".tgz"), 0, Pulled(budget.metered(_blocks(source), source)))


CONTAINER = _Gzip()
