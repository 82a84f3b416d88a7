"""Whether bytes at two places of a file are the same, compared where they lie."""

from __future__ import annotations

from parsers.network.records import Bools, Bytes, Int64s
from timelines.compiled import compiled


def differing(buffer: Bytes, ranges: tuple[Int64s, Int64s, Int64s], rows: Int64s, out: Bools) -> None:
    """Set those of `out` at `rows` whose bytes are not the same. `ranges`: where each two begin, and how many bytes they have."""
    one, two, size = ranges
    _compare(buffer, one, two, size, rows, out)


@compiled
def _compare(buffer: Bytes, one: Int64s, two: Int64s, size: Int64s, rows: Int64s, out: Bools) -> None:
    for number in range(len(rows)):
        for step in range(size[number]):
            if buffer[one[number] + step] != buffer[two[number] + step]:
                out[rows[number]] = True
                break
