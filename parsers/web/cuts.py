"""Where a log is cut into pieces that workers read apart, and which pieces hold lines that those after them have to know of."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from parsers.base import Evidence, Slice
from parsers.gather import Bytes
from parsers.portions import portion

BLOCK = 2 << 20  # bytes looked at at a time: they stay in the processor's cache
PIECE = 64 << 20  # bytes of a slice: some seconds of work for one worker
FINEST = 16 << 20  # bytes of a file's last slices
_NL = 10
_BEFORE_LINES = np.zeros(256, np.bool_)
_BEFORE_LINES[[_NL, 0, 0xBF]] = True  # a line end, a hole of NULs, the last byte of a byte order mark


@dataclass(frozen=True, slots=True)
class Cut:
    """A slice that knows the number of its first line (`context["line"]`), and the marks with which lines of it may begin; none for a
    file's last, behind which no slice would have to know."""

    piece: Slice
    begun: frozenset[bytes]


def cuts(evidence: Evidence, marks: Collection[bytes] = ()) -> Iterator[Cut]:
    """Slices of PIECE bytes, smaller towards the file's end, cut after a newline. They are given out while the file is gone through."""
    if evidence.size <= PIECE:
        if evidence.size:
            yield Cut(Slice(0, evidence.size, {"line": 1}), frozenset())
        return
    start, first, lines, before = 0, 1, 0, _NL  # lines: newlines between `start` and the bytes in hand
    begun: set[bytes] = set()
    for at, data in _blocks(evidence):
        while stop := _line_end(data, start + portion(evidence.size - start, PIECE, FINEST) - at):
            if at + stop >= evidence.size:
                break
            yield Cut(Slice(start, at + stop, {"line": first}), frozenset(begun | _begun(data[:stop], before, marks)))
            first += lines + _newlines(data[:stop])
            at, data = at + stop, data[stop:]
            start, lines, before, begun = at, 0, _NL, set()
        lines += _newlines(data)
        begun |= _begun(data, before, [mark for mark in marks if mark not in begun])
        before = int(data[-1]) if len(data) else before
    yield Cut(Slice(start, evidence.size, {"line": first}), frozenset())


def _blocks(evidence: Evidence) -> Iterator[tuple[int, Bytes]]:
    """The file block by block, with their offsets, all in the same memory; ends early where the file does."""
    at, held = 0, bytearray(BLOCK)
    room = np.frombuffer(held, np.uint8)
    with evidence.path.open("rb", buffering=0) as handle:
        while count := handle.readinto(memoryview(held)[: max(0, min(BLOCK, evidence.size - at))]):
            yield at, room[:count]
            at += count


def _newlines(data: Bytes) -> int:
    return int(np.count_nonzero(data == _NL))


def _line_end(data: Bytes, wanted: int) -> int:
    """Where the line ends that holds the last of the first `wanted` bytes; 0 where it ends elsewhere."""
    begin = max(wanted - 1, 0)
    found = np.flatnonzero(data[begin:] == _NL)
    return begin + int(found[0]) + 1 if len(found) else 0


def _begun(data: Bytes, before: int, marks: Collection[bytes]) -> set[bytes]:
    """The marks with which a line may begin, behind a byte order mark or a hole of NULs too. `before` is the byte before `data`.

    A mark that may begin in the bytes before is among them. Marks are looked for by their last byte: the first of some is a quote, and
    lines of JSON are full of them.
    """
    found = set()
    for last in {mark[-1] for mark in marks}:
        hits = np.flatnonzero(data == last)
        for mark in [mark for mark in marks if mark[-1] == last and len(hits)]:
            begins = hits - (len(mark) - 1)
            whole = begins[begins >= 0]
            for place, byte in enumerate(mark[:-1]):
                whole = whole[data[whole + place] == byte]
            previous = np.where(whole > 0, data[whole - 1], before)
            cut_off = any(before == mark[-2 - hit] for hit in hits[begins < 0].tolist())
            if cut_off or _BEFORE_LINES[previous].any():
                found.add(mark)
    return found
