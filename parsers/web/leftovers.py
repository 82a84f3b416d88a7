"""Damaged lines of many blocks, read together: a log has a few in each, and a batch costs the same for ten lines as for a thousand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from parsers.copied import Cut, copied
from parsers.web.formats import Format
from parsers.web.lines import Lines, side_by_side

FEW = 100  # lines that a block may leave to be held; of more, something else is the matter
MANY = 4_096  # lines that are held
HELD = 1 << 20  # bytes that are held, with one block's more


@dataclass(slots=True)
class Leftovers:
    """Lines that blocks of one `main` format left, and why no format took them, by row."""

    main: Format | None = None
    reasons: dict[int, str] = field(default_factory=dict)
    _held: list[Lines] = field(default_factory=list)
    _lines: int = 0
    _bytes: int = 0

    @property
    def enough(self) -> bool:
        return self._lines > MANY or self._bytes > HELD

    def add(self, main: Format, lines: Lines, reasons: Mapping[int, str]) -> None:
        """Hold lines of a block of the same main format, `reasons` by row."""
        self.main = main
        self.reasons.update((self._lines + row, reason) for row, reason in reasons.items())
        self._held.append(apart(lines))
        self._lines += len(lines)
        self._bytes += len(self._held[-1].data)

    def lines(self) -> Lines | None:
        """All of them, in order; None where there are none."""
        return side_by_side(self._held) if self._held else None


def apart(lines: Lines) -> Lines:
    """The same lines in bytes of their own."""
    text = copied(lines.data, Cut(lines.starts, lines.ends))
    _, bounds, data = text.buffers()
    edges = np.frombuffer(bounds, np.int32)[: len(lines) + 1].astype(np.int64)
    offsets = {name: np.intersect1d(places, lines.offsets) for name, places in lines.marks.items()}
    marks = {name: places for name, places in offsets.items() if len(places)}
    own = np.frombuffer(data, np.uint8)[: edges[-1]]
    return replace(lines, data=own, starts=edges[:-1], ends=edges[1:], marks=marks)
