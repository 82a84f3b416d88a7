"""The W3C Extended Log Format of any other server: CloudFront (TAB between values), proxies, mail and cache servers that log requests.

`#Fields` says what the columns are. Times are UTC by the format's rule; `time-taken` counts seconds, in Blue Coat's SGOS milliseconds.
https://www.w3.org/TR/WD-logfile.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html
https://techdocs.broadcom.com/us/en/symantec-security-software/web-and-network-security/edge-swg/7-3/log-fields.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import pyarrow as pa

from parsers.gather import Bools, Int64s
from parsers.web.entry_days import entry_days
from parsers.web.formats import Page, State, Taken
from parsers.web.layouts import is_iis, is_web, layout
from parsers.web.line_layout import LineLayout, fitting, keeping, rows
from parsers.web.lines import Lines
from parsers.web.spans import Spans
from parsers.web.w3c_values import quoted_spans, w3c_layout

SHAPES_IN_BLOCK = 64  # different #Fields within one block
_DIRECTIVES = (b"#software", b"#version", b"#date", b"#fields", b"#start-date", b"#end-date", b"#remark")
_HASH, _QUOTE = ord("#"), ord('"')
_MISFIT = "does not fit the #Fields directive in force; counted as damaged"
_TOO_MANY = f"more than {SHAPES_IN_BLOCK} different #Fields directives close together; counted as damaged"
Shape = tuple[LineLayout, LineLayout]  # values with a space between them, and with a TAB


class W3cExtended:
    """Reader of `web/access` rows from W3C logs that are not IIS's. It keeps the last `#Software` and `#Fields` in the state."""

    name = "w3c"
    family = "web/access"
    begin = b"#"

    def sniff(self, sample: Sequence[bytes], state: Mapping[str, object]) -> Sequence[bool | None]:
        """Lines that fit a `#Fields` directive of requests, wherever it stands among them; directives prove nothing."""
        said, shapes = dict(state), list[Shape]()
        for line in [b"", *(line for line in sample if line[:1] == b"#")]:
            _note(line, said)
            shape = _shape(said)
            if shape is not None and shape not in shapes:
                shapes.append(shape)
        if not shapes:
            return [False] * len(sample)
        fits = keeping(sample, [one for shape in shapes[:SHAPES_IN_BLOCK] for one in shape])
        return [
            (None if line.lower().startswith(_DIRECTIVES) else False)
            if line[:1] == b"#"
            else fit or any(quoted_spans(line, one) is not None for one, _ in shapes[:SHAPES_IN_BLOCK])
            for line, fit in zip(sample, fits, strict=True)
        ]

    def carry(self, lines: Lines, state: State) -> None:
        """Note what the directives say."""
        for row in np.flatnonzero(lines.data[lines.starts] == _HASH).tolist():
            _note(lines.at(row), state)

    def read(self, page: Page) -> Taken:
        """Directives, and the lines that fit those in force."""
        entry_days(page.state).note(page.lines)
        taken, in_force, shapes = _by_shape(page)
        batches: list[pa.RecordBatch] = []
        for code, shape in enumerate(shapes[:SHAPES_IN_BLOCK]):
            for read in (_plain, _quoted):
                for one in shape if read is _plain else shape[:1]:
                    left = np.flatnonzero((in_force == code) & ~taken)
                    spans, fits = read(page.take(left).lines, one)
                    own = np.flatnonzero(fits)
                    if len(own):
                        taken[left[own]] = True
                        part = page.take(left[own])
                        cut = Spans(part.lines, spans.starts[:, own], spans.ends[:, own], np.zeros(len(own), np.bool_))
                        batches.append(rows(part, one, cut))
        left = np.flatnonzero((in_force >= 0) & ~taken)
        reasons = {row: _TOO_MANY if in_force[row] >= SHAPES_IN_BLOCK else _MISFIT for row in left.tolist()}
        return Taken(taken, tuple(batches), reasons)


def _note(line: bytes, state: State) -> None:
    start = line[:10].lower()
    if start == b"#software:":
        state["w3c-software"] = line.decode("utf-8", "replace")
    elif start[:8] == b"#fields:":
        state["w3c"] = line.decode("utf-8", "replace")


def _shape(state: Mapping[str, object]) -> Shape | None:
    return _shape_of(str(state.get("w3c", "")), str(state.get("w3c-software", "")))


@lru_cache(maxsize=256)
def _shape_of(directive: str, software: str) -> Shape | None:
    """Both layouts that a directive may mean; None where it is not of requests, or is IIS's."""
    fields = layout(directive)
    if fields is None or not is_web(fields.names) or is_iis(fields, software):
        return None
    milliseconds = "sgos" in software.lower()
    return w3c_layout(fields.names, b" ", milliseconds), w3c_layout(fields.names, b"\t", milliseconds)


def _by_shape(page: Page) -> tuple[Bools, Int64s, list[Shape]]:
    """Which lines are directives of this format; for each other line the number of its shape, -1 where none is in force; the shapes.

    What stands before a `#Fields` that is IIS's is left to IIS's reader.
    """
    lines = page.lines
    own, in_force = np.zeros(len(lines), np.bool_), np.full(len(lines), -1, np.int64)
    shapes: dict[Shape, int] = {}
    begin, current = 0, _shape(page.state)
    waiting: list[int] = []
    for row in [*np.flatnonzero(lines.data[lines.starts] == _HASH).tolist(), len(lines)]:
        if current is not None:
            in_force[begin:row] = shapes.setdefault(current, len(shapes))
        begin = row + 1
        if row == len(lines):
            break
        line = lines.at(row).lower()
        if line.startswith(_DIRECTIVES):
            waiting.append(row)
        _note(lines.at(row), page.state)
        if line.startswith(b"#fields:"):
            current = _shape(page.state)
            own[waiting] = current is not None
            waiting = []
    own[waiting] = current is not None
    return own, in_force, list(shapes)


def _plain(lines: Lines, one: LineLayout) -> tuple[Spans, Bools]:
    """Lines without quotes before values; where a TAB stands between these, quotes are text."""
    spans, fits = fitting(lines, one)
    if b"\t" in one.parts:
        return spans, fits
    quotes = np.flatnonzero(lines.data == _QUOTE)
    opening = quotes[np.isin(lines.data[np.maximum(quotes - 1, 0)], (32, 10))]
    held = np.searchsorted(opening, lines.ends) > np.searchsorted(opening, lines.starts)
    return spans, fits & ~held


def _quoted(lines: Lines, one: LineLayout) -> tuple[Spans, Bools]:
    """Lines some of whose values are quoted, one by one: the quotes are not part of the values."""
    spans, fits = Spans.empty(lines, len(one.values)), np.zeros(len(lines), np.bool_)
    for row in range(len(lines)):
        found = quoted_spans(lines.at(row), one)
        if found is not None:
            fits[row] = True
            start = int(lines.starts[row])
            spans.starts[:, row], spans.ends[:, row] = np.array(found, np.int64).T + start
    for place, value in enumerate(one.values):
        own = np.flatnonzero(fits)
        fits[own] = value.kind.fits(lines.data, spans.starts[place, own], spans.ends[place, own])
    return spans, fits


FORMAT = W3cExtended()
