"""Records of a pcap file that follow one another."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from parsers.network import record_chain
from parsers.network.record_chain import chain, told


@pytest.fixture(autouse=True, params=["plain Python", "kernel"])
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small files are read by plain Python, large ones by a kernel: both find the same."""
    if request.param == "kernel":
        monkeypatch.setattr(record_chain, "PLAIN", -1)


def record(length: int, big: bool, header: int) -> bytes:
    order = ">" if big else "<"
    return struct.pack(f"{order}4I", 1, 2, length, length).ljust(header, b"\0") + b"x" * length


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("header", [16, 24])
def test_offsets_follow_the_lengths(big: bool, header: int) -> None:
    lengths = [5, 0, 300, 70_000, 1]
    data = b"".join(record(length, big, header) for length in lengths)
    starts = [sum(lengths[:n]) + header * n for n in range(len(lengths))]
    buffer = np.frombuffer(data, np.uint8)
    found, stop, sound = chain(buffer, 0, len(data) - header, (header, 100_000, big))
    assert (found.tolist(), stop, sound) == (starts, len(data), True)
    found, stop, sound = chain(buffer, 0, starts[2], (header, 100_000, big))
    assert (found.tolist(), stop, sound) == (starts[:3], starts[3], True)
    found, stop, sound = chain(buffer, 0, len(data) - header, (header, 69_999, big))
    assert (found.tolist(), stop, sound) == (starts[:3], starts[3], False)


def test_a_blank_header_ends_the_chain() -> None:
    data = record(5, False, 16) + bytes(16) + record(5, False, 16)
    found, stop, sound = chain(np.frombuffer(data, np.uint8), 0, len(data) - 16, (16, 1_000, False))
    assert (found.tolist(), stop, sound) == ([0], 21, False)


def test_lengths_of_more_than_two_gigabytes_are_no_records() -> None:
    data = record(0, True, 16)[:8] + b"\xff\xff\xff\xfe" + bytes(4)
    found, stop, sound = chain(np.frombuffer(data, np.uint8), 0, 0, (16, 1 << 30, True))
    assert (found.tolist(), stop, sound) == ([], 0, False)


@pytest.mark.parametrize("big", [False, True])
def test_headers_tell_times_and_lengths(big: bool) -> None:
    """The latest time that four bytes can say, and fractions beyond a second."""
    headers = [(1, 999_999, 60, 1_500), (0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFE), (0, 0, 0, 0)]
    data = b"?" + b"".join(struct.pack(">4I" if big else "<4I", *header) for header in headers)
    time, caplen, origlen = told(np.frombuffer(data, np.uint8), np.array([1, 17, 33]), 1_000, big)
    assert time.tolist() == [second * 10**9 + fraction * 1_000 for second, fraction, _, _ in headers]
    assert (caplen.tolist(), origlen.tolist()) == ([60, 0xFFFF_FFFF, 0], [1_500, 0xFFFF_FFFE, 0])
