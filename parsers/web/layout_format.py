"""A format whose lines all keep to layouts that are data: what most formats are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from parsers.web.formats import Page, Taken
from parsers.web.line_layout import LineLayout, keeping, read


@dataclass(frozen=True, slots=True)
class LayoutFormat:
    """Lines that fit one of the layouts to the byte, the first that fits; all layouts are of one family."""

    name: str
    layouts: tuple[LineLayout, ...]

    @property
    def family(self) -> str:
        return self.layouts[0].family

    def sniff(self, sample: Sequence[bytes], state: Mapping[str, object]) -> Sequence[bool | None]:
        """Lines that fit."""
        return keeping(sample, self.layouts)

    def read(self, page: Page) -> Taken:
        """Lines that fit, as rows."""
        return read(page, self.layouts)
