"""Text columns as places in a dictionary."""

from __future__ import annotations

import pyarrow as pa

from timelines.coded import CODED, compact, constant, nothing, plain


def coded(places, words):
    return pa.DictionaryArray.from_arrays(pa.array(places, pa.int32()), pa.array(words, pa.string()))


def test_a_constant_and_nothing_are_coded_at_any_length():
    for count in (0, 1, 3, 1024, 1025, 5000):
        assert constant("a", count).to_pylist() == ["a"] * count
        assert nothing(count).to_pylist() == [None] * count
        assert constant("a", count).type == nothing(count).type == CODED


def test_the_same_constant_shares_its_dictionary():
    assert constant("b", 2).dictionary.buffers()[1].address == constant("b", 9).dictionary.buffers()[1].address


def test_compact_keeps_the_texts_that_are_used_in_order_of_appearance():
    column = compact(coded([3, None, 1, 3], ["a", "b", "c", "d"]))
    assert column.to_pylist() == ["d", None, "b", "d"]
    assert column.dictionary.to_pylist() == ["d", "b"]


def test_plain_is_the_text():
    assert plain(coded([1, None, 0], ["a", "b"])).to_pylist() == ["b", None, "a"]
    assert plain(pa.array(["x"])).to_pylist() == ["x"]


def test_compact_of_a_column_that_says_one_thing_or_nothing():
    column = compact(coded([2] * 5, ["a", "b", "c"]))
    assert (column.to_pylist(), column.dictionary.to_pylist()) == (["c"] * 5, ["c"])
    column = compact(coded([None, 2, None, 2], ["a", "b", "c"]))
    assert (column.to_pylist(), column.dictionary.to_pylist()) == ([None, "c", None, "c"], ["c"])
    column = compact(coded([None, None], ["a", "b"]))
    assert (column.to_pylist(), column.type) == ([None, None], CODED)
    assert compact(coded([], ["a", "b"])).to_pylist() == []
