"""Streams of evidence bytes that end at damage instead of raising: what came before the damage is sound and is used.

Decoders are generators of blocks that raise `Damaged` after the last sound block; `Pulled` turns one into a stream, `Tapped` hashes a
stream while it passes and shows its first bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Protocol

BLOCK = 1 << 18  # bytes a step reads: large enough for SHA-256 and disks, small enough for flat memory


class Readable(Protocol):
    """Anything with `read`: returns at most `size` bytes, and none at the end."""

    def read(self, size: int, /) -> bytes: ...


class Damaged(ValueError):
    """The bytes of a container end or break here. `offset` is in the container's own bytes."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(reason)
        self.offset = offset
        self.reason = reason


class LimitReached(Damaged):
    """A limit on containers was reached: nothing is wrong with the bytes, but reading them further could cost too much."""


class Input:
    """The packed side of a decoder: knows its position and takes back what was read too far."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._pushed = b""
        self.position = 0

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; fewer only at the end."""
        parts = [self._pushed[:size]]
        self._pushed = self._pushed[size:]
        missing = size - len(parts[0])
        while missing > 0 and (block := self._source.read(missing)):
            parts.append(block)
            missing -= len(block)
        data = b"".join(parts)
        self.position += len(data)
        return data

    def unread(self, data: bytes) -> None:
        """Put back the last bytes that `read` returned."""
        self._pushed = data + self._pushed
        self.position -= len(data)

    @property
    def stopped(self) -> Damaged | None:
        """Why the source ended early, when it did."""
        found: Damaged | None = getattr(self._source, "stopped", None)
        return found


class Pulled:
    """A stream over a generator of blocks. `stopped` is set when the generator raised `Damaged`: the stream ends there."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = memoryview(b"")
        self.stopped: Damaged | None = None

    def read(self, size: int, /) -> bytes:
        while not self._rest:
            try:
                self._rest = memoryview(next(self._blocks))
            except StopIteration:
                return b""
            except Damaged as damage:
                self.stopped = damage
                return b""
        piece = bytes(self._rest[:size])
        self._rest = self._rest[size:]
        return piece


class Tapped:
    """A stream that is hashed and counted while it passes, and whose first bytes are known before it is read."""

    def __init__(self, source: Readable, head_size: int, progress: Callable[[int], None] | None = None) -> None:
        self._source = source
        self._digest = hashlib.sha256()
        self._progress = progress
        self.size = 0
        self.head = b""
        while len(self.head) < head_size and (block := self._take(head_size - len(self.head))):
            self.head += block
        self._pending = self.head

    def _take(self, size: int) -> bytes:
        block = self._source.read(size)
        self._digest.update(block)
        self.size += len(block)
        if self._progress is not None and block:
            self._progress(len(block))
        return block

    def read(self, size: int, /) -> bytes:
        if self._pending:
            piece, self._pending = self._pending[:size], self._pending[size:]
            return piece
        return self._take(size)

    def drain(self) -> None:
        """Read to the end, keeping nothing but the count and the hash."""
        while self.read(BLOCK):
            continue

    @property
    def sha256(self) -> str:
        """64 hex digits, of what has been read so far."""
        return self._digest.hexdigest()

    @property
    def stopped(self) -> Damaged | None:
        found: Damaged | None = getattr(self._source, "stopped", None)
        return found
