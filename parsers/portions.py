"""How a large file is shared out: large portions first, small ones at its end, so that workers come to the end together."""

from __future__ import annotations

SHARE = 6  # a portion is no more than this share of what is left


def portion(left: int, most: int, least: int) -> int:
    """How many bytes the next portion is to have, of so many that are `left`. It hangs on the file alone, not on who reads it."""
    return min(most, left if 2 * left < 3 * least else max(least, left // SHARE))
