"""Eight bytes as one number: compiled and plain say the same, and neither reads or writes outside the array."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from timelines.compiled import compiled
from timelines.words_at import WORD, put_word, word


@compiled
def _said(data, at):
    return word(data, at)


@compiled
def _unsigned(data, at):
    return word(data, np.uint64(at))


@compiled
def _put(out, at, number):
    put_word(out, at, number)


@given(st.binary(min_size=0, max_size=24), st.integers(-12, 30), st.integers(0, 2**64 - 1))
@example(bytes(WORD), 0, 2**64 - 1)
@example(bytes(WORD), 1, 0)
@example(b"", 0, 0)
def test_compiled_and_plain_write_the_same_bytes_and_none_outside(raw, at, number):
    inside = 0 <= at <= len(raw) - WORD
    for write in (put_word, _put):
        out = np.frombuffer(raw, np.uint8).copy()
        if inside:
            write(out, at, np.uint64(number))
            assert out.tobytes() == raw[:at] + number.to_bytes(WORD, "little") + raw[at + WORD :]
        else:
            with pytest.raises(IndexError, match="out of bounds"):
                write(out, at, np.uint64(number))
            assert out.tobytes() == raw


@given(st.binary(max_size=24), st.integers(-12, 30))
@example(b"", 0)
@example(bytes(WORD), 0)
@example(bytes(WORD), 1)
@example(b"\xff" * WORD, 0)
@example(bytes(WORD - 1), -1)
def test_compiled_and_plain_read_the_same_bytes_and_none_outside(raw, at):
    inside = 0 <= at <= len(raw) - WORD
    data = np.frombuffer(raw, np.uint8)
    for read in (word, _said, _unsigned) if at >= 0 else (word, _said):
        if inside:
            assert int(read(data, at)) == int.from_bytes(raw[at : at + WORD], "little")
        else:
            with pytest.raises(IndexError, match="out of bounds"):
                read(data, at)


@pytest.mark.parametrize("at", [2**63 - 1, -(2**63)])
def test_places_that_wrap_are_outside(at):
    with pytest.raises(IndexError, match="out of bounds"):
        _said(np.zeros(64, np.uint8), at)
