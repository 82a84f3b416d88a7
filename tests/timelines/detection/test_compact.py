"""Texts of matches in Arrow arrays say what lists of them say."""

from __future__ import annotations

import numpy as np

from timelines.detection.repeated import Compact, Repeated


def test_pieces_joined_compactly_are_the_texts_one_after_the_other():
    pieces = [["a", "b", "a"], [], ["c", "a", "é\x00"], ["b"]]
    given = [Repeated.of(piece) for piece in pieces]
    whole = Repeated.compact([given[0], given[1], Repeated(Compact.of(given[2].distinct), given[2].codes), given[3]])
    assert list(whole) == [text for piece in pieces for text in piece]
    assert list(whole.distinct) == ["a", "b", "c", "é\x00"]
    assert list(whole.take(np.array([6, 0]))) == ["b", "a"]
    assert whole[5] == "é\x00"


def test_no_pieces_are_no_texts():
    assert list(Repeated.compact([])) == []
    assert list(Repeated.compact([Repeated.of([])])) == []


def test_texts_that_are_not_there_stay_so():
    given = [Repeated.of(piece).packed() for piece in ([None, "a"], [], ["b", None, "a"])]
    assert list(Repeated.compact(given)) == [None, "a", "b", None, "a"]
    assert given[0][0] is None
