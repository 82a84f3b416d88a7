"""Evidence text in spreadsheet cells: visible, and no formula runs whatever the program's separator.

A CSV file is opened by people as well as by programs, and a spreadsheet whose locale separates by semicolons (French, Arabic) cuts
our cells at every `;` in them: what follows must not begin a formula either.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from timelines.visible import INVISIBLE, neutral_cell, neutral_sentence

_WIDE = "＝＋－＠"  # East Asian spreadsheets take the full-width signs as well
_AFTER_SEPARATOR = re.compile(r"(;\"?)(?=[=+\-@＝＋－＠])")
# A text without any of these is fit for a cell as it is (RE2, which knows no surrogates: Arrow's text holds none).
_TO_LOOK_AT = rf"^[=+\-@{_WIDE}]|;|" + INVISIBLE.pattern.replace("\ud800-\udfff", "")


def cell(text: str) -> str:
    """One value for a cell of a workbook."""
    return _narrow(neutral_cell(text))


def sentence(text: str) -> str:
    """One of our sentences, with values in it, for a cell of a workbook."""
    return _narrow(neutral_sentence(text))


def comma_cell(text: str) -> str:
    """One value for a cell of a CSV file."""
    return _AFTER_SEPARATOR.sub(r"\1'", cell(text))


def comma_sentence(text: str) -> str:
    """One of our sentences for a cell of a CSV file."""
    return _AFTER_SEPARATOR.sub(r"\1'", sentence(text))


def column(values: pa.ChunkedArray, make: Callable[[str], str] = cell) -> pa.ChunkedArray:
    """A text column through `make`, which is asked once for each distinct value; one of ours only for those that it may change."""
    encoded = values.combine_chunks().dictionary_encode()
    texts = encoded.dictionary.cast(pa.large_string())
    if make in (cell, sentence, comma_cell, comma_sentence):
        asked = pc.match_substring_regex(texts, _TO_LOOK_AT)
        changed = [make(text) for text in texts.filter(asked).to_pylist()]
        made = pc.replace_with_mask(texts, asked, pa.array(changed, pa.large_string()))
    else:
        made = pa.array([None if text is None else make(text) for text in texts.to_pylist()], pa.large_string())
    return pa.chunked_array([made.take(encoded.indices)])


def _narrow(text: str) -> str:
    return f"'{text}" if text.startswith(tuple(_WIDE)) else text
