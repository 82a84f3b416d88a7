"""Damaged lines of many blocks, read together: a log has a few in each, and a batch costs the same for ten lines as for a thousand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from parsers.copied import Cut, copied
from parsers.gather import Int64s
from parsers.web.formats import Format
from parsers.web.lines import Lines

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


def side_by_side(parts: Sequence[Lines]) -> Lines:
    """Lines of several blocks, in their order, as those of one."""
    if len(parts) == 1:
        return parts[0]
    shifts = np.cumsum([0, *(len(part.data) for part in parts[:-1])]).tolist()
    starts = [part.starts + shift for part, shift in zip(parts, shifts, strict=True)]
    ends = [part.ends + shift for part, shift in zip(parts, shifts, strict=True)]
    names = sorted({name for part in parts for name in part.marks})
    nowhere: Int64s = np.empty(0, np.int64)
    return Lines(
        np.concatenate([part.data for part in parts]),
        np.concatenate(starts),
        np.concatenate(ends),
        np.concatenate([part.numbers for part in parts]),
        np.concatenate([part.offsets for part in parts]),
        np.concatenate([part.lengths for part in parts]),
        max(part.bare for part in parts),
        {name: np.concatenate([part.marks.get(name, nowhere) for part in parts]) for name in names},
    )
