"""Bytes between lines: taken from those at hand, or from the stream, which gives the same."""

from __future__ import annotations

import numpy as np
import pytest

from parsers.network.protocols.lines import BLOCK, Lines, find_end, gather
from parsers.network.space import Space
from parsers.network.streams import Pieces, Stream

MARK = b"\r\n.\r\n"


def stream(data: bytes, gap: int = 0) -> Stream:
    """A stream in pieces of 700 bytes; `gap` bytes are lacking after the first."""
    starts = np.arange(0, len(data), 700)
    sizes = np.minimum(700, len(data) - starts)
    placed = starts + np.where(starts > 0, gap, 0)
    columns = np.stack([placed, sizes, starts, np.arange(len(starts))])
    return Stream(Pieces(Space(memoryview(data)), columns, np.array([0, len(starts), len(starts)])), 0)


@pytest.mark.parametrize("size", [10, 3_000, BLOCK - 6, BLOCK, 2 * BLOCK])
@pytest.mark.parametrize("gap", [0, 50])
def test_passages_are_the_same_from_lines_and_from_the_stream(size: int, gap: int) -> None:
    one = stream(b"+OK\r\n" + b"x" * size + MARK + b"+OK\r\n", gap)
    lines = Lines(one)
    line = lines.next()
    assert line is not None
    assert line.end == 5
    found = lines.find_end(line.end, MARK)
    assert found is not None
    assert found == find_end(one, line.end, MARK)
    passage, whole = lines.passage(line.end, found[0]), gather(one, [(line.end, found[0])], 1 << 20)
    assert (passage is None) == (size > BLOCK - 6 or bool(gap and size > 690))
    assert passage is None or passage == whole


def test_nothing_is_at_hand_of_what_lies_before_the_lines_or_is_empty() -> None:
    lines = Lines(stream(b"a\r\nb\r\n"), 3)
    assert lines.next() is not None
    assert lines.passage(0, 6) is None
    assert lines.passage(3, 3) is None
    assert lines.find_end(0, b"\r\n") == (1, 3)
