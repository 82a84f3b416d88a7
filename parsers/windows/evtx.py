"""The parser of Windows event logs (EVTX): file by columns, the odd record by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import pairwise

import numpy as np
import pyarrow as pa

from parsers.base import Batch, Evidence, Output, Shared, Slice, Told
from parsers.gather import Bytes, Int64s, as_bytes, ask_for
from parsers.windows import instances
from parsers.windows.chunks import (
    CHUNK,
    FILE_HEADER,
    FILE_MAGIC,
    RECORD_HEADER,
    RECOVERED,
    Records,
    file_header,
    file_headers,
    records,
)
from parsers.windows.columns import decode, shape
from parsers.windows.definitions import Definitions, Visited, doubtful
from parsers.windows.events import batches
from parsers.windows.groups import Fragments, grouped
from parsers.windows.inline import inline
from parsers.windows.ledger import Ledger, Ledgers, Ranges
from parsers.windows.off_grid import grids
from parsers.windows.sample import read_once
from parsers.windows.singles import singles
from parsers.windows.templates import Room, TooMany
from parsers.windows.typed import Window
from parsers.windows.visit import Visit, visit
from timelines.accounts import Accounts
from timelines.compiled import kept

WINDOW = 4096 * CHUNK  # bytes parsed at a time: some 200,000 records
TOGETHER = 3  # windows of a large log that one task reads: part of what writing takes is the same for any rows
SMALLER = 11 / 16  # such windows, of WINDOW: with rows that wait beside it one takes less memory than a whole window
MAX_SHAPES = 2048  # shapes and definitions of the records that are decoded at once, some 50 kB each; an honest log has some dozens
FEW = 64  # records that are decoded at once whatever their shapes
SMALL = 8 << 20  # bytes of a log that gains from being read with others


def bounds(size: int) -> list[int]:
    """Where the windows of a log of so many bytes begin and end: as many as make an even number of tasks, all about as large, so that
    workers share the reading, and no small one at the end, since a window costs a sixth of a second besides its bytes."""
    chunks = -(-(size - FILE_HEADER) // CHUNK)
    most = (WINDOW + WINDOW // 32) // CHUNK
    count = 1 if chunks <= WINDOW // CHUNK else 2
    if chunks > count * most:
        count = 2 * TOGETHER * -(-chunks // (2 * TOGETHER * max(1, int(SMALLER * WINDOW) // CHUNK)))
    inside = {FILE_HEADER + chunks * at // count * CHUNK for at in range(1, count) if chunks * at >= count}
    return [0, *sorted(inside), size]


def windows(size: int, piece: Slice) -> list[tuple[int, int]]:
    """Where the windows of a piece of a log of so many bytes begin and end."""
    inside = [at for at in bounds(size) if piece.start < at < piece.stop]
    return list(pairwise([piece.start, *inside, piece.stop]))


class Evtx:
    """Reads every chunk and record of a log, whatever its header says. See `parsers.base.Parser`."""

    name = "windows/evtx"

    def accepts(self, head: bytes, name: str) -> bool:
        return head.startswith(FILE_MAGIC)

    def load(self) -> None:
        """Load the compiled loops, where this machine has compiled them before: that takes too long for who may not need them."""
        if kept(instances.visited):
            read_once(self)

    def slices(self, evidence: Evidence) -> list[Slice]:
        """Runs of whole chunks; the first also holds the file header. A window each, TOGETHER of a log that has more than two."""
        at = bounds(evidence.size)
        inside = at[1:-1] if len(at) <= 3 else at[TOGETHER:-1:TOGETHER]
        return [Slice(start, stop) for start, stop in pairwise([0, *inside, evidence.size])]

    def parse(self, evidence: Evidence, piece: Slice) -> Iterator[Output]:
        """Window by window batches by family and event shape, then problems and accounts in file order."""
        for start, stop in windows(evidence.size, piece):
            yield from _window(evidence, start, stop)

    def joins(self, size: int) -> bool:
        """Whether a log is small and of whole chunks; one that is cut off is read on its own."""
        return FILE_HEADER <= size <= SMALL and (size - FILE_HEADER) % CHUNK == 0

    def parse_together(self, files: Sequence[Evidence], content: Bytes) -> Iterator[Shared | Told | Accounts]:
        """Logs that `joins` said yes to, as one window: groups of like records span files."""
        stops = np.cumsum([evidence.size for evidence in files]).tolist()
        starts = [0, *stops[:-1]]
        ranges = Ranges()
        ledgers = Ledgers([Ledger(evidence, -start) for evidence, start in zip(files, starts, strict=True)], ranges)
        file_headers(content, np.array(starts, np.int64), ledgers)
        found = records(
            content, [(start + FILE_HEADER, stop) for start, stop in zip(starts, stops, strict=True)], ledgers
        )
        for family, batch, rows in batches_of(Window(content, 0, page=files[0].code_page), found):
            yield Shared(Batch(family, batch), found.file[rows])
        for file, ledger in enumerate(ledgers.each):
            yield from (Told(file, problem) for problem in ledger.complaints())
        yield ranges.accounts(ledgers.each)


def _window(evidence: Evidence, start: int, stop: int) -> Iterator[Output]:
    """What the bytes [start, stop) of a log hold, which are mapped as long as they are read."""
    view = evidence.open()
    ask_for(view, start, stop)
    data = as_bytes(view)[start:stop]
    ledger = Ledger(evidence, start)
    first = 0
    if start == 0:
        file_header(data, 0, ledger)
        first = FILE_HEADER
    window = Window(data, start, view, evidence.code_page)
    bounds = grids(data, first, len(data), ledger)
    for family, rows, _ in batches_of(window, records(data, bounds, Ledgers([ledger], ledger), alone=True)):
        yield Batch(family, rows)
    yield from ledger.told()


def batches_of(window: Window, found: Records) -> Iterator[tuple[str, pa.RecordBatch, Int64s]]:
    """Batches by family and event shape, with the records they are of."""
    fragments, known = _fragments(window, found)
    visited = visit(window, fragments.at, fragments.end, fragments.base)
    plain: list[Int64s] = []  # records that are documents without templates

    @cache
    def seen() -> Visited:
        whole = visited.whole()
        whole[np.concatenate([np.empty(0, np.int64), *plain])] = True
        begins = found.offset[whole]
        return Visited(begins, begins + found.size[whole], visited.places())

    @cache
    def shelf(file: int) -> Definitions:
        known(file).visited = seen()
        return known(file)

    waiting = [(0, len(found))]
    while waiting:
        first, stop = waiting.pop()
        try:
            for family, rows, which in _run(visited, (first, stop), (found, fragments), shelf, plain):
                yield family, rows, which + first
        except TooMany:
            middle = (first + stop) // 2
            waiting += [(middle, stop), (first, middle)]
    visited.notes.release()


def _run(
    visited: Visit,
    span: tuple[int, int],
    held: tuple[Records, Fragments],
    known: Callable[[int], Definitions],
    plain: list[Int64s],
) -> Iterator[tuple[str, pa.RecordBatch, Int64s]]:
    """The batches of a run of records; which of them are `plain` is added. Raises TooMany, before any, when they have more than
    MAX_SHAPES shapes."""
    found, fragments = held[0].span(*span), held[1].span(*span)
    groups, odd = grouped(visited, span, Room(MAX_SHAPES if len(found) > FEW else 1 << 30))
    rest = [odd]
    shapes = []
    for group in groups:
        found_shape = shape(group)
        if found_shape is None:
            rest.append(group.rows)
        else:
            shapes.append(found_shape)
    more, odd = inline(visited, fragments, np.sort(np.concatenate(rest)))
    plain += [one.rows + span[0] for one in more]
    apart = singles(visited.window, found, odd, known)
    first_apart = next(apart)  # mostly all of them
    visited.window.let_go()
    yield from batches([*decode(visited, [*shapes, *more]), *first_apart], found)
    for tables in apart:
        yield from batches(tables, found)


def _fragments(window: Window, found: Records) -> tuple[Fragments, Callable[[int], Definitions]]:
    """The records' binary XML, and the template definitions of each file. Recovered records whose templates may be gone get no room:
    they are left to be read one by one."""

    @cache
    def known(file: int) -> Definitions:
        begin = max(0, -found.ledgers[file].start)
        size = found.ledgers[file].evidence.size - max(0, found.ledgers[file].start)
        return Definitions(window.data, begin, min(len(window.data), begin + size))

    begins, ends = found.offset + RECORD_HEADER, found.offset + found.size - 4
    old = np.flatnonzero(found.flags & RECOVERED)
    for file in np.unique(found.file[old]).tolist():
        rows = old[found.file[old] == file]
        unsure = doubtful(window.data, known(file), (found.offset[rows], found.size[rows], found.base[rows]))
        ends[rows[unsure]] = begins[rows[unsure]]
    return Fragments(begins, ends, found.base), known


PARSER = Evtx()
