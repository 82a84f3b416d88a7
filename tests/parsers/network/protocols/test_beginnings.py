"""Words at the start of openings, found in all of them at once as in one alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.network.protocols import OPENING
from parsers.network.protocols.beginnings import begins

WORDS = [b"GET ", b"HTTP/1.", b"+OK", b"A", b"12345678", b"123456789", b"SUBSCRIBE SIP:"]


@pytest.mark.parametrize("order", ["C", "F"])
@given(
    openings=st.lists(
        st.one_of(
            st.binary(max_size=OPENING),
            st.tuples(st.sampled_from(WORDS), st.booleans(), st.integers(0, 14), st.binary(max_size=8)).map(
                lambda one: (one[0].lower() if one[1] else one[0])[: one[2]] + one[3]
            ),
        ),
        max_size=20,
    ),
    words=st.lists(st.sampled_from(WORDS), min_size=1, unique=True),
)
def test_openings_begin_with_a_word_as_bytes_do(order: str, openings: list[bytes], words: list[bytes]) -> None:
    padded = [one[:OPENING].ljust(OPENING, b"\0") for one in openings]
    raw = np.frombuffer(b"".join(padded), np.uint8).reshape(-1, OPENING)
    raw = np.asfortranarray(raw) if order == "F" else raw
    assert begins(raw, *words).tolist() == [one.upper().startswith(tuple(words)) for one in padded]
