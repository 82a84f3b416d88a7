"""Texts that repeat stand for the same texts written out."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from timelines.detection.repeated import Repeated, firsts, paired, ranked

TEXTS = st.lists(st.sampled_from(["a", "b", "", None]))


@given(st.lists(TEXTS), st.data())
def test_one_after_the_other_and_taken(pieces: list[list[str | None]], data: st.DataObject) -> None:
    joined = Repeated.joined([Repeated.of(piece) for piece in pieces])
    plain = [text for piece in pieces for text in piece]
    assert list(joined) == [joined[at] for at in range(len(joined))] == plain
    assert len(set(joined.distinct)) == len(joined.distinct)
    if plain:
        places = data.draw(st.lists(st.integers(0, len(plain) - 1)))
        assert list(joined.take(np.array(places, np.int64))) == [plain[at] for at in places]
        assert list(joined[1:]) == plain[1:]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("abc"))))
def test_pairs(both: list[tuple[str, str]]) -> None:
    which, pairs = paired(Repeated.of(a for a, _ in both), Repeated.of(b for _, b in both))
    assert [pairs[at] for at in which.tolist()] == both
    assert len(set(pairs)) == len(pairs)


@given(st.lists(st.integers(-1, 40), min_size=1), st.integers(41, 900))
def test_codes_that_occur(codes: list[int], count: int) -> None:
    used, which = ranked(np.array(codes), count)
    assert used.tolist() == sorted(set(codes))
    assert used[which].tolist() == codes
    assert [codes[at] for at in firsts(which, len(used)).tolist()] == used.tolist()
    assert all(codes.index(codes[at]) == at for at in firsts(which, len(used)).tolist())
