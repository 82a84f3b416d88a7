"""Packets set aside by a compiled loop are those that are set aside column by column."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from parsers.network import pairs
from parsers.network.headers import Headers, empty
from parsers.network.ip_packets import NAMES, RECORD, Captured, columns, gathered
from parsers.network.records import Packets
from parsers.network.spill import flow_digest, pair_digest


@pytest.fixture(autouse=True)
def _compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "at_hand", lambda: True)


COUNT, HELD = 6_000, 3_000


def _headers(chance: np.random.Generator) -> Headers:
    """Rows of which every column holds anything that its type can."""
    out = empty(COUNT)
    for field in fields(Headers):
        column = getattr(out, field.name)
        info = np.iinfo(column.dtype)
        column[:] = chance.integers(info.min, info.max, column.shape, column.dtype, endpoint=True)
    out.marks[:] &= 0x1FF
    out.depth[:] = chance.integers(0, 3, COUNT)
    out.proto[:] = chance.choice(np.array([-1, 1, 6, 17], np.int16), COUNT)
    for side in (out.sport, out.dport):
        side[:] = chance.choice(np.array([67, 68, 546, 137, 5353, 80], np.uint16), COUNT)
    return out


def _captured(chance: np.random.Generator) -> Captured:
    record = np.cumsum(chance.integers(40, 3_000, HELD))
    length = chance.integers(0, 40, HELD)
    flags = chance.random((3, HELD)) < 0.3
    link = chance.choice(np.array([0, 1, 101, 113, 276], np.int32), HELD)
    time = chance.integers(0, 1 << 62, HELD)
    packets = Packets(
        record, length + 16, record + 16, length, length + chance.integers(-2, 3, HELD), time, flags[0], link, flags[1]
    )
    return Captured(packets, flags[2])


@pytest.mark.parametrize("seed", range(5))
def test_both_ways_give_the_same_bytes(seed: int) -> None:
    chance = np.random.default_rng(seed)
    headers, captured = _headers(chance), _captured(chance)
    place = chance.integers(0, HELD, COUNT)
    records, group = pairs.grouped(headers, captured, place, 77, 4_096)
    expected = gathered(headers, captured, place, 77)
    assert len(records) > COUNT / 2
    for name in RECORD.names or ():
        np.testing.assert_array_equal(records[name], expected[name], name)
    assert records.tobytes() == expected.tobytes()
    np.testing.assert_array_equal(group, (pair_digest(expected) % np.uint64(4_096)).astype(np.int64))
    assert len(np.unique(group)) > 1_000


@pytest.mark.parametrize("seed", range(3))
def test_columns_are_the_same_too(seed: int) -> None:
    chance = np.random.default_rng(seed)
    records = gathered(_headers(chance), _captured(chance), chance.integers(0, HELD, COUNT))
    found, expected = pairs.columns(records), columns(records)
    for name in NAMES:
        one, two = getattr(found, name), getattr(expected, name)
        np.testing.assert_array_equal(one, two, name)
        assert (one.dtype, one.flags.c_contiguous) == (two.dtype, True), name


@pytest.mark.parametrize("seed", range(3))
def test_flows_are_told_apart_the_same_way(seed: int) -> None:
    """Whatever the bytes of a record are, but for protocols, which no packet without one has."""
    chance = np.random.default_rng(seed)
    records = chance.integers(0, 256, (COUNT, RECORD.itemsize), np.uint8).reshape(-1).view(RECORD)
    records["proto"] = chance.integers(0, 256, COUNT)
    assert pairs.flow_digests(records).tolist() == flow_digest(records).tolist()
