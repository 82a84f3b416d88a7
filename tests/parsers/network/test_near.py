"""Streams in tiny segments: reads are those of the same stream in large ones, and each byte is laid together a few times at most."""

from __future__ import annotations

from itertools import pairwise
from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.network import near, streams
from parsers.network.space import Space
from parsers.network.streams import Pieces, Stream

SIZE = 9_000
TEXT = bytes(np.random.default_rng(1).integers(0, 256, SIZE, np.uint8))


def _stream(cuts: list[int], gaps: dict[int, int], reassembled: bool = False) -> tuple[Stream, bytes, list[int]]:
    """A stream whose bytes lie backwards in a file, piece by piece; `gaps`: bytes missing before a piece. Returns its positions, too."""
    bounds = [0, *sorted(set(cuts)), SIZE]
    pieces = [(a, b - a) for a, b in pairwise(bounds)]
    file = b"".join(TEXT[at : at + length] for at, length in reversed(pieces))
    space = Space(memoryview(file[: len(file) // 2] if reassembled else file))
    start, at, shift = [], [], 0
    for number, (begin, length) in enumerate(pieces):
        shift += gaps.get(number, 0)
        start.append(begin + shift)
        at.append(SIZE - begin - length)
    if reassembled:
        at = [space.add(TEXT[begin : begin + length]) for begin, length in pieces]
    columns = np.array([start, [length for _, length in pieces], at, range(len(pieces))], np.int64)
    held = Pieces(space, columns, np.array([0, len(pieces)]))
    whole = bytearray(start[-1] + pieces[-1][1])
    holes = np.ones(len(whole), np.bool_)
    for begin, (source, length) in zip(start, pieces, strict=True):
        whole[begin : begin + length] = TEXT[source : source + length]
        holes[begin : begin + length] = False
    return Stream(held, 0), bytes(whole), np.flatnonzero(holes).tolist()


def _expected(whole: bytes, holes: list[int], position: int, count: int) -> bytes:
    stop = min([hole for hole in holes if hole >= position], default=len(whole))
    return whole[position : min(position + count, stop)]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, SIZE + 200), st.integers(0, 5_000)), min_size=1, max_size=20),
    st.dictionaries(st.integers(1, 4_000), st.integers(1, 60), max_size=3),
    st.booleans(),
)
def test_reads_are_those_of_the_same_bytes_in_one_piece(
    reads: list[tuple[int, int]], gaps: dict[int, int], reassembled: bool
) -> None:
    stream, whole, holes = _stream(list(range(1, SIZE, 2)), gaps, reassembled)
    with patch.object(near, "SHORTEST", 700):
        for position, count in reads:
            assert stream.read(position, count) == _expected(whole, holes, position, count), (position, count)


def test_a_reader_that_goes_on_slowly_lays_each_byte_together_a_few_times() -> None:
    stream, whole, _ = _stream(list(range(1, SIZE)), {})
    laid = []

    def counted(*asked: object) -> near.Near:
        found = near.laid(*asked)  # type: ignore[arg-type]
        laid.append(len(found.data))
        return found

    with patch.object(streams, "laid", counted), patch.object(near, "SHORTEST", 700):
        for position in range(0, SIZE, 10):
            assert stream.read(position, 500) == whole[position : position + 500]
    assert 0 < sum(laid) < 4 * SIZE


def test_large_pieces_are_not_kept() -> None:
    stream, whole, _ = _stream(list(range(200, SIZE, 200)), {})
    with patch.object(streams, "laid", side_effect=AssertionError):
        assert stream.read(0, SIZE) == whole


def test_what_goes_on_after_an_upgrade() -> None:
    stream, whole, _ = _stream(list(range(1, SIZE)), {})
    assert stream.read(0, 5_000) == whole[:5_000]
    assert stream.after(1_003).read(0, 5_000) == whole[1_003:6_003]
