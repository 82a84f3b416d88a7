"""A line's layout as data: fixed text and values in turn, cut for all lines of a page at once.

A value reaches to the fixed text that follows it; between quotes, to the next quote that no backslash escapes. A line fits when all its
fixed text stands where it should, every value is of its kind, and nothing is left over.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pyarrow as pa

from parsers.gather import Bools, Bytes, Int64s
from parsers.web.fields import FAST, LOOSE
from parsers.web.formats import Page, Taken
from parsers.web.kinds import Kind
from parsers.web.lines import Lines
from parsers.web.marks import Marks
from parsers.web.remarks import Remarks
from parsers.web.spans import Spans
from parsers.web.table import Table

TRIES = 16  # places at which the text behind a value is looked for: a value may hold its first byte
MOST_BLANKS = 32  # spaces that pad a value; Squid pads durations to 6
_SPACE, _COMMA, _COLON = 32, 44, 58
_BETWEEN = b'" "'


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a layout: the column it fills, and what it must be. `own` is its name in the log, where no declared column is meant.

    `width`: bytes, where every value has as many (a date may hold the text that follows it). `listed`: values of a list stand side by side
    (`a, b : c`), and the spaces between them do not end it.
    """

    column: str
    kind: Kind
    own: str | None = None
    width: int = 0
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Blanks:
    """One space or more: what stands before a value that is padded to a width."""


Part = bytes | Value | Blanks


@dataclass(frozen=True, slots=True)
class LineLayout:
    """Fixed text and values in turn; two values never meet. `event` and `time_desc` are the core columns' words.

    `raw`: the server escapes nothing. A value between quotes then reaches to the text behind it, quotes and backslashes included; a line
    in which `" "` stands more often than in the layout does not fit: where it is to be cut cannot be told.
    """

    family: str
    event: str
    time_desc: str
    parts: tuple[Part, ...]
    protocol: str | None = "http"
    raw: bool = False
    values: tuple[Value, ...] = field(init=False, default=())
    _skeleton: bytes = field(init=False, compare=False, repr=False, default=b"")

    def __post_init__(self) -> None:
        previous: Part | None = None
        for part in self.parts:
            if isinstance(part, Value) and isinstance(previous, Value):
                raise ValueError(f"no text between the values {previous.column} and {part.column}")
            previous = part
        object.__setattr__(self, "values", tuple(part for part in self.parts if isinstance(part, Value)))
        object.__setattr__(self, "_skeleton", _skeleton(self.parts, self.raw))

    @property
    def skeleton(self) -> re.Pattern[bytes]:
        """What all lines that may fit match whole; compiled when it is first asked for."""
        return _compiled(self._skeleton)


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern, re.DOTALL)


def _skeleton(parts: Sequence[Part], raw: bool) -> bytes:
    """A pattern of all lines that may fit, read in one pass: it says no to most others at their first words."""
    out, number = b"", 0
    while number < len(parts):
        part, text = parts[number], _following(parts, number)
        number += 1
        if isinstance(part, bytes):
            out += re.escape(part)
        elif isinstance(part, Blanks):
            out += b" ++"
        elif part.width:
            out += b".{%d}" % part.width
        elif not text or (raw and number + 1 == len(parts)):  # to the line's end, or to the text that ends it
            out += b".*"
        elif not raw and _quoted(parts, number - 1):
            out += rb'[^"\\]*+(?:\\.[^"\\]*+)*+'
        elif part.listed:
            out += rb"(?>.*?(?<!,)(?<! :)(?=" + re.escape(text) + rb")(?! : ))"
        else:
            out += rb"(?>.*?(?=" + re.escape(text) + rb"))"
    return out


def _following(parts: Sequence[Part], number: int) -> bytes:
    """The fixed text behind a part; empty where the line ends."""
    following = parts[number + 1] if number + 1 < len(parts) else b""
    return following if isinstance(following, bytes) else b" "


def _quoted(parts: Sequence[Part], number: int) -> bool:
    before = parts[number - 1] if number else b""
    return isinstance(before, bytes) and before.endswith(b'"') and _following(parts, number).startswith(b'"')


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
        if isinstance(part, Blanks):
            behind = _behind_blanks(lines, at)
            fits &= behind > at
            at = behind
            continue
        end = _end(lines, at, fits, (layout, number), marks)
        fits &= end >= 0
        end = np.where(fits, end, at)
        spans.starts[place], spans.ends[place] = at, end
        at, place = end, place + 1
    fits &= at == lines.ends
    if layout.raw:
        fits &= _unambiguous(lines, layout)
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


def _behind_blanks(lines: Lines, at: Int64s) -> Int64s:
    last = max(len(lines.data) - 1, 0)
    out = at.copy()
    for _ in range(MOST_BLANKS):
        blank = (out < lines.ends) & (lines.data[np.minimum(out, last)] == _SPACE)
        if not blank.any():
            break
        out = out + blank
    return out


def _unambiguous(lines: Lines, layout: LineLayout) -> Bools:
    """Where `" "` stands as often as the layout has it."""
    meant = sum(part.count(_BETWEEN) for part in layout.parts if isinstance(part, bytes))
    found = np.flatnonzero(stands(lines.data, np.arange(len(lines.data)), _BETWEEN))
    return np.asarray(np.searchsorted(found, lines.ends) - np.searchsorted(found, lines.starts) == meant)


def _end(lines: Lines, at: Int64s, fits: Bools, where: tuple[LineLayout, int], marks: Marks) -> Int64s:
    """Where a value ends that begins at `at`: -1 where the text that should follow does not come."""
    layout, number = where
    parts = layout.parts
    value, text = parts[number], _following(parts, number)
    assert isinstance(value, Value)
    if value.width:
        return np.where(at + value.width <= lines.ends, at + value.width, -1)
    if not text:
        return lines.ends
    if layout.raw and number + 2 == len(parts):
        end = lines.ends - len(text)
        return np.where((end >= at) & stands(lines.data, np.maximum(end, 0), text), end, -1)
    if not layout.raw and _quoted(parts, number):
        end = marks.next_quote(at)
        return np.where(stands(lines.data, end, text) & (end + len(text) <= lines.ends), end, -1)
    out, start = np.full(len(at), -1, np.int64), at.copy()
    rows = np.flatnonzero(fits)
    for _ in range(TRIES):
        end = marks.next(text[0], start[rows])
        inside = end + len(text) <= lines.ends[rows]
        hit = inside & stands(lines.data, end, text)
        if value.listed:
            hit &= ~_in_list(lines, end)
        out[rows[hit]] = end[hit]
        start[rows] = end + 1
        rows = rows[inside & ~hit]
        if not len(rows):
            break
    return out


def _in_list(lines: Lines, at: Int64s) -> Bools:
    """Where what stands at `at` parts two values of one list: behind a comma, or on either side of a colon."""
    data, last = lines.data, max(len(lines.data) - 1, 0)
    before, earlier, here, then = (data[np.clip(at + step, 0, last)] for step in (-1, -2, 1, 2))
    colon = (before == _COLON) & (earlier == _SPACE)
    return np.asarray((before == _COMMA) | colon | ((here == _COLON) & (then == _SPACE)))


def keeping(sample: Sequence[bytes], layouts: Sequence[LineLayout]) -> list[bool]:
    """Which of some lines fit one of the layouts."""
    found = [False] * len(sample)
    for layout in layouts:
        rows = [row for row, text in enumerate(sample) if not found[row] and layout.skeleton.fullmatch(text)]
        if rows:
            _, fits = fitting(_as_lines([sample[row] for row in rows]), layout)
            for row in np.flatnonzero(fits).tolist():
                found[rows[row]] = True
    return found


def _as_lines(texts: Sequence[bytes]) -> Lines:
    data = np.frombuffer(b"".join(text + b"\n" for text in texts), np.uint8)
    lengths = np.array([len(text) + 1 for text in texts], np.int64)
    starts = np.cumsum(lengths) - lengths
    return Lines(data, starts, starts + lengths - 1, np.arange(1, len(texts) + 1), starts, lengths)


def read(page: Page, layouts: Sequence[LineLayout], quality: int = FAST) -> Taken:
    """The lines of a page that fit one of the layouts, the first that fits; `quality` says how well they are read by these."""
    taken = np.zeros(len(page.lines), np.bool_)
    batches = []
    for layout in layouts:
        left = np.flatnonzero(~taken)
        if not len(left):
            break
        part = page.take(left)
        spans, fits = fitting(part.lines, layout)
        own = np.flatnonzero(fits)
        if not len(own):
            continue
        taken[left[own]] = True
        own_page = part.take(own)
        cut = Spans(own_page.lines, spans.starts[:, own], spans.ends[:, own], np.zeros(len(own), np.bool_))
        batches.append(rows(own_page, layout, cut, quality))
    return Taken(taken, tuple(batches))


def rows(page: Page, layout: LineLayout, spans: Spans, quality: int = FAST) -> pa.RecordBatch:
    """The batch of a page whose lines all fit the layout; `spans` says where its values lie."""
    remarks = Remarks(len(page.lines))
    spans.repair(np.flatnonzero(page.high))
    remarks.mark(page.control, "control-bytes")
    remarks.mark(spans.invalid, "bad-encoding")
    remarks.mark(page.lines.unterminated(), "no-line-end")
    remarks.mark(np.full(len(page.lines), quality == LOOSE), "loose")
    table = Table(page, spans, remarks)
    for place, value in enumerate(layout.values):
        value.kind.fill(table, place, value.column, value.own)
    return table.batch(
        layout.family, layout.event, layout.time_desc, layout.protocol, np.full(len(page.lines), quality)
    )
