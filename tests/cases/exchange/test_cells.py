"""A column of cells is what each of its texts becomes alone, however few of them are looked at."""

from __future__ import annotations

import re
from collections.abc import Callable

import pyarrow as pa
import pytest

from cases.exchange import cells
from timelines.visible import INVISIBLE

SPECIAL = {ord(char) for char in "=+-@;'\" 0a,\t\n\\/\u2066\u2069＝＋－＠"}
EDGES = {
    code + step
    for code in [match.start() for match in INVISIBLE.finditer("".join(map(chr, range(0xE1000))))]
    for step in (-1, 0, 1)
    if code < 0xE0000 or code % 64 == 0
}
LETTERS = [chr(code) for code in sorted(SPECIAL | EDGES) if code >= 0 and not 0xD800 <= code <= 0xDFFF]
SHAPES = ("{}", "a{}", "{}1", "a;{}", "={}", '{};"=1', "-{}", "\u2066{}\u2069")


@pytest.mark.parametrize("make", [cells.cell, cells.sentence, cells.comma_cell, cells.comma_sentence])
def test_a_column_is_what_each_text_becomes_alone(make: Callable[[str], str]) -> None:
    texts = [None, "", *(shape.format(letter) for shape in SHAPES for letter in LETTERS)]
    made = cells.column(pa.chunked_array([texts, texts[::-1]], pa.string()), make).to_pylist()
    each = [None if text is None else make(text) for text in texts]
    assert made == [*each, *each[::-1]]
    assert sum(old != new for old, new in zip(texts, each, strict=True)) > 1_000


def test_texts_that_another_changes_are_all_asked() -> None:
    column = pa.chunked_array([["x", "y", None, "x"]], pa.string())
    assert cells.column(column, lambda text: re.sub("x", "z", text)).to_pylist() == ["z", "y", None, "z"]
