"""SMB messages of one side of a connection, of either version, as rows of what `message_kernels.py` finds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import repeat
from typing import Any, NamedTuple, cast

import numpy as np

from parsers.network.protocols.smb.framing import FRAMES, Odd, frame_at
from parsers.network.protocols.smb.message_kernels import (
    BAD_COMPOUND,
    BAD_ONE,
    BAD_TWO,
    COLUMNS,
    FULL,
    GO_ON,
    HEAD,
    HIGH,
    LEFT,
    POSITION,
    ROW,
    STRANGE,
    TOLD,
    WHY,
    walk_all,
)
from parsers.network.protocols.smb.transfers import Range
from parsers.network.records import Int64s
from parsers.network.streams import Stream

# messages found at a time: the system maps 64 KiB of the file around each; no power of two, or all columns would fall on the same lines
# of the processor's cache
ROOM = 2_040
BODY = 65_536 + 256  # bytes read of a message; what it reads or writes of a file is not among them
_WRONG = {
    BAD_ONE: "header is cut",
    BAD_TWO: "header is cut or none",
    BAD_COMPOUND: "next command lies inside this one",
}


class Side:
    """One side of a connection, whose stream is made when the connection is read, which may be after its messages were found."""

    __slots__ = ("stream",)

    stream: Stream


class Run(NamedTuple):
    """Reads or writes of a file that follow one another: what each moved, and its first and last packet."""

    pieces: list[Range]
    packets: list[tuple[int, int]]


class Message(NamedTuple):
    """One message: where it lies in its stream and in the capture (`place`, and how many bytes of it came in that packet), first and last
    packet, its header, the frame that it came in, and the fields that were found with it.

    command: the first byte of the identifier where it is not read; number: of SMB 1 its command and process too; session: of SMB 1 the
    user; flags: of SMB 1 both fields, the second shifted by 16. What is no message has a kind of its own. fields: CUT where those after it
    are told: offset in a file, where in the message its bytes begin, how many they are, and of SMB 1 the file. run: what follows a read or
    write at once.
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
    fields: int
    offset: int
    lead: int
    amount: int
    key: int
    side: Side
    run: Run | None = None

    @property
    def stream(self) -> Stream:
        return self.side.stream

    def read(self, limit: int = BODY) -> bytes:
        count = self.size if self.size < limit else limit
        stream = self.side.stream
        return stream.there(self.place, count) if count <= self.there else stream.read(self.at, count)

    def part(self, begin: int, stop: int) -> bytes:
        """Bytes [begin, stop) of a message that is known to have them."""
        if stop <= self.there:
            return self.side.stream.there(self.place + begin, stop - begin)
        return self.stream.read(self.at + begin, stop - begin)

    def wrong(self) -> None:
        """Raises ValueError where this stands for a header that is none."""
        if self.kind in _WRONG:
            raise ValueError(_WRONG[self.kind])


_new = partial(tuple.__new__, Message)  # a third of what it costs to call the class, for every message
_range = partial(tuple.__new__, Range)


def made(columns: Int64s, sides: Iterable[Side]) -> Iterator[Message]:
    """Messages from rows of columns, and the side of each."""
    return cast("Iterator[Message]", map(_new, zip(*columns[:HIGH].tolist(), sides, repeat(None), strict=False)))


def runs(more: Int64s) -> Run:
    """What `pair_kernels.paired` tells in `more`, which may be taken apart by slices."""
    offset, at, size, first, last = more.tolist()
    return Run(list(map(_range, zip(offset, at, size, strict=True))), list(zip(first, last, strict=True)))


def side_of(stream: Stream) -> Side:
    """A side whose stream is at hand."""
    side = Side()
    side.stream = stream
    return side


def of_stream(columns: Int64s, stream: Stream) -> Iterator[Message]:
    """Messages of one stream."""
    return made(columns, repeat(side_of(stream)))


def empty_of(stream: Stream) -> list[Message] | None:
    """What stands in a stream that holds no message, as in most that are guessed by their port; None where it may hold one."""
    if stream.begin == stream.end:
        return []
    if frame_at(stream.read(stream.begin, 8)):
        return None
    between, following = Odd(stream).frame(stream.begin)
    side = side_of(stream)
    return [Message(*row, 0, 0, 0, 0, 0, side) for row in between] if following is None else None


Rows = tuple[Int64s, list[int]]  # columns, and what is told of their stream
_NO_ROWS = np.empty((COLUMNS, 0), np.int64)


def messages_of(stream: Stream) -> Iterator[Int64s]:
    """All messages of a side in their order, and what stands between them and is none: (COLUMNS, n) at a time, of at least ROOM but the
    last."""
    if stream.begin == stream.end:
        return
    waiting: list[Int64s] = []
    held = 0
    begins = frame_at(stream.read(stream.begin, 8))
    first = _rows(stream, stream.begin, FRAMES) if begins else (_NO_ROWS, [0, stream.begin, FRAMES, 0, STRANGE])
    for rows in _some(stream, first):
        if rows.shape[1]:
            waiting.append(rows)
        held += rows.shape[1]
        if held >= ROOM:
            yield np.concatenate(waiting, axis=1)
            waiting, held = [], 0
    if held:
        yield np.concatenate(waiting, axis=1) if len(waiting) > 1 else waiting[0]


def _some(stream: Stream, found: Rows) -> Iterator[Int64s]:
    odd: Odd | None = None
    rows, told = found
    while True:
        yield rows
        at, left = told[POSITION], told[LEFT]
        if left <= 0 or at >= stream.end:
            return
        if told[WHY] != FULL or not rows.shape[1]:
            odd = odd or Odd(stream)
            between, following = odd.frame(at)
            if between:
                out = np.zeros((COLUMNS, len(between)), np.int64)
                out[: len(between[0])] = np.array(between, np.int64).T
                yield out
            if following is None or left == 1:
                return
            at, left = following, left - 1
        rows, told = _rows(stream, at, left)


def _rows(stream: Stream, at: int, left: int) -> Rows:
    """The messages from `at` on, as far as they go without anything odd."""
    buffer, pieces = stream.laid_out()
    out = np.empty((COLUMNS, ROOM), np.int64)
    told: np.ndarray[Any, np.dtype[np.int64]] = np.zeros((1, TOLD), np.int64)
    told[0, POSITION], told[0, LEFT] = at, left
    if pieces.shape[1]:
        bounds, one = np.array([0, pieces.shape[1]]), np.zeros(1, np.int64)
        walk_all(buffer, pieces, bounds, one, GO_ON, told, out, np.zeros(HEAD, np.uint8))
    return out[:, : told[0, ROW]].copy(), told[0].tolist()
