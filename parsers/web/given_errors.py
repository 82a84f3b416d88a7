"""Error logs laid out as an `ErrorLogFormat` that the examiner gave; their times have no zone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parsers.web.error_directives import ErrorLayout
from parsers.web.formats import Page, Taken
from parsers.web.line_layout import LineLayout, Part, rows
from parsers.web.spans import Spans

FAMILY = "web/error"


@dataclass(frozen=True, slots=True)
class GivenErrorLog:
    """Lines that fit the layout, one by one."""

    name: str
    layout: ErrorLayout

    @property
    def family(self) -> str:
        return FAMILY

    def sniff(self, sample: Sequence[bytes], state: Mapping[str, object]) -> Sequence[bool | None]:
        """Lines that fit."""
        return [self._match(line) is not None for line in sample]

    def read(self, page: Page) -> Taken:
        """Lines that fit, as rows."""
        lines = page.lines
        fits = np.zeros(len(lines), np.bool_)
        places: list[tuple[int, list[tuple[int, int]]]] = []
        for row in range(len(lines)):
            found = self._match(lines.at(row))
            if found is not None:
                fits[row] = True
                places.append((int(lines.starts[row]), [found.span(n) for n in range(1, found.re.groups + 1)]))
        if not places:
            return Taken(fits)
        own = page.take(np.flatnonzero(fits))
        spans = Spans.empty(own.lines, len(self.layout.values))
        for row, (start, found_spans) in enumerate(places):
            for place, (begin, end) in enumerate(found_spans):
                if begin >= 0:
                    spans.starts[place, row], spans.ends[place, row] = start + begin, start + end
        return Taken(fits, (rows(own, self._table(), spans),))

    def _match(self, line: bytes) -> re.Match[bytes] | None:
        return next((found for one in self.layout.patterns if (found := one.fullmatch(line)) is not None), None)

    def _table(self) -> LineLayout:
        """The values in the form in which rows are made of them."""
        parts: list[Part] = []
        for value in self.layout.values:
            parts += [value, b" "]
        return LineLayout(FAMILY, "http.error", "Error logged", tuple(parts))
