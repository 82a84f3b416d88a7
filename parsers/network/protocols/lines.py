"""Lines of a stream, one at a time, and bytes gathered from several places of it; gaps are stepped over and remembered."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from parsers.network.streams import Stream

BLOCK = 65_536  # bytes read at a time
LINE_LIMIT = 65_536  # bytes of one line; SMTP allows 1,000, IMAP servers take 64 KiB
_AT_ONCE = max(BLOCK, LINE_LIMIT)
PIECE = 1 << 20  # bytes gathered at a time
FIRST_LOOK = 4_096  # bytes looked through first for an end; each look is twice as long, so that short messages cost no more than they weigh


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Line:
    """One line without its ending. begin, end: positions in the stream, the ending included; whole: its ending was seen."""

    begin: int
    end: int
    raw: bytes
    whole: bool


class Lines:
    """Reads a stream line by line from `at` on, which may be set."""

    __slots__ = ("_base", "_raw", "at", "stream")

    def __init__(self, stream: Stream, at: int | None = None) -> None:
        self.stream = stream
        self.at = stream.begin if at is None else at
        self._base, self._raw = self.at, b""

    def next(self) -> Line | None:
        """The next line; after a gap, what follows it. None at the end."""
        at = self.at
        begin = at - self._base
        stop = self._raw.find(b"\n", begin) if begin >= 0 else -1
        if stop < 0:
            return self._further()
        self.at = end = self._base + stop + 1
        return Line(at, end, self._raw[begin:stop].rstrip(b"\r"), True)

    def _further(self) -> Line | None:
        """The next line where its end is not at hand."""
        at = self.at
        if at >= self.stream.end:
            return None
        self._base = at
        self._raw = raw = self.stream.read(at, _AT_ONCE)
        stop = raw.find(b"\n")
        if stop >= 0:
            self.at = end = at + stop + 1
            return Line(at, end, raw[:stop].rstrip(b"\r"), True)
        if raw:
            self.at = end = at + len(raw)
            return Line(at, end, raw, False)
        following = self.stream.next_start(at)
        if following is None or following <= at:
            return None
        self.at = following
        return self._further()

    def peek(self) -> Line | None:
        """The next line, left to be read."""
        at = self.at
        line = self.next()
        self.at = at
        return line

    def find_end(self, begin: int, mark: bytes) -> tuple[int, int] | None:
        """As the function below; nearly always in bytes that are at hand."""
        skip = begin - self._base
        found = self._raw.find(mark, skip) if skip >= 0 else -1
        if found < 0:
            return find_end(self.stream, begin, mark)
        return self._base + found, self._base + found + len(mark)

    def cut(self, begin: int, stop: int) -> bytes | None:
        """The bytes from `begin` to `stop` where they are at hand, since lines near them were read."""
        first, last = begin - self._base, stop - self._base
        return self._raw[first:last] if 0 <= first < last <= len(self._raw) else None

    def passage(self, begin: int, stop: int) -> Passage | None:
        """The same as a passage."""
        raw = self.cut(begin, stop)
        return None if raw is None else Passage(self.stream, raw, (0,), (begin,), (), False)


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Passage:
    """Bytes gathered from ranges of a stream, without what the capture lacks or lies beyond the limit (`cut`).

    offsets, positions: where each run begins in `raw` and in the stream; gaps: offset in `raw` and bytes lacking there.
    """

    stream: Stream
    raw: bytes
    offsets: tuple[int, ...]
    positions: tuple[int, ...]
    gaps: tuple[tuple[int, int], ...]
    cut: bool

    def missing(self, begin: int, stop: int) -> int:
        """Bytes that the capture lacks within [begin, stop) of `raw`, or at its ends."""
        return sum(size for at, size in self.gaps if begin <= at <= stop)

    def packet(self, offset: int) -> int:
        """The packet (0-based) that brought the byte at `offset` of `raw`."""
        run = max(bisect_right(self.offsets, offset) - 1, 0)
        if not self.positions:
            return self.stream.packet(self.stream.begin)
        return self.stream.packet(self.positions[run] + offset - self.offsets[run])


def gather(stream: Stream, ranges: Iterable[tuple[int, int]], limit: int) -> Passage:
    """The bytes of [begin, stop) ranges in order, at most `limit` of them."""
    parts: list[bytes] = []
    offsets: list[int] = []
    positions: list[int] = []
    gaps: list[tuple[int, int]] = []
    size, cut = 0, False
    for begin, stop in ranges:
        at = begin
        while at < stop:
            if size >= limit:
                cut = True
                break
            raw = stream.read(at, min(stop - at, PIECE, limit - size))
            if raw:
                parts.append(raw)
                offsets.append(size)
                positions.append(at)
                size, at = size + len(raw), at + len(raw)
                continue
            following = stream.next_start(at)
            there = stop if following is None else min(max(following, at + 1), stop)
            gaps.append((size, there - at))
            at = there
    return Passage(stream, b"".join(parts), tuple(offsets), tuple(positions), tuple(gaps), cut)


def find_end(stream: Stream, begin: int, mark: bytes) -> tuple[int, int] | None:
    """Where the first `mark` from `begin` on begins and ends, gaps stepped over; None when it does not come."""
    at, tail, size = begin, b"", FIRST_LOOK
    while True:
        raw = stream.read(at, size)
        size = min(2 * size, PIECE)
        if not raw:
            following = stream.next_start(at)
            if following is None or following <= at:
                return None
            at, tail = following, b""
            continue
        joined = tail + raw
        found = joined.find(mark)
        if found >= 0:
            place = at - len(tail) + found
            return place, place + len(mark)
        tail, at = joined[-(len(mark) - 1) :], at + len(raw)
