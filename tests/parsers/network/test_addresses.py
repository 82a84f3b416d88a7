"""Addresses as text are what the standard library writes."""

from __future__ import annotations

from ipaddress import IPv6Address

import numpy as np

from parsers.network.identities import address_texts


def test_every_pattern_of_zero_groups_is_shortened_as_the_standard_library_does() -> None:
    numbers = [sum((at + 1) * (zeros >> at & 1) << 16 * at for at in range(8)) for zeros in range(256)]
    numbers += [0xFFFF_7F000001, 0xFFFF_00000000, 0x7F000001, 2**128 - 1, 0x2001_0DB8 << 96 | 0xABCD]
    halves = np.array([(number >> 64, number & 2**64 - 1) for number in numbers], np.uint64)
    texts = address_texts(np.full(len(numbers), 6, np.uint8), halves).to_pylist()
    assert texts == [str(IPv6Address(number)) for number in numbers]
