"""The bytes of a capture as one space: those of the file, and behind them the datagrams that were put together from fragments."""

from __future__ import annotations

import os
import tempfile
import weakref
from typing import BinaryIO

import numpy as np

from parsers.gather import as_bytes, forget
from parsers.network.records import Bytes, Int64s, items

FORGET_SLICES = 2_048  # slices taken before the file's pages are let go: the system maps 64 KiB around each
FEW = 512  # slices that may be taken of the mapped file without counting them
ARENA_MEMORY = 1 << 25  # bytes of reassembled datagrams kept in memory; older ones lie in a temporary file


class Space:
    """Positions below the file's size are the mapped file; those from there on are the arena. Slicing serves either.

    In place of a file there may be bytes taken from one, with the arena of that one's space (`behind`) behind them.
    """

    __slots__ = ("__weakref__", "_behind", "_file", "_sliced", "_spilled", "_tail", "buffer", "size", "view")

    def __init__(self, view: memoryview, behind: Space | None = None) -> None:
        self.view, self.size = view, len(view)
        self._behind: Space | None = behind if behind is None or behind._behind is None else behind._behind
        self.buffer = as_bytes(view)
        self._tail = bytearray()
        self._spilled = self._sliced = 0
        self._file: BinaryIO | None = None

    def __len__(self) -> int:
        arena = self if self._behind is None else self._behind
        return self.size + arena._spilled + len(arena._tail)

    def __getitem__(self, piece: slice) -> memoryview:
        """The bytes of [start, stop), which lie in the file or in one datagram of the arena."""
        self._sliced += 1
        if self._sliced >= FORGET_SLICES:
            self._sliced = 0
            forget(self.view)
        start, stop = piece.start, piece.stop
        if start is None or stop is None or start < 0 or stop > self.size:
            start, stop, _ = piece.indices(len(self))
        if start < self.size:
            return self.view[start : min(stop, self.size)]
        arena = self if self._behind is None else self._behind
        return memoryview(arena._arena(start - self.size, max(stop - self.size, 0)))

    def holding(self, places: list[int]) -> Space | memoryview:
        """What to slice for bytes at these places: the mapped file itself where they are few and all lie in it, which is faster."""
        return self.view if not places or (len(places) <= FEW and max(places) < self.size) else self

    def add(self, data: bytes) -> int:
        """Put a reassembled datagram behind what is there, and tell its position."""
        at = len(self)
        self._tail += data
        if len(self._tail) >= ARENA_MEMORY:
            if self._file is None:
                self._file = tempfile.TemporaryFile("w+b", buffering=0)  # noqa: SIM115  closed with the space
                weakref.finalize(self, self._file.close)
            self._file.write(self._tail)
            self._spilled += len(self._tail)
            self._tail = bytearray()
        return at

    def _arena(self, start: int, stop: int) -> bytes:
        """A datagram is never split: each lies in the temporary file or in memory."""
        if start >= self._spilled or self._file is None:
            return bytes(self._tail[start - self._spilled : max(stop - self._spilled, 0)])
        return os.pread(self._file.fileno(), max(min(stop, self._spilled) - start, 0), start)

    def windows(self, at: Int64s, width: int) -> Bytes:
        """The `width` bytes from each position on: (n, width). Beyond the end of the file there are zeros."""
        buffer = self.buffer
        if len(buffer) < width:
            buffer = np.concatenate([buffer, np.zeros(width, np.uint8)])
        last = len(buffer) - width
        out = items(buffer, np.minimum(at, last), width)
        for row in np.flatnonzero(at > last).tolist():
            tail = np.frombuffer(self[int(at[row]) : int(at[row]) + width], np.uint8)
            out[row] = 0
            out[row, : len(tail)] = tail
        return out
