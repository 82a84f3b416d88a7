"""A log as blocks of lines: where each begins and ends, in memory that does not grow with the file.

A line owns its line end: a row's `length` runs to the next line's first byte. Empty lines and runs of NUL (holes that log rotation
leaves) are free space; a byte order mark is read; a line longer than LONGEST_LINE is a problem.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import FileIO

import numpy as np

from parsers.base import Evidence, Slice
from parsers.gather import Bools, Bytes, Int64s
from parsers.web.line_marks import BOM as BOM
from parsers.web.line_marks import behind_holes, joints, marks
from parsers.web.odd_bytes import MOST_LINES, newlines_in
from timelines.problems import Account, Kind, Problem, account

# Bytes read at a time: enough that what is done once a block does not tell; more only takes more memory
BLOCK = 8 << 20
LONGEST_LINE = 1 << 20  # bytes; servers cap a request's line and headers at 8 KiB each, escapes make that fourfold
RUN_LINES = 100  # more unreadable lines than this in a row are one problem, so that a disk image in a log stays bounded
_NL, _CR = 10, 13


@dataclass(frozen=True, slots=True)
class Lines:
    """Some lines of a file. `starts` and `ends` (before the line end) are (n,) int64 positions of their text in `data`.

    `offsets` and `lengths` are their bytes in the file, line end and any prefix included: text that was taken out of a wrapper, or that was
    not written in UTF-8, lies in bytes of its own, its place in the file does not. `numbers` are (n,) int64 line numbers from 1; `bare` is
    the offset of a line that ends with the file instead of a newline, -1 where there is none. `marks`: what is remarkable of the bytes
    around some lines (remarks for `flags`), as ascending offsets of these lines. `odd`: (n,) lines that may hold control bytes or bytes
    above 0x7f, all others do not; None where nobody looked.
    """

    data: Bytes
    starts: Int64s
    ends: Int64s
    numbers: Int64s
    offsets: Int64s
    lengths: Int64s
    bare: int = -1
    marks: Mapping[str, Int64s] = field(default_factory=dict)
    odd: Bools | None = None

    def __len__(self) -> int:
        return len(self.starts)

    def at(self, row: int) -> bytes:
        """The text of one line, without its line end."""
        return self.data[self.starts[row] : self.ends[row]].tobytes()

    def take(self, rows: Int64s) -> Lines:
        """Some of the lines, given by index, ascending."""
        if len(rows) == len(self):
            return self
        starts, ends, numbers = self.starts[rows], self.ends[rows], self.numbers[rows]
        odd = None if self.odd is None else self.odd[rows]
        places = self.offsets[rows], self.lengths[rows]
        return Lines(self.data, starts, ends, numbers, *places, self.bare, self.marks, odd)

    def between(self, first: int, stop: int) -> Lines:
        """Neighbours: the lines from `first` to before `stop`, with just the bytes in which they lie."""
        starts, ends = self.starts[first:stop], self.ends[first:stop]
        begin = int(starts[0]) if len(starts) else 0
        data = self.data[begin : int(ends[-1])] if len(ends) else self.data[:0]
        rows = slice(first, stop)
        places = self.numbers[rows], self.offsets[rows], self.lengths[rows]
        odd = None if self.odd is None else self.odd[rows]
        return Lines(data, starts - begin, ends - begin, *places, self.bare, self.marks, odd)

    def unterminated(self) -> Bools:
        """The line that ends with the file instead of a newline, if any: (n,) mask."""
        return np.asarray(self.offsets == self.bare)

    def account(self, kind: Kind, rows: Bools) -> Account:
        """The bytes of the lines where `rows` is True, neighbours joined."""
        return joined(kind, self.offsets[rows], self.lengths[rows])


def side_by_side(parts: Sequence[Lines]) -> Lines:
    """Lines of several blocks, in their order, as those of one."""
    if len(parts) == 1:
        return parts[0]
    shifts = np.cumsum([0, *(len(part.data) for part in parts[:-1])]).tolist()
    starts = [part.starts + shift for part, shift in zip(parts, shifts, strict=True)]
    ends = [part.ends + shift for part, shift in zip(parts, shifts, strict=True)]
    names = sorted({name for part in parts for name in part.marks})
    nowhere: Int64s = np.empty(0, np.int64)
    odd = [part.odd for part in parts if part.odd is not None]
    return Lines(
        np.concatenate([part.data for part in parts]),
        np.concatenate(starts),
        np.concatenate(ends),
        np.concatenate([part.numbers for part in parts]),
        np.concatenate([part.offsets for part in parts]),
        np.concatenate([part.lengths for part in parts]),
        max(part.bare for part in parts),
        {name: np.concatenate([part.marks.get(name, nowhere) for part in parts]) for name in names},
        np.concatenate(odd) if len(odd) == len(parts) else None,
    )


def joined(kind: Kind, offsets: Int64s, lengths: Int64s) -> Account:
    """An account of ascending pieces of the file, neighbours joined."""
    if not len(offsets):
        return Account(kind, offsets, lengths)
    stops = offsets + lengths
    breaks = np.flatnonzero(offsets[1:] != stops[:-1]) + 1
    first = offsets[np.concatenate(([0], breaks))]
    last = stops[np.concatenate((breaks - 1, [len(stops) - 1]))]
    return Account(kind, first, last - first)


def _blocks(handle: FileIO, start: int, stop: int) -> Iterator[tuple[int, Bytes]]:
    """Blocks of bytes [start, stop) with their offsets; ends early where the file does."""
    at = start
    while at < stop:
        data = _read(handle, at, min(BLOCK, stop - at))
        if not len(data):
            return
        yield at, data
        at += len(data)


def _read(handle: FileIO, at: int, count: int) -> Bytes:
    handle.seek(at)
    return np.frombuffer(handle.read(count) or b"", np.uint8)


def read_lines(evidence: Evidence, piece: Slice) -> Iterator[Lines | Problem | Account]:
    """The lines of a piece, block by block, and the fate of every byte that is no line."""
    at, line = piece.start, int(str(piece.context.get("line", 1)))
    with evidence.path.open("rb", buffering=0) as handle:
        while at < piece.stop:
            data = _read(handle, at, min(BLOCK, piece.stop - at))
            if not len(data):
                rest = piece.stop - at
                yield evidence.problem(at, rest, f"file ends {rest} bytes before the size it was listed with")
                yield account("damaged", at, rest)
                return
            newlines, odd = newlines_in(data)
            if at + len(data) < piece.stop or len(newlines) == MOST_LINES:
                if not len(newlines):
                    stop, output = _endless(evidence, handle, at, data, piece.stop)
                    yield from output
                    line += output[0].__class__ is Problem
                    at = stop
                    continue
                data = data[: newlines[-1] + 1]
            before = _read(handle, at - 2, 2) if at > 1 else data[:0]
            yield from _lines(evidence, (before, data), (newlines, odd), at, line)
            line += len(newlines)
            at += len(data)


def _endless(
    evidence: Evidence, handle: FileIO, at: int, data: Bytes, stop: int
) -> tuple[int, list[Problem | Account]]:
    """What to do with a block without a newline: a run of NUL is free, else one line far too long. Gives where to go on."""
    zeros = int(np.argmax(data != 0)) if data.any() else len(data)
    if zeros:
        return at + zeros, [account("free", at, zeros)]
    end = stop
    for block_at, block in _blocks(handle, at + len(data), stop):
        newlines, _ = newlines_in(block)
        if len(newlines):
            end = block_at + int(newlines[0]) + 1
            break
    return end, [too_long(evidence, at, end - at), account("damaged", at, end - at)]


def too_long(evidence: Evidence, at: int, length: int) -> Problem:
    """What is told of a line longer than LONGEST_LINE."""
    return evidence.problem(at, length, f"line of {length} bytes, expected at most {LONGEST_LINE}; not read")


def _lines(
    evidence: Evidence, block: tuple[Bytes, Bytes], found: tuple[Int64s, Bools], base: int, first: int
) -> Iterator[Lines | Problem | Account]:
    """One block of whole lines (the file's last may lack its newline), given with up to two bytes that precede it.

    `found`: its newlines, and whether lines that end there may hold odd bytes.
    """
    (before, data), (newlines, odd) = block, found
    stops = newlines + 1
    ends = newlines.copy()
    if not len(stops) or stops[-1] < len(data):
        stops, ends, odd = np.append(stops, len(data)), np.append(ends, len(data)), np.append(odd, True)
    begins = np.concatenate(([0], stops[:-1]))
    if base == 0 and data[:3].tobytes() == BOM:
        yield account("read", 0, 3)
        begins[0] = 3
    ends -= (ends > begins) & (data[np.maximum(ends - 1, 0)] == _CR)
    solid = behind_holes(data, begins, ends)
    holes, mark = solid > begins, joints(data, solid, ends)
    if mark.any():
        yield joined("read", solid[mark] + base, np.full(int(mark.sum()), len(BOM)))
    starts = solid + len(BOM) * mark
    numbers = np.arange(first, first + len(starts), dtype=np.int64)
    bare = int(starts[-1]) + base if len(stops) and data[stops[-1] - 1] != _NL else -1
    told = {name: starts[mask] + base for name, mask in marks(before, data, newlines, holes, mark).items()}
    lines = Lines(data, starts, ends, numbers, starts + base, stops - starts, bare, told, odd)
    empty, long = starts >= ends, ends - starts > LONGEST_LINE
    nothing = empty & (stops > begins)
    if nothing.any():
        yield joined("free", begins[nothing] + base, (stops - begins)[nothing])
    if (filled := holes & ~empty).any():
        yield Account("free", begins[filled] + base, (solid - begins)[filled])
    for row in np.flatnonzero(long).tolist():
        yield too_long(evidence, int(lines.offsets[row]), int(lines.lengths[row]))
    if long.any():
        yield lines.account("damaged", long)
    keep = ~(empty | long)
    if keep.any():
        yield lines.take(np.flatnonzero(keep))


def unreadable(
    evidence: Evidence, lines: Lines, reasons: dict[int, str], run_lines: int = RUN_LINES
) -> Iterator[Problem | Account]:
    """Problems and one account for lines of a block that no layout fits: `reasons` by row. Runs of more neighbours become one problem."""
    if not reasons:
        return
    rows = np.array(sorted(reasons), np.int64)
    numbers, stops = lines.numbers, lines.offsets + lines.lengths
    for run in np.split(rows, np.flatnonzero(np.diff(rows) != 1) + 1):
        first, last = int(run[0]), int(run[-1])
        if len(run) > run_lines:
            reason = f"lines {numbers[first]} to {numbers[last]} ({len(run)} lines) cannot be read; the first: {reasons[first]}"
            yield evidence.problem(lines.offsets[first], int(stops[last] - lines.offsets[first]), reason)
            continue
        for row in run.tolist():
            yield evidence.problem(lines.offsets[row], lines.lengths[row], f"line {numbers[row]}: {reasons[row]}")
    mask = np.zeros(len(lines), np.bool_)
    mask[rows] = True
    yield lines.account("damaged", mask)
