"""The content of an HTTP body: framing and content codings taken off, piece by piece, within bounds (RFC 9110 section 8.4)."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from types import ModuleType
from typing import IO, cast

from parsers.network.protocols import CutShort
from parsers.network.protocols.http1.messages import Body, chunks
from parsers.network.protocols.http1.window import Window
from parsers.network.streams import Stream

PIECE = 65_536  # bytes given at a time
DECODED_LIMIT = 512 << 20  # bytes of one body's decoded content
RATIO_FREE = 1 << 20  # decoded bytes before the ratio is looked at
RATIO_LIMIT = 250  # decoded bytes for one of the wire: real pages and logs stay below 100, deflate can reach 1,032
WINDOW_LIMIT = 8 << 20  # bytes of a zstd window (RFC 9659)
Pieces = Iterator[bytes]


class _Mislabelled(Exception):
    """The content was not encoded at all."""


class Bounded:
    """Counts what goes into a decoder and what comes out, and stops bombs."""

    __slots__ = ("_taken", "given")

    def __init__(self) -> None:
        self._taken, self.given = 0, 0

    def took(self, pieces: Pieces) -> Pieces:
        for piece in pieces:
            self._taken += len(piece)
            yield piece

    def gave(self, size: int) -> None:
        """Raises CutShort when that is more than may be."""
        self.given += size
        if self.given > DECODED_LIMIT:
            raise CutShort(f"content grows beyond {DECODED_LIMIT >> 20} MiB when decoded: the rest is not read")
        if self.given > RATIO_FREE and self.given > RATIO_LIMIT * self._taken:
            raise CutShort(f"content grows more than {RATIO_LIMIT} times when decoded: the rest is not read")


def _inflated(pieces: Pieces) -> Pieces:
    """gzip, zlib or bare deflate, told apart by the first bytes; several gzip members may follow one another."""
    bounded = Bounded()
    decoder = None
    for piece in bounded.took(pieces):
        data = piece
        while data:
            if decoder is None:
                decoder = zlib.decompressobj(_window_bits(data))
            try:
                out = decoder.decompress(data, PIECE)
            except zlib.error as error:
                if not bounded.given:
                    raise _Mislabelled from error
                raise CutShort(f"content is not what its Content-Encoding says: {error}") from error
            bounded.gave(len(out))
            if out:
                yield out
            data = decoder.unconsumed_tail
            if decoder.eof:
                data = decoder.unused_data
                if not data.startswith(b"\x1f\x8b"):
                    return  # padding behind the end
                decoder = None
    if decoder is not None:
        yield from _last(decoder, bounded)
        if not decoder.eof:
            raise CutShort("content ends before its coding does")


def _last(decoder: zlib._Decompress, bounded: Bounded) -> Pieces:
    while not decoder.eof:
        try:
            out = decoder.decompress(decoder.unconsumed_tail, PIECE)
        except zlib.error as error:
            raise CutShort(f"content is not what its Content-Encoding says: {error}") from error
        if not out:
            return
        bounded.gave(len(out))
        yield out


def _window_bits(start: bytes) -> int:
    if start[:1] == b"\x1f":
        return 31  # gzip
    zlib_head = len(start) > 1 and start[0] & 15 == 8 and (start[0] << 8 | start[1]) % 31 == 0
    return 15 if zlib_head else -15


class _Source:
    """Pieces as a file to read from."""

    __slots__ = ("_pieces", "_rest")

    def __init__(self, pieces: Pieces) -> None:
        self._pieces, self._rest = pieces, b""

    def read(self, size: int) -> bytes:
        if not self._rest:
            self._rest = next(self._pieces, b"")
        out, self._rest = self._rest[:size], self._rest[size:]
        return out


def _unzstd(pieces: Pieces) -> Pieces:
    import zstandard

    bounded = Bounded()
    source = cast("IO[bytes]", _Source(bounded.took(pieces)))  # of a file it only needs `read`
    reader = zstandard.ZstdDecompressor(max_window_size=WINDOW_LIMIT).stream_reader(source)
    while True:
        try:
            out = reader.read(PIECE)
        except zstandard.ZstdError as error:
            if not bounded.given:
                raise _Mislabelled from error
            raise CutShort(f"content is not what its Content-Encoding says: {error}") from error
        if not out:
            return
        bounded.gave(len(out))
        yield out


@cache
def brotli() -> ModuleType | None:
    """The decoder of Brotli (extra `brotli`), where it is installed in a version that bounds what one call gives: 1.2 or later."""
    try:
        found = importlib.import_module("brotli")
    except ImportError:
        return None
    return found if hasattr(getattr(found, "Decompressor", None), "can_accept_more_data") else None


def _unbrotli(pieces: Pieces) -> Pieces:
    """RFC 7932. It has no first bytes of its own, so what is no Brotli at all may give some bytes before it fails."""
    module = brotli()
    if module is None:
        raise _Mislabelled
    bounded = Bounded()
    decoder = module.Decompressor()
    for piece in bounded.took(pieces):
        data, more = piece, True
        while more:
            try:
                out = decoder.process(data, output_buffer_limit=PIECE)
            except module.error as error:
                if not bounded.given:
                    raise _Mislabelled from error
                raise CutShort(f"content is not what its Content-Encoding says: {error}") from error
            bounded.gave(len(out))
            if out:
                yield out
            if decoder.is_finished():
                return
            data, more = b"", not decoder.can_accept_more_data()
    raise CutShort("content ends before its coding does")


_DECODERS: dict[str, Callable[[Pieces], Pieces]] = {
    "gzip": _inflated,
    "x-gzip": _inflated,
    "deflate": _inflated,
    "zstd": _unzstd,
    "br": _unbrotli,
}


def codings(header: str | None) -> tuple[list[str], list[str]]:
    """Content codings in the order they were put on: those that can be taken off from the last on, and those left on before them."""
    if not header:
        return [], []
    named = [name.strip().lower() for name in header.split(",")[:8]]
    applied = [name for name in named if name not in ("", "identity")]
    count = 0
    while count < len(applied) and _known(applied[-1 - count]):
        count += 1
    return applied[len(applied) - count :], applied[: len(applied) - count]


def _known(name: str) -> bool:
    return name in _DECODERS and (name != "br" or brotli() is not None)


def framed(stream: Stream, body: Body, solid: bool) -> Pieces:
    """The bytes of a body, transfer framing taken off. Bytes that the capture lacks are passed over; `solid`: they end it (CutShort)."""
    if not body.chunked:
        yield from span(stream, body.begin, body.begin if body.after is None else body.after, solid)
        return
    for at, size in chunks(Window(stream), body.begin):
        yield from span(stream, at, at + size, solid)
    if not body.whole:
        raise CutShort("content is not all there")


def span(stream: Stream, at: int, stop: int, solid: bool) -> Pieces:
    while at < stop:
        piece = stream.read(at, min(PIECE, stop - at))
        if piece:
            yield piece
            at += len(piece)
            continue
        following = stream.next_start(at)
        if solid:
            raise CutShort("content is not all there")
        if following is None:
            return
        at = following


def _inflated_at_once(data: bytes) -> bytes | None:
    """What `_inflated` gives of all of the encoded bytes, where it is short and there is nothing odd about it."""
    decoder = zlib.decompressobj(_window_bits(data))
    try:
        out = decoder.decompress(data, RATIO_FREE)
    except zlib.error:
        return None
    return out if decoder.eof and out and not decoder.unused_data.startswith(b"\x1f\x8b") else None


class Content:
    """The content of a body, decoded. Called, it gives the bytes; `start` then holds the first of them, and `fault` why it ended early."""

    __slots__ = ("_applied", "_source", "fault", "start")

    def __init__(self, source: Callable[[bool], Pieces], applied: list[str]) -> None:
        """`source` gives the encoded bytes, told whether missing ones end them."""
        self._source, self._applied = source, applied
        self.start: bytes | None = None
        self.fault: str | None = None

    def __call__(self) -> Iterable[bytes]:
        try:
            if not self._applied:
                yield from self._started(self._source(False))
                return
            try:
                yield from self._started(self._decoded())
            except _Mislabelled:
                self.fault = "content is not what its Content-Encoding says: given as it is"
                yield from self._started(self._source(False))
        except CutShort as cut:
            self.fault = str(cut)
            raise

    def _decoded(self) -> Pieces:
        pieces = self._source(True)
        for name in reversed(self._applied):
            pieces = _DECODERS[name](pieces)
        return pieces

    def _started(self, pieces: Pieces) -> Pieces:
        for piece in pieces:
            if self.start is None:
                self.start = piece
            yield piece


class Solid(Content):
    """The same of a body that lies in a stream as it is, all of it and no more than a piece: most do, and are read at once."""

    __slots__ = ("_begin", "_size", "_stream")

    def __init__(self, stream: Stream, begin: int, size: int, applied: list[str]) -> None:
        self._stream, self._begin, self._size, self._applied = stream, begin, size, applied
        self.start, self.fault = None, None

    def __call__(self) -> Iterable[bytes]:
        raw = self._stream.read(self._begin, self._size)
        found: bytes | None = raw
        if self._applied:
            plain = len(self._applied) == 1 and _DECODERS[self._applied[0]] is _inflated
            found = _inflated_at_once(raw) if plain else None
        if found is None:
            self._source = partial(span, self._stream, self._begin, self._begin + self._size)
            return super().__call__()
        if self.start is None:
            self.start = found[:PIECE]
        return (found,)
