"""Where lines end and which may hold odd bytes, told eight bytes at a time as byte by byte."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.web.odd_bytes import newlines_in

BYTES = st.one_of(
    st.binary(max_size=120),
    st.lists(
        st.sampled_from([b"a", b" ", b"~", b"\t", b"\r", b"\n", b"\r\n", b"\x7f", b"\x80", b"\xff", b"\0", b"\x1f"])
    ).map(b"".join),
    st.text(st.sampled_from("abcdefgh /\n\x7fé"), max_size=200).map(str.encode),
)


def one_by_one(data: bytes) -> tuple[list[int], list[bool]]:
    places = [at for at, byte in enumerate(data) if byte == 10]
    odd = []
    for start, stop in zip([0, *(at + 1 for at in places)], places, strict=False):
        line = data[start:stop].removesuffix(b"\r").replace(b"\t", b"")
        odd.append(any(byte < 0x20 or byte >= 0x7F for byte in line))
    return places, odd


@settings(deadline=None, max_examples=400)
@given(BYTES)
def test_as_byte_by_byte(data: bytes) -> None:
    places, odd = newlines_in(np.frombuffer(data, np.uint8))
    assert (places.tolist(), odd.tolist()) == one_by_one(data)


def test_every_byte_at_every_place_of_a_word() -> None:
    for byte in range(256):
        for place in range(41):
            data = b"x" * place + bytes([byte]) + b"x" * (40 - place) + b"\n" + b"y" * 33 + b"\n"
            places, odd = newlines_in(np.frombuffer(data, np.uint8))
            assert (places.tolist(), odd.tolist()) == one_by_one(data)
