"""Walks a window at a time: where a window ends must not show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parsers.network import pcap, pcapng
from parsers.network.records import Packets, Walk


def _same(one: Walk, two: Walk) -> None:
    for name in Packets.__slots__:
        assert np.array_equal(getattr(one.packets, name), getattr(two.packets, name)), name
    assert one.gaps == two.gaps


def _walks(monkeypatch: pytest.MonkeyPatch, module: Any, data: bytes, window: int, least: int) -> tuple[Walk, Walk]:
    view, buffer = memoryview(data), np.frombuffer(data, np.uint8)
    whole = module.walk(view, buffer)
    monkeypatch.setattr(module, "WINDOW_BYTES", window)
    assert len(list(module.windows(view, buffer))) >= least
    return whole, module.walk(view, buffer)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(window=st.integers(400, 3_000), damage=st.lists(st.integers(24, 5_500), max_size=3))
def test_pcap(wire: Any, window: int, damage: list[int]) -> None:
    data = bytearray(wire.pcap([wire.udp((wire.client, 1, wire.server, 2), b"x" * (n % 90)) for n in range(60)]))
    for at in damage:
        if at < len(data):
            data[at] ^= 0xFF
    with pytest.MonkeyPatch.context() as patch:
        _same(*_walks(patch, pcap, bytes(data), window, 1 if damage else 3))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(window=st.integers(100, 3_000), damage=st.lists(st.integers(48, 5_500), max_size=3))
def test_pcapng(wire: Any, window: int, damage: list[int]) -> None:
    blocks = [wire.enhanced(wire.udp((wire.client, 1, wire.server, 2), b"x" * (n % 90)), n) for n in range(60)]
    data = bytearray(wire.section() + wire.interface() + b"".join(blocks))
    for at in damage:
        if at < len(data):
            data[at] ^= 0xFF
    with pytest.MonkeyPatch.context() as patch:
        _same(*_walks(patch, pcapng, bytes(data), window, 1 if damage else 3))
