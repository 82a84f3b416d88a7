"""Addresses as text are what the standard library writes."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

import numpy as np

from parsers.network.identities import address_texts


def test_every_pattern_of_zero_groups_is_shortened_as_the_standard_library_does() -> None:
    numbers = [sum((at + 1) * (zeros >> at & 1) << 16 * at for at in range(8)) for zeros in range(256)]
    numbers += [0xFFFF_7F000001, 0xFFFF_00000000, 0x7F000001, 2**128 - 1, 0x2001_0DB8 << 96 | 0xABCD]
    halves = np.array([(number >> 64, number & 2**64 - 1) for number in numbers], np.uint64)
    texts = address_texts(np.full(len(numbers), 6, np.uint8), halves).to_pylist()
    assert texts == [str(IPv6Address(number)) for number in numbers]


def test_few_addresses_are_written_as_many_are() -> None:
    known = [
        "0.0.0.0",
        "192.0.2.1",
        "255.254.253.252",
        "::",
        "::1",
        "2001:db8::a:0:b",
        "::ffff:192.0.2.1",
        "fe80:0:1::",
    ]
    numbers = [int(ip_address(text)) for text in known]
    written = [str(ip_address(text)) for text in known]
    version = np.array([4 if "." in text and ":" not in text else 6 for text in known], np.uint8)
    halves = np.array([(number >> 64, number & 2**64 - 1) for number in numbers], np.uint64)
    many = address_texts(np.tile(version, 9), np.tile(halves, (9, 1)))
    assert many.to_pylist() == written * 9
    for few in range(len(known) + 1):
        assert address_texts(version[:few], halves[:few]).equals(many[:few])
