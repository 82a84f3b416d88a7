"""Addresses as text are what the standard library writes."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

import numpy as np
import pytest

from parsers.network.address_names import address_name
from parsers.network.identities import address_texts


def test_every_pattern_of_zero_groups_is_shortened_as_the_standard_library_does() -> None:
    numbers = [sum((at + 1) * (zeros >> at & 1) << 16 * at for at in range(8)) for zeros in range(256)]
    numbers += [0xFFFF_7F000001, 0xFFFF_00000000, 0x7F000001, 2**128 - 1, 0x2001_0DB8 << 96 | 0xABCD]
    halves = np.array([(number >> 64, number & 2**64 - 1) for number in numbers], np.uint64)
    texts = address_texts(np.full(len(numbers), 6, np.uint8), halves).to_pylist()
    assert texts == [address_name(number.to_bytes(16, "big")) for number in numbers]
    assert [ip_address(text) for text in texts] == [IPv6Address(number) for number in numbers]


def test_an_ipv4_address_within_ipv6_keeps_its_dots_whatever_the_version_of_python() -> None:
    mapped = b"\0" * 10 + b"\xff\xff" + bytes((192, 0, 2, 1))
    assert address_name(mapped) == address_name("::ffff:c000:201") == "::ffff:192.0.2.1"
    assert address_name("::FFFF:192.0.2.1%eth0") == "::ffff:192.0.2.1%eth0"
    assert address_name(bytes((192, 0, 2, 1))) == address_name(0xC0000201) == "192.0.2.1"
    assert address_name("2001:DB8:0:0:0:0:0:1%eth0") == "2001:db8::1%eth0"
    with pytest.raises(ValueError, match="does not appear to be"):
        address_name(b"\0" * 5)


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
    written = ["::ffff:192.0.2.1" if "ffff:192" in text else str(ip_address(text)) for text in known]
    version = np.array([4 if "." in text and ":" not in text else 6 for text in known], np.uint8)
    halves = np.array([(number >> 64, number & 2**64 - 1) for number in numbers], np.uint64)
    many = address_texts(np.tile(version, 9), np.tile(halves, (9, 1)))
    assert many.to_pylist() == written * 9
    for few in range(len(known) + 1):
        assert address_texts(version[:few], halves[:few]).equals(many[:few])
