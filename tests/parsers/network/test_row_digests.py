"""Digests of many rows at once are those of hashlib."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from parsers.network import row_digests


@pytest.mark.parametrize("width", [1, 3, 4, 16, 40, 54, 55])
def test_rows_are_hashed_as_hashlib_does(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = np.random.default_rng(width).integers(0, 256, (50, width), np.uint8)
    sha1 = [hashlib.sha1(key.tobytes(), usedforsecurity=False).digest() for key in keys]
    blake2b = [hashlib.blake2b(key.tobytes(), digest_size=16).digest() for key in keys]
    for few in (row_digests.FEW, 0):  # by hashlib, and by the compiled loops
        monkeypatch.setattr(row_digests, "FEW", few)
        assert [row.tobytes() for row in row_digests.sha1(keys)] == sha1
        assert [row.astype(">u8").tobytes() for row in row_digests.blake2b(keys)] == blake2b


@pytest.mark.parametrize("width", [56, 128, 129])
def test_longer_rows(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """SHA-1 takes two blocks from 56 bytes on, BLAKE2b from 129 on: those go to hashlib."""
    monkeypatch.setattr(row_digests, "FEW", 0)
    keys = np.random.default_rng(width).integers(0, 256, (3, width), np.uint8)
    assert row_digests.sha1(keys)[2].tobytes() == hashlib.sha1(keys[2].tobytes(), usedforsecurity=False).digest()
    (high, low) = row_digests.blake2b(keys)[2].tolist()
    assert high << 64 | low == int.from_bytes(hashlib.blake2b(keys[2].tobytes(), digest_size=16).digest(), "big")


def test_the_hash_of_nothing_and_of_a_published_example(monkeypatch: pytest.MonkeyPatch) -> None:
    """FIPS 180-4's example for SHA-1: `abc`."""
    monkeypatch.setattr(row_digests, "FEW", 0)
    keys = np.frombuffer(b"abc", np.uint8).copy().reshape(1, 3)
    assert row_digests.sha1(keys)[0].tobytes().hex() == "a9993e364706816aba3e25717850c26c9cd0d89d"
    assert row_digests.sha1(np.zeros((0, 3), np.uint8)).shape == (0, 20)
    assert row_digests.blake2b(np.zeros((0, 3), np.uint8)).shape == (0, 2)
