"""A stream whose bytes lie side by side says all that it says where they lie apart."""

from __future__ import annotations

import numpy as np
import pytest

from parsers.network.space import Space
from parsers.network.streams import Pieces, Stream, _spans

SIZES = (3, 1, 4, 2)
DATA = bytes(range(65, 75))
STREAMS = {"from 0": 0, "from 7": 7}


def _streams(first: int) -> tuple[Stream, Stream]:
    """The same stream in one piece, and with a byte between its packets; an empty one stands before each."""
    sizes = np.array(SIZES)
    starts, packets = first + np.cumsum(sizes) - sizes, np.arange(10, 14)
    held = []
    for between in (0, 1):
        at = 5 + np.cumsum(sizes + between) - sizes - between
        raw = bytearray(b"." * 40)
        for place, start, size in zip(at.tolist(), (starts - first).tolist(), SIZES, strict=True):
            raw[place : place + size] = DATA[start : start + size]
        space, columns, bounds = (
            Space(memoryview(bytes(raw))),
            np.stack([starts, sizes, at, packets]),
            np.array([0, 0, 4]),
        )
        held.append(Pieces(space, columns, bounds, True, _spans(space, columns, bounds)))
    assert [one.spans[1] is None for one in held] == [False, True]
    return Stream(held[0], 1), Stream(held[1], 1)


@pytest.mark.parametrize("first", STREAMS.values(), ids=list(STREAMS))
def test_both_say_the_same(first: int) -> None:
    for after in (None, *range(-1, first + 12)):
        one, other = _streams(first)
        if after is not None:
            one, other = one.after(after), other.after(after)
        assert (one.begin, one.end) == (other.begin, other.end)
        for position in range(-2, first + 13):
            for count in range(-1, 13):
                assert one.read(position, count) == other.read(position, count), (after, position, count)
                assert one.held(position, position + count) == other.held(position, position + count)
            if one.end > one.begin:
                assert one.packet(position) == other.packet(position)
            assert one.piece(position, 3) == other.piece(position, 3)
            assert list(one.segments(position)) == list(other.segments(position))
            assert one.next_start(position) == other.next_start(position)


def test_what_is_asked_for_first_does_not_matter() -> None:
    for ask in ("packet", "piece", "held", "laid_out"):
        one, other = _streams(0)
        given = {"packet": (4,), "piece": (4, 9), "held": (1, 6), "laid_out": ()}[ask]
        found, known = getattr(one, ask)(*given), getattr(other, ask)(*given)
        if ask == "laid_out":
            (_, found), (_, known) = found, known
            found, known = found[[0, 1, 3]].tolist(), known[[0, 1, 3]].tolist()
        assert found == known
    with pytest.raises(AttributeError):
        one.nothing  # noqa: B018


def test_gaps_ends_and_fragments_are_not_in_one_piece() -> None:
    space, bounds = Space(memoryview(b"." * 20)), np.array([0, 2, 2, 3])
    for start, at, alone in ((3, 3, False), (4, 4, True), (3, 4, True), (2, 3, True)):
        columns = np.array([[0, start, 5], [3, 3, 2], [0, at, 9], [0, 1, 2]])
        spans = _spans(space, columns, bounds)
        assert (spans[0] is None) is alone
        assert spans[1:] == [(0, 0, 0), (5, 7, 4)]
    columns = np.array([[0], [3], [18], [0]])
    assert _spans(space, columns, np.array([0, 1])) == [None]  # its end lies in a datagram put together from fragments
