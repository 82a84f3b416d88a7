"""Whole numbers read by words: what Python's own reading says, for any bytes, wherever they lie."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from parsers.web.numerals import MOST_DIGITS, digits

NUMBERS = st.text("0123456789", max_size=MOST_DIGITS + 2).map(str.encode)
TEXTS = st.one_of(NUMBERS, st.binary(max_size=12), st.tuples(NUMBERS, st.binary(max_size=2)).map(b"".join))


@given(texts=st.lists(TEXTS, max_size=20))
def test_numbers_are_what_their_digits_say(texts: list[bytes]) -> None:
    ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
    starts = ends - np.array([len(text) for text in texts], np.int64)
    values, valid = digits(np.frombuffer(b"".join(texts), np.uint8), starts, ends)
    assert valid.tolist() == [text.isdigit() and len(text) <= MOST_DIGITS for text in texts]
    assert [value for value, good in zip(values.tolist(), valid, strict=True) if good] == [
        int(text) for text, good in zip(texts, valid, strict=True) if good
    ]
