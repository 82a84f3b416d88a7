"""A line's layout as data: fixed text and values in turn, cut for all lines of a page at once.

A value reaches to the fixed text that follows it; between quotes, to the next quote that no backslash escapes. A line fits when all its
fixed text stands where it should, every value is of its kind, and nothing is left over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from parsers.gather import Bools, Bytes, Int64s
from parsers.web.fields import FAST
from parsers.web.formats import Page, Taken
from parsers.web.kinds import Kind
from parsers.web.lines import Lines
from parsers.web.marks import Marks
from parsers.web.remarks import Remarks
from parsers.web.spans import Spans
from parsers.web.table import Table

TRIES = 16  # places at which the text behind a value is looked for: a value may hold its first byte


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a layout: the column it fills, and what it must be. `own` is its name in the log, where no declared column is meant."""

    column: str
    kind: Kind
    own: str | None = None


Part = bytes | Value


@dataclass(frozen=True, slots=True)
class LineLayout:
    """Fixed text and values in turn; two values never meet. `event` and `time_desc` are the core columns' words."""

    family: str
    event: str
    time_desc: str
    parts: tuple[Part, ...]
    protocol: str | None = "http"
    values: tuple[Value, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        previous: Part | None = None
        for part in self.parts:
            if isinstance(part, Value) and isinstance(previous, Value):
                raise ValueError(f"no text between the values {previous.column} and {part.column}")
            previous = part
        object.__setattr__(self, "values", tuple(part for part in self.parts if isinstance(part, Value)))


def fitting(lines: Lines, layout: LineLayout, marks: Marks | None = None) -> tuple[Spans, Bools]:
    """Where the layout's values lie, one row of `Spans` each, and which lines fit it."""
    marks = marks or Marks(lines.data)
    spans = Spans.empty(lines, len(layout.values))
    at, fits, place = lines.starts.copy(), np.ones(len(lines), np.bool_), 0
    for number, part in enumerate(layout.parts):
        if isinstance(part, bytes):
            fits &= stands(lines.data, at, part) & (at + len(part) <= lines.ends)
            at = at + len(part)
            continue
        end = _end(lines, at, fits, (layout.parts, number), marks)
        fits &= end >= 0
        end = np.where(fits, end, at)
        spans.starts[place], spans.ends[place] = at, end
        at, place = end, place + 1
    fits &= at == lines.ends
    for place, value in enumerate(layout.values):
        rows = np.flatnonzero(fits)
        fits[rows] = value.kind.fits(lines.data, spans.starts[place, rows], spans.ends[place, rows])
    return spans, fits


def stands(data: Bytes, at: Int64s, text: bytes) -> Bools:
    """Where `text` stands at the given positions."""
    found = np.ones(len(at), np.bool_)
    last = max(len(data) - 1, 0)
    for step, byte in enumerate(text):
        found &= (at + step < len(data)) & (data[np.minimum(at + step, last)] == byte)
    return found


def _end(lines: Lines, at: Int64s, fits: Bools, where: tuple[Sequence[Part], int], marks: Marks) -> Int64s:
    """Where a value ends that begins at `at`: -1 where the text that should follow does not come."""
    parts, number = where
    if number + 1 == len(parts):
        return lines.ends
    text = parts[number + 1]
    before = parts[number - 1] if number else b""
    if isinstance(text, Value) or isinstance(before, Value):
        raise ValueError("two values without text between them")
    if before.endswith(b'"') and text.startswith(b'"'):
        end = marks.next_quote(at)
        return np.where(stands(lines.data, end, text) & (end + len(text) <= lines.ends), end, -1)
    out, start = np.full(len(at), -1, np.int64), at.copy()
    rows = np.flatnonzero(fits)
    for _ in range(TRIES):
        end = marks.next(text[0], start[rows])
        inside = end + len(text) <= lines.ends[rows]
        hit = inside & stands(lines.data, end, text)
        out[rows[hit]] = end[hit]
        start[rows] = end + 1
        rows = rows[inside & ~hit]
        if not len(rows):
            break
    return out


def read(page: Page, layouts: Sequence[LineLayout]) -> Taken:
    """The lines of a page that fit one of the layouts, the first that fits."""
    taken = np.zeros(len(page.lines), np.bool_)
    batches = []
    for layout in layouts:
        left = np.flatnonzero(~taken)
        if not len(left):
            break
        part = page.take(left)
        _, fits = fitting(part.lines, layout)
        own = np.flatnonzero(fits)
        if not len(own):
            continue
        taken[left[own]] = True
        batches.append(rows(part.take(own), layout))
    return Taken(taken, tuple(batches))


def rows(page: Page, layout: LineLayout) -> pa.RecordBatch:
    """The batch of a page whose lines all fit the layout."""
    spans, _ = fitting(page.lines, layout)
    remarks = Remarks(len(page.lines))
    spans.repair(np.flatnonzero(page.high))
    remarks.mark(page.control, "control-bytes")
    remarks.mark(spans.invalid, "bad-encoding")
    remarks.mark(page.lines.unterminated(), "no-line-end")
    table = Table(page, spans, remarks)
    for place, value in enumerate(layout.values):
        value.kind.fill(table, place, value.column, value.own)
    return table.batch(layout.family, layout.event, layout.time_desc, layout.protocol, np.full(len(page.lines), FAST))
