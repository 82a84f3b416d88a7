"""Packed bytes to plain blocks, each block bounded in size; damage is raised only after the last sound block was given.

RFC 1951 (deflate), bzip2, RFC 8878 (Zstandard), LZ4 frames. The decoders are the libraries'; what is ours is that no sound byte before a
damaged one is thrown away (but for the step that meets it) and that no step makes more than a few MiB, whatever the input claims.
"""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Iterator
from typing import Any

from parsers.bytestreams import BLOCK, Damaged, Input

_LZ4_STEP = 1_024  # an error costs the output of the step that meets it
_DEFLATE_FEED = 1 << 16
_BZIP2_FEED = 256  # an error costs the output of the step that meets it: small steps lose little
_ZSTD_FEED = 256  # 4 bytes of Zstandard can make 128 KiB: 256 bound a step at 8 MiB


def stored(source: Input, length: int) -> Iterator[bytes]:
    """`length` bytes as they are."""
    left = length
    while left:
        block = source.read(min(BLOCK, left))
        if not block:
            raise source.stopped or Damaged(source.position, f"{length - left} of {length} bytes are there")
        left -= len(block)
        yield block


def deflated(source: Input) -> Iterator[bytes]:
    """One raw deflate stream. What follows it stays in `source`."""
    decoder = zlib.decompressobj(-zlib.MAX_WBITS)
    while not decoder.eof:
        data = source.read(_DEFLATE_FEED)
        if not data:
            raise source.stopped or Damaged(source.position, "compressed data ends before its end mark")
        while True:
            before = decoder.copy()
            try:
                out = decoder.decompress(data, BLOCK)
            except zlib.error:
                yield from _bytewise(before, data, source.position - len(data))
            if out:
                yield out
            data = decoder.unconsumed_tail
            if decoder.eof or (not data and len(out) < BLOCK):
                break
    source.unread(decoder.unused_data)


def _bytewise(decoder: Any, data: bytes, start: int) -> Iterator[bytes]:
    """Decode up to the very byte that is wrong, then raise."""
    for at in range(len(data)):
        try:
            out = decoder.decompress(data[at : at + 1])
        except zlib.error as error:
            raise Damaged(start + at, f"compressed data is damaged ({_plain(error)})") from error
        if out:
            yield out
    raise Damaged(start + len(data), "compressed data is damaged")


def _plain(error: Exception) -> str:
    """What a library says, without its call and number: `invalid distance too far back`."""
    return str(error).rpartition(": ")[2] or type(error).__name__


def bzip2ed(source: Input) -> Iterator[bytes]:
    """One bzip2 stream. What follows it stays in `source`."""
    decoder = bz2.BZ2Decompressor()
    while not decoder.eof:
        data = source.read(_BZIP2_FEED) if decoder.needs_input else b""
        if decoder.needs_input and not data:
            raise source.stopped or Damaged(source.position, "compressed data ends before its end mark")
        try:
            out = decoder.decompress(data, BLOCK)
        except (OSError, ValueError) as error:
            raise Damaged(source.position - len(data), f"compressed data is damaged ({_plain(error)})") from error
        if out:
            yield out
    source.unread(decoder.unused_data)


def zstandard_frame(source: Input) -> Iterator[bytes]:
    """One Zstandard frame (RFC 8878 section 3.1). What follows it stays in `source`."""
    import zstandard

    decoder = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
    while not decoder.eof:
        data = source.read(_ZSTD_FEED)
        if not data:
            raise source.stopped or Damaged(source.position, "compressed data ends before its end mark")
        try:
            out = decoder.decompress(data)
        except (zstandard.ZstdError, MemoryError) as error:
            raise Damaged(source.position - len(data), f"compressed data is damaged ({_plain(error)})") from error
        if out:
            yield out
    source.unread(decoder.unused_data)


class _LZ4Frame:
    """One LZ4 frame as a file for the decoder: reads the sizes of its blocks, so that what follows the frame stays in `source`."""

    def __init__(self, source: Input) -> None:
        self._source = source
        self._pending = self._header()
        self._ended = False
        self.closed = False

    def _exactly(self, size: int) -> bytes:
        data = self._source.read(size)
        if len(data) < size:
            raise self._source.stopped or Damaged(self._source.position, "compressed data ends before its end mark")
        return data

    def _header(self) -> bytes:
        fixed = self._exactly(6)  # magic, flags, block size
        self._flags = fixed[4]
        self._most = 1 << (8 + 2 * (fixed[5] >> 4 & 7))
        if fixed[4] >> 6 != 1 or not 4 <= fixed[5] >> 4 & 7 <= 7:
            raise Damaged(self._source.position - 2, "LZ4 frame header is damaged or of another version")
        # content size, dictionary, checksum of the header
        return fixed + self._exactly(8 * bool(fixed[4] & 8) + 4 * (fixed[4] & 1) + 1)

    def _block(self) -> bytes:
        head = self._exactly(4)
        size = int.from_bytes(head, "little") & 0x7FFF_FFFF
        if size == 0:
            self._ended = True
            return head + self._exactly(4 * bool(self._flags & 4))
        if size > self._most:
            raise Damaged(self._source.position - 4, f"a block of {size} bytes is larger than the frame allows")
        return head + self._exactly(size + 4 * bool(self._flags & 16))

    def read(self, size: int = -1, /) -> bytes:
        if not self._pending and not self._ended:
            self._pending = self._block()
        piece, self._pending = (self._pending, b"") if size < 0 else (self._pending[:size], self._pending[size:])
        return piece

    def close(self) -> None:
        """Part of what a file must do; the source stays open."""
        self.closed = True


def lz4_frame(source: Input) -> Iterator[bytes]:
    """One LZ4 frame. What follows it stays in `source`."""
    import pyarrow as pa

    start = source.position
    frame = _LZ4Frame(source)
    stream = pa.CompressedInputStream(pa.PythonFile(frame, "r"), "lz4")
    made: list[bytes] = []
    while True:
        failure: Damaged | None = None
        piece = b""
        try:
            piece = stream.read(_LZ4_STEP)
        except Damaged as damage:
            failure = damage
        except (OSError, MemoryError) as error:
            failure = Damaged(max(start, source.position - 1), f"compressed data is damaged ({_plain(error)})")
        made.append(piece)
        if not piece or len(made) * _LZ4_STEP >= BLOCK:
            if block := b"".join(made):
                yield block
            made = []
        if failure is not None:
            raise failure
        if not piece:
            return
