"""SMB messages of one side of a connection, of either version, as rows of what `message_kernels.py` finds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import repeat
from typing import Any, NamedTuple, cast

import numpy as np

from parsers.network.protocols.smb.framing import FRAMES, Odd
from parsers.network.protocols.smb.message_kernels import (
    BAD_COMPOUND,
    BAD_ONE,
    BAD_TWO,
    COLUMNS,
    FIRST,
    FULL,
    HEAD,
    LEFT,
    POSITION,
    ROW,
    TOLD,
    WHY,
    walk,
    walk_all,
)
from parsers.network.records import Int64s
from parsers.network.streams import Pieces, Stream

ROOM = 2_048  # messages found at a time: the system maps 64 KiB of the file around each
BODY = 65_536 + 256  # bytes read of a message; what it reads or writes of a file is not among them
_STREAMS = 1_024  # streams looked at at a time
_WRONG = {
    BAD_ONE: "header is cut",
    BAD_TWO: "header is cut or none",
    BAD_COMPOUND: "next command lies inside this one",
}


class Message(NamedTuple):
    """One message: where it lies in its stream and in the capture (`place`, and how many bytes of it came in that packet), first and last
    packet, its header, and the frame that it came in.

    command: the first byte of the identifier where it is not read; number: of SMB 1 its process too; session: of SMB 1 the user; flags: of
    SMB 1 both fields, the second shifted by 16. What is no message has a kind of its own.
    """

    kind: int
    at: int
    size: int
    place: int
    there: int
    packet: int
    last: int
    command: int
    status: int
    flags: int
    number: int
    tree: int
    session: int
    frame_at: int
    frame_size: int
    stream: Stream

    def read(self, limit: int = BODY) -> bytes:
        count = self.size if self.size < limit else limit
        return self.stream.there(self.place, count) if count <= self.there else self.stream.read(self.at, count)

    def wrong(self) -> None:
        """Raises ValueError where this stands for a header that is none."""
        if self.kind in _WRONG:
            raise ValueError(_WRONG[self.kind])


_new = partial(tuple.__new__, Message)  # a third of what it costs to call the class, for every message


def _made(rows: Iterable[tuple[Any, ...]]) -> Iterator[Message]:
    return cast("Iterator[Message]", map(_new, rows))


Rows = tuple[list[list[int]], list[int]]  # columns, and what is told of their stream


class Ahead:
    """The messages of streams that are to be read one after the other, found for many at once."""

    def __init__(self, held: Pieces, streams: Int64s) -> None:
        self._held, self._streams, self._next = held, streams, 0
        self._rows = np.empty((COLUMNS, ROOM), np.int64)
        self._told = np.empty((_STREAMS, TOLD), np.int64)
        self._head = np.zeros(HEAD, np.uint8)
        self._found: dict[int, int] = {}

    def rows(self, stream: int) -> Rows | None:
        """The first messages of a stream; None where they are no longer at hand."""
        while stream not in self._found:
            if stream not in self._streams[self._next : self._next + 2]:
                return None
            self._go_on()
        told = self._told[self._found[stream]].tolist()
        return self._rows[:, told[FIRST] : told[ROW]].tolist(), told

    def _go_on(self) -> None:
        held, wanted = self._held, self._streams[self._next :]
        buffer = held.space.buffer
        done = walk_all(buffer, held.columns, held.bounds, wanted, FRAMES, self._told, self._rows, self._head)
        done = done & ~1 or done  # the sides of a connection together
        self._found = {stream: row for row, stream in enumerate(wanted[:done].tolist())}
        self._next += done


def messages_of(stream: Stream, ahead: Rows | None = None) -> Iterator[Message]:
    """All messages of a side in their order, and what stands between them and is none."""
    odd: Odd | None = None
    columns, told = ahead if ahead is not None else _rows(stream, stream.begin, FRAMES)
    while True:
        yield from _made(zip(*columns, repeat(stream)))
        at, left = told[POSITION], told[LEFT]
        if left <= 0 or at >= stream.end:
            return
        if told[WHY] != FULL or not columns[0]:
            odd = odd or Odd(stream)
            found, following = odd.frame(at)
            yield from _made(found)
            if following is None or left == 1:
                return
            at, left = following, left - 1
        columns, told = _rows(stream, at, left)


def _rows(stream: Stream, at: int, left: int) -> Rows:
    """The messages from `at` on, as far as they go without anything odd."""
    buffer, pieces = stream.laid_out()
    out = np.empty((COLUMNS, ROOM), np.int64)
    told: np.ndarray[Any, np.dtype[np.int64]] = np.array([[0, at, left, 0, 0]], np.int64)
    if pieces.shape[1]:
        walk(buffer, pieces, 0, pieces.shape[1], told, 0, out, np.zeros(HEAD, np.uint8))
    return out[:, : told[0, ROW]].tolist(), told[0].tolist()
