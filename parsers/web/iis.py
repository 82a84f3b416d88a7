"""W3C logs of IIS and http.sys: `#Fields` says what the columns are, and may say so anew at any line.

A `-` is "nothing"; IIS writes `+` for a space in headers, and neither is altered here. Times are UTC, and are those of the log entry.
https://learn.microsoft.com/en-us/windows/win32/http/w3c-logging
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np

from parsers.base import Batch, Evidence, Output, Slice
from parsers.web.layouts import Layout, is_web, layout
from parsers.web.lines import BLOCK, BOM, Lines, pieces, read_lines, unreadable
from parsers.web.scan import Marks, odd_lines
from parsers.web.sections import Section

FAMILY = "web/access"
SAMPLE_LINES = 50
LAYOUTS_IN_BLOCK = 64  # different #Fields within one block; a server restarts with the same ones
_DIRECTIVES = (b"#software", b"#version", b"#date", b"#fields", b"#start-date", b"#end-date", b"#remark")
_MICROSOFT = b"#software: microsoft "
_HASH, _SPACE = ord("#"), ord(" ")
_TOO_MANY = f"more than {LAYOUTS_IN_BLOCK} different #Fields directives within {BLOCK >> 20} MB; counted as damaged"
_NO_FIELDS = "no #Fields directive before this line says what its columns are; counted as damaged"


class IisLog:
    """Reader of `web/access` rows from IIS and http.sys logs in the W3C format."""

    name = "iis-w3c"

    def accepts(self, head: bytes, name: str) -> bool:
        """A `#Fields` directive of Microsoft's naming web fields; where lines follow, half of the first ones have as many fields."""
        text = head.removeprefix(BOM).lstrip(b"\0")
        lines = [line.removesuffix(b"\r") for line in text.split(b"\n")]
        complete = lines[:-1] if len(lines) > 1 else lines
        declared = next((line for line in complete if line.lower().startswith(b"#fields:")), None)
        shape = layout(declared.decode("utf-8", "replace")) if declared is not None else None
        if shape is None or not is_web(shape.names):
            return False
        lower = text.lower()
        if _MICROSOFT not in lower and shape.index("sc-win32-status") < 0 and shape.index("s-sitename") < 0:
            return False
        shapes = {len(shape.names)}
        sample = [line for line in complete if line.strip(b"\0 ") and line[:1] != b"#"][:SAMPLE_LINES]
        for line in complete:
            if line.lower().startswith(b"#fields:"):
                shapes.add(len(line.split()) - 1)
        return not sample or 2 * sum(line.count(b" ") + 1 in shapes for line in sample) >= len(sample)

    def slices(self, evidence: Evidence) -> list[Slice]:
        """Pieces of about 64 MiB that begin at a line and know the `#Fields` in force there (`context["fields"]`)."""
        cuts = pieces(evidence)
        if len(cuts) < 2:
            return cuts
        found = cuts[:1]
        fields = ""
        for piece, following in pairwise(cuts):
            for item in read_lines(evidence, piece):
                if isinstance(item, Lines):
                    for row in np.flatnonzero(item.data[item.starts] == _HASH).tolist():
                        line = item.at(row)
                        if line[:8].lower() == b"#fields:":
                            fields = line.decode("utf-8", "replace")
            found.append(replace(following, context={**following.context, "fields": fields}))
        return found

    def parse(self, evidence: Evidence, piece: Slice) -> Iterator[Output]:
        """Rows, problems and accounts of the lines in a piece."""
        current = layout(str(piece.context.get("fields", "")))
        for item in read_lines(evidence, piece):
            if isinstance(item, Lines):
                current = yield from _read(evidence, item, current)
            else:
                yield item


def _read(evidence: Evidence, lines: Lines, current: Layout | None) -> Generator[Output, None, Layout | None]:
    """Read one block under the layouts in force; returns the layout in force at its end."""
    reasons: dict[int, str] = {}
    known: dict[Layout, int] = {}
    in_force = np.full(len(lines), -1, np.int64)
    directives = np.zeros(len(lines), np.bool_)
    begin = 0
    for row in [*np.flatnonzero(lines.data[lines.starts] == _HASH).tolist(), len(lines)]:
        if current is not None and row > begin:
            in_force[begin:row] = known.setdefault(current, len(known))
        begin = row + 1
        if row == len(lines):
            break
        line = lines.at(row)
        if not line.lower().startswith(_DIRECTIVES):
            reasons[row] = "a # that begins no W3C directive; counted as damaged"
            continue
        directives[row] = True
        if line[:8].lower() == b"#fields:":
            current = layout(line.decode("utf-8", "replace"))
    if directives.any():
        yield lines.account("read", directives)
    data_lines = ~directives & (lines.data[lines.starts] != _HASH)
    reasons.update(dict.fromkeys(np.flatnonzero(data_lines & (in_force < 0)).tolist(), _NO_FIELDS))
    crowded = dict.fromkeys(np.flatnonzero(data_lines & (in_force >= LAYOUTS_IN_BLOCK)).tolist(), _TOO_MANY)
    reasons.update(crowded)
    marks = Marks.of(np.flatnonzero(lines.data == _SPACE), lines)
    odd = odd_lines(lines)
    for shape, code in list(known.items())[:LAYOUTS_IN_BLOCK]:
        rows = np.flatnonzero(data_lines & (in_force == code))
        if len(rows):
            yield from _section(evidence, Section(lines, rows, shape, marks, odd), reasons)
    yield from unreadable(evidence, lines, reasons)
    return current


def _section(evidence: Evidence, section: Section, reasons: dict[int, str]) -> Iterator[Output]:
    """The rows of the lines under one layout; `reasons` takes those that do not fit it."""
    rows, misfits = section.fitting()
    reasons.update(misfits)
    if not len(rows):
        return
    lines = section.lines
    mask = np.zeros(len(lines), np.bool_)
    mask[rows] = True
    yield lines.account("read", mask)
    yield Batch(FAMILY, section.batch(rows))


PARSER = IisLog()
