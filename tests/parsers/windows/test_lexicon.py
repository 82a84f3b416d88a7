"""The texts of a window: each rendered once, and columns as places in one dictionary."""

from __future__ import annotations

import numpy as np

from parsers.windows.lexicon import Lexicon
from parsers.windows.typed import Window
from tests.parsers.windows.conftest import noted


def held(columns):
    """A visit, and values of several columns, (type, bytes) each, in file order: record after record."""
    count = len(columns[0])
    raw = [columns[at][row][1] for row in range(count) for at in range(len(columns))]
    sizes = np.array([len(one) for one in raw], np.int64)
    starts = np.cumsum(sizes) - sizes
    kinds = np.array([[kind for kind, _ in column] for column in columns], np.uint8)
    window = Window(np.frombuffer(b"".join(raw) + bytes(16), np.uint8), 0)
    return noted(window, starts, sizes, kinds.T.reshape(-1), len(columns))


def utf16(text):
    return (1, text.encode("utf-16-le"))


def test_a_text_stands_once_whatever_column_says_it():
    visit, level = held([[utf16("a"), utf16("b")], [utf16("b"), utf16("a")]])
    lexicon = Lexicon(visit)
    asked = lexicon.ask(level, [0, 1])
    words = lexicon.close()
    first, second = words.column(asked[0], asked[0].count), words.column(asked[1], asked[1].count)
    assert (first.to_pylist(), second.to_pylist()) == (["a", "b"], ["b", "a"])
    assert words.text.to_pylist() == ["a", "b"]
    assert first.dictionary.buffers()[1].address == second.dictionary.buffers()[1].address


def test_types_follow_each_other_in_the_dictionary():
    visit, level = held([[utf16("x"), utf16("y")], [(6, b"\1\0"), (6, b"\1\0")], [(14, b"\xaf"), (14, b"")]])
    lexicon = Lexicon(visit)
    asked = lexicon.ask(level, [0, 1, 2])
    words = lexicon.close()
    assert [words.column(asked[at], asked[at].count).to_pylist() for at in range(3)] == [
        ["x", "y"],
        ["1", "1"],
        ["AF", ""],
    ]
    assert words.text.to_pylist() == ["x", "y", "1", "AF", ""]


def test_a_value_that_is_null_in_every_record():
    visit, level = held([[(0, b""), (0, b"")]])
    lexicon = Lexicon(visit)
    asked = lexicon.ask(level, [0])
    assert lexicon.close().column(asked[0], 2).to_pylist() == [None, None]


def test_what_cannot_be_rendered_is_told_of_its_own_column_and_row():
    visit, level = held([[(19, b"\1\0"), (19, bytes(8))], [(19, bytes(8)), (19, b"\1\5")]])  # SIDs
    lexicon = Lexicon(visit)
    asked = lexicon.ask(level, [0, 1])
    lexicon.close()
    told = [[(row, at) for row, at, _ in asked[index].trouble] for index in (0, 1)]
    assert told == [[(0, 0)], [(1, 18)]]


def test_nothing_asked_is_no_words():
    assert Lexicon(held([[utf16("a")]])[0]).close().text.to_pylist() == []
