"""Floods are read in parts; other packets are not divided."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from parsers.network import crowds
from parsers.network.ip_packets import RECORD
from parsers.network.spill import flow_digest, pair_digest


def _records(hosts: int, flows: int, each: int) -> Any:
    records = np.zeros(flows * each, RECORD)
    number = np.arange(len(records)) % flows
    records["src"][:, 1], records["dst"][:, 1] = 1 + number % hosts, 7
    records["sport"], records["dport"], records["proto"] = number // hosts, 53, 17
    records["row"] = np.arange(len(records))
    return records


@pytest.mark.parametrize("alone", [True, False])
def test_a_flood_is_parted_and_no_flow_is_split(monkeypatch: pytest.MonkeyPatch, alone: bool) -> None:
    monkeypatch.setattr(crowds, "FLOWS", 300)
    records = _records(1 if alone else 500, 1_000, 2)
    parts = [records[which] for which in crowds.parts(records, alone)]
    assert 3 <= len(parts) <= 5
    assert sorted(np.concatenate([part["row"] for part in parts]).tolist()) == list(range(2_000))
    digest = flow_digest if alone else pair_digest
    found = [set(digest(part).tolist()) for part in parts]
    assert sum(map(len, found)) == len(set.union(*found))
    assert all(np.all(np.diff(part["row"]) > 0) for part in parts)
    assert max(map(len, parts)) < 900


def test_many_packets_of_few_flows_stay_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowds, "FLOWS", 300)
    records = _records(50, 200, 40)
    (which,) = crowds.parts(records, False)
    assert len(records[which]) == len(records)
