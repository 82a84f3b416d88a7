"""Line ends and odd bytes are found wherever they stand among the bytes that are looked at together."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from parsers.web.odd_bytes import newlines_in

PIECES = st.lists(
    st.one_of(
        st.integers(0, 70).map(lambda size: b"a" * size),
        st.sampled_from(b"\n\r\t\x7f\x80\x1f ~\xff\0").map(lambda one: bytes([one])),
    ),
    max_size=30,
)


def _odd(line: bytes) -> bool:
    return any(byte >= 0x7F or (byte < 0x20 and byte != 9) for byte in line.removesuffix(b"\r"))


@given(pieces=PIECES)
def test_newlines_and_what_lies_before_them(pieces: list[bytes]) -> None:
    raw = b"".join(pieces)
    places, odd = newlines_in(np.frombuffer(raw, np.uint8))
    assert places.tolist() == [at for at, byte in enumerate(raw) if byte == 10]
    assert odd.tolist() == [_odd(line) for line in raw.split(b"\n")[:-1]]
