"""Packed bytes to plain blocks, each block bounded in size; damage is raised only after the last sound block was given.

RFC 1951 (deflate), bzip2, RFC 8878 (Zstandard). The decoders are the libraries'; what is ours is that no sound byte before a damaged one is
thrown away and that no step makes more than a few MiB, whatever the input claims.
"""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Iterator
from typing import Any

from parsers.bytestreams import BLOCK, Damaged, Input

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
