"""Columns of several shapes as one say what each of them says, one after the other."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from parsers.windows import tables
from parsers.windows.document import Slot
from parsers.windows.gathered import DIFFER, NONE
from parsers.windows.paths import Layout
from parsers.windows.tables import Said
from parsers.windows.words import Asked, Words

TEXTS = ["a", "b", "", "cc"]
STRING = 1
# a column of a shape: one text that its template says, nothing, the texts of its rows (None: null), or texts of its own
PIECE = st.one_of(
    st.sampled_from([*TEXTS, "elsewhere"]),
    st.none(),
    st.lists(st.sampled_from([*TEXTS, None]), min_size=1, max_size=4),
    st.tuples(st.lists(st.sampled_from(["own", "a"]), min_size=1, max_size=3)),
)


def made(pieces):
    """The words of a window that asked for these pieces, and the pieces as they are asked for, with how many rows each has."""
    asked, codes, starts, alike = [], [], [], []
    for piece in pieces:
        if isinstance(piece, list):
            said = [NONE if text is None else TEXTS.index(text) for text in piece]
            asked.append((Asked(STRING, len(piece), None not in piece, len(starts)), len(piece)))
            starts.append(len(codes))
            alike.append(said[0] if len(set(said)) == 1 else DIFFER)
            codes += said
        elif isinstance(piece, tuple):
            text = pa.array(piece[0], pa.string()).dictionary_encode()
            asked.append((Asked(STRING, len(piece[0]), text=text), len(piece[0])))
        else:
            asked.append((piece, 2))
    places = np.array(codes, np.int32)
    some = pa.array(np.maximum(places, 0), mask=places < 0)
    return Words(pa.array(TEXTS), starts, pa.array(np.maximum(places, 0)), some, {}, alike), asked


def expected(pieces):
    for piece in pieces:
        yield from piece if isinstance(piece, list) else piece[0] if isinstance(piece, tuple) else [piece] * 2


@given(st.lists(PIECE, min_size=1, max_size=4))
def test_pieces_together_say_what_each_says_alone(pieces):
    words, asked = made(pieces)
    alone = [text for said, rows in asked for text in words.column(said, rows).to_pylist()]
    assert alone == list(expected(pieces))
    together = words.together(asked)
    # texts of their own have no place among a window's words, nor has what only a template says
    outside = any(isinstance(piece, tuple) or piece == "elsewhere" for piece in pieces)
    if together is None:
        assert outside
    else:
        together.validate(full=True)
        assert together.to_pylist() == alone


@given(st.lists(PIECE, min_size=1, max_size=4))
def test_a_column_of_several_shapes_says_the_same_and_repeats_no_text(pieces):
    words, asked = made(pieces)
    shapes, texts = [], []
    for said, rows in asked:
        held = {0: said} if isinstance(said, Asked) else {}
        shapes.append(Said(Layout({}, ()), np.arange(rows), (), [held], {}))
        texts.append((Slot(0, STRING, 0),) if held else () if said is None else (said,))
    column = tables.column_of(shapes, texts, words)
    column.validate(full=True)
    assert column.to_pylist() == list(expected(pieces))
    texts = column.dictionary.to_pylist()
    assert len(texts) == len(set(texts)) <= len(TEXTS) + 2


@given(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3), st.sampled_from(TEXTS))
def test_what_is_always_said_is_known_without_a_look_at_rows(rows, text):
    words, ((many, _), (one, _), (nothing, _)) = made([rows, text, None])
    assert words.always(many) == (rows[0] if len(set(rows)) == 1 else DIFFER)
    assert (words.always(one), words.always(nothing)) == (text, None)
