"""Counts over time as one line of blocks, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
MOST_MARKS, LEAST_MARKS = 60, 20  # of a line
_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
# Widths of a mark that people can think in, in seconds.
WIDTHS = (
    *(_MINUTE * n for n in (1, 5, 15, 30)),
    *(_HOUR * n for n in (1, 2, 3, 6, 12)),
    *(_DAY * n for n in (1, 2, 7, 14, 30, 60, 90, 180, 365)),
)


def mark_width(seconds: float, marks: int) -> int:
    """Seconds that one mark stands for, so that a span of so many seconds takes no more than `marks`."""
    for width in WIDTHS:
        if seconds < width * (marks - 1):
            return width
    years = int(seconds // (WIDTHS[-1] * (marks - 1))) + 1
    return years * WIDTHS[-1]


def sparkline(counts: Sequence[int]) -> str:
    """One block a count, the highest eight eighths high; ` ` where there is none, at least one eighth where there is some."""
    top = max(counts, default=0)
    return "".join(BLOCKS[max((8 * n + top - 1) // top - 1, 0)] if n > 0 else " " for n in counts)
