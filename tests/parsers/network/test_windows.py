"""Walks a window at a time: where a window ends must not show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parsers.network import pcap, pcapng, record_chain
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


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(packets=st.integers(1, 30), damage=st.lists(st.integers(24, 5_500), max_size=3), blocks=st.booleans())
def test_windows_of_few_packets(wire: Any, packets: int, damage: list[int], blocks: bool) -> None:
    sent = [wire.udp((wire.client, 1, wire.server, 2), b"x" * (n % 90)) for n in range(60)]
    module = pcapng if blocks else pcap
    told = b"".join(wire.enhanced(packet, n) for n, packet in enumerate(sent))
    data = bytearray(wire.section() + wire.interface() + told if blocks else wire.pcap(sent))
    for at in damage:
        data[at % len(data)] ^= 0xFF
    view, buffer = memoryview(bytes(data)), np.frombuffer(bytes(data), np.uint8)
    whole = module.walk(view, buffer)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pcapng if blocks else record_chain, "WINDOW_PACKETS", packets)
        _same(module.walk(view, buffer), whole)
