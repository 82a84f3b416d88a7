"""Quotes around whole lines, as exports write them: `'…'`, `"…"`, and CSV's `"…"`, in which each quote of the line is doubled.

https://www.rfc-editor.org/rfc/rfc4180 section 2, points 5 to 7
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from parsers.gather import Int64s
from parsers.web.lines import Lines

REMARK = "outer-quotes"
_QUOTED = np.isin(np.arange(256), list(b"\"'"))  # first bytes of lines in quotes
_BEHIND = b",;"  # the empty cells of a table that follow the line's own
_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_QUOTE_RUNS = re.compile(rb'"++')


@dataclass(frozen=True, slots=True)
class Unquoted:
    """Lines of a block without the quotes around them. `rows`: which they are, ascending."""

    rows: Int64s
    lines: Lines


def opened(begin: bytes) -> tuple[bytes, ...]:
    """What a line may begin with whose text begins with `begin`."""
    return begin, b'"' + begin, b"'" + begin


def unquoted(line: bytes) -> tuple[bytes, bool] | None:
    """The text between a line's outer quotes, doubled ones in it made single; None where they do not pair: one stray quote before a line is
    left to the line's own format. And whether it surely is quoted: quotes in it are doubled, or those around it are single."""
    quote = line[:1]
    cell = line.rstrip(_BEHIND)
    if quote not in (b'"', b"'") or len(cell) < 3 or cell[-1:] != quote:
        return None
    text = cell[1:-1]
    if quote == b"'":
        return text, True
    inner = _QUOTE_RUNS.findall(text)
    if inner and all(len(run) % 2 == 0 for run in inner):
        return text.replace(b'""', b'"'), True
    if _ESCAPED.sub(b"", text).count(b'"') % 2:
        return None
    return text, False


def unquoted_lines(lines: Lines, sure: bool | None = None) -> Unquoted | None:
    """The lines that stand in quotes, all or those that (do not) surely do; None where there are none."""
    first = lines.data[np.minimum(lines.starts, len(lines.data) - 1)] if len(lines) else lines.data[:0]
    held = {row: unquoted(lines.at(row)) for row in np.flatnonzero(_QUOTED[first]).tolist()}
    found = {row: one[0] for row, one in held.items() if one is not None and sure in (None, one[1])}
    if not found:
        return None
    data = np.frombuffer(b"\n".join(found.values()) + b"\n", np.uint8)
    edges = np.cumsum([len(text) + 1 for text in found.values()])
    starts = np.concatenate((np.zeros(1, np.int64), edges[:-1]))
    rows = np.array(list(found), np.int64)
    part = lines.take(rows)
    marks = {**lines.marks, REMARK: part.offsets}
    return Unquoted(rows, Lines(data, starts, edges - 1, part.numbers, part.offsets, part.lengths, lines.bare, marks))
