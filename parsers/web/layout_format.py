"""A format whose lines all keep to layouts that are data: what most formats are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from parsers.web.fields import LOOSE
from parsers.web.formats import Page, Taken
from parsers.web.line_layout import LineLayout, keeping, read

NEAR = 4 << 20  # bytes of lines that are read at a time


@dataclass(frozen=True, slots=True)
class LayoutFormat:
    """Lines that fit one of the layouts to the byte, the first that fits; all layouts are of one family.

    `damaged`: what can still be cut of lines that fit none, the rest in `extra`. `hint`: what is found in every such line and in few
    others; it is asked first, as every block's sample is shown to every format.
    """

    name: str
    layouts: tuple[LineLayout, ...]
    hint: re.Pattern[bytes] | None = None
    damaged: tuple[LineLayout, ...] = ()

    @property
    def family(self) -> str:
        return self.layouts[0].family

    def sniff(self, sample: Sequence[bytes], state: Mapping[str, object]) -> Sequence[bool | None]:
        """Lines that fit."""
        found: list[bool | None] = [False] * len(sample)
        rows = [row for row, line in enumerate(sample) if self.hint is None or self.hint.search(line)]
        for row, fits in zip(rows, keeping([sample[row] for row in rows], self.layouts), strict=True):
            found[row] = fits
        return found

    def read(self, page: Page) -> Taken:
        """Lines that fit, as rows."""
        return Taken.of_parts([read(part, self.layouts) for part in page.parts(NEAR)])

    def rescue(self, page: Page) -> Taken:
        """Lines whose beginning fits, as loose rows."""
        return read(page, self.damaged, LOOSE) if self.damaged else Taken.none(page)
