"""What is written as TOML is read back the same by Python's own reader, whatever the text holds."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import toml

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(
    TEXT, st.integers(-(2**63), 2**63 - 1), st.lists(TEXT), st.lists(st.fixed_dictionaries({"id": TEXT, "text": TEXT}))
)
def test_reads_back_the_same(word: str, number: int, words: list[str], tables: list[dict[str, str]]) -> None:
    values = {"word": word, "number": number, "words": words, "tables": tables}
    assert tomllib.loads(toml.dump(values)) == values


def test_quotes_newlines_and_bidi_controls_are_escaped() -> None:
    hostile = 'a"\n\u202e[[questions]]\\'
    assert toml.dump({"title": hostile}) == 'title = "a\\"\\n\\u202E[[questions]]\\\\"\n'


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(ValueError, match=r"U\+DCE9"):
        toml.text("caf\udce9")


def test_a_truth_value_is_no_whole_number() -> None:
    with pytest.raises(TypeError, match="expected text, a whole number or a list"):
        toml.dump({"yes": True})
