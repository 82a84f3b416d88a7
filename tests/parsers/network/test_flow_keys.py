"""Packets are put side by side by 5-tuple alike by the compiled loop, by whole arrays, and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from parsers.network import flow_keys, flows
from parsers.network.ip_packets import IpPackets, empty_columns


def packets(count: int, seed: int) -> IpPackets:
    """Few hosts and ports, so that most tuples come often and both ways; a host that speaks to itself; times that go back."""
    choices = np.random.default_rng(seed)
    made = empty_columns(count)
    for name in IpPackets.__slots__:
        getattr(made, name)[...] = 0
    hosts = np.array([[0, 1], [0, 2], [1, 1], [2**64 - 1, 2**64 - 1]], np.uint64)
    made.src[:], made.dst[:] = hosts[choices.integers(0, 4, count)], hosts[choices.integers(0, 4, count)]
    made.sport[:], made.dport[:] = choices.choice([1, 80, 65_535], count), choices.choice([1, 80, 65_535], count)
    made.version[:], made.proto[:] = choices.choice([4, 6], count), choices.choice([6, 17, 255], count)
    made.time[:], made.timed[:] = choices.integers(0, 50, count), True
    made.packet[:] = np.arange(count)
    return made


def side_by_hand(made: IpPackets) -> list[list[int]]:
    """The packets of each tuple in order of time, tuple after tuple as they come first."""
    found: dict[object, list[int]] = {}
    for row in range(len(made)):
        ends = [
            (tuple(made.src[row].tolist()), int(made.sport[row])),
            (tuple(made.dst[row].tolist()), int(made.dport[row])),
        ]
        found.setdefault((int(made.version[row]), int(made.proto[row]), *sorted(ends)), []).append(row)
    return [sorted(rows, key=lambda row: (int(made.time[row]), row)) for rows in found.values()]


@pytest.mark.parametrize("count", [1, 2, 3_000])
def test_tuples_are_told_apart(count: int) -> None:
    made = packets(count, count)
    found = flow_keys.side_by_side(made, np.argsort(made.time, kind="stable"))
    assert found is not None
    order, begins, swapped = found
    assert [part.tolist() for part in np.split(order, np.flatnonzero(begins)[1:])] == side_by_hand(made)
    assert swapped.tolist() == flows._keys(made).swapped.tolist()


def test_flows_are_the_same_as_by_whole_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    made = packets(5_000, 1)
    monkeypatch.setattr(flows, "at_hand", lambda: True)
    one = flows.build(made)
    monkeypatch.setattr(flows, "at_hand", lambda: False)
    two = flows.build(made)
    assert all(np.array_equal(getattr(one, name), getattr(two, name)) for name in flows.Flows.__slots__)


def test_who_makes_tuples_collide_gains_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """No look in vain is allowed: among so many tuples some fall into the same place, and whole arrays tell them apart."""
    made = packets(5_000, 2)
    made.sport[:] = np.arange(5_000)
    expected = flows.build(made)
    monkeypatch.setattr(flow_keys, "PROBES", 0)
    monkeypatch.setattr(flows, "at_hand", lambda: True)
    assert flow_keys.side_by_side(made, np.arange(5_000)) is None
    assert np.array_equal(flows.build(made).order, expected.order)
