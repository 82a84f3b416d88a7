"""Datagrams that are put together at once are those that come of their fragments one by one."""

from __future__ import annotations

import random
from typing import Any

import pytest

from parsers.network import pcap, together

DATA = bytes(range(256)) * 2


def _fragments(wire: Any, ident: int, data: bytes, size: int) -> list[bytes]:
    out = []
    for at in range(0, len(data), size):
        piece = data[at : at + size]
        more = 0x2000 if at + size < len(data) else 0
        packet = bytearray(wire.ip(wire.client, wire.server, 17, piece, more | at // 8))
        packet[4:6] = ident.to_bytes(2, "big")
        out.append(wire.ethernet(bytes(packet)))
    return out


def _known(result: Any) -> tuple[Any, ...]:
    rows = [{**row, "file": ""} for found in result.rows.values() for row in found]
    return sorted(rows, key=repr), sorted((p.offset, p.length, p.reason) for p in result.problems)


@pytest.mark.parametrize("seed", range(12))
def test_all_at_once_gives_what_one_by_one_gives(
    read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Datagrams share eight numbers; some follow one another, some are mixed, some lack a fragment or have one twice."""
    chance = random.Random(seed)
    packets: list[bytes] = []
    for number in range(30):
        udp = b"\x10" + bytes([number]) + b"\x20\x00" + (8 + 400).to_bytes(2, "big") + b"\0\0"
        ident = chance.randrange(8)
        size = 72 if chance.random() < 0.04 else [64, 136, 208][ident % 3]
        sent = _fragments(wire, ident, udp + bytes([number]) + DATA[:399], size)
        if chance.random() < 0.3:
            chance.shuffle(sent)
        if chance.random() < 0.04:
            del sent[chance.randrange(len(sent))]
        if chance.random() < 0.04:
            sent.append(chance.choice(sent))
        at = len(packets) - chance.randrange(4) if chance.random() < 0.04 and len(packets) > 4 else len(packets)
        packets[at:at] = sent
    found = []
    find = together.find
    monkeypatch.setattr(together, "find", lambda *given: [found.append(1) or one for one in find(*given)])
    at_once = read(wire.pcap(packets))
    assert found
    monkeypatch.setattr(together, "find", lambda *given: iter(()))
    monkeypatch.setattr(together, "straight", lambda *given: iter(()))
    assert _known(read(wire.pcap(packets))) == _known(at_once)


@pytest.mark.parametrize("seed", range(12))
def test_those_in_order_are_found_between_windows_that_cut_others(
    read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """All datagrams have one number, as of a host that sends the same again and again; windows begin in the middle of some."""
    chance = random.Random(seed)
    packets: list[bytes] = []
    for number in range(40):
        udp = b"\x10" + bytes([number]) + b"\x20\x00" + (8 + 400).to_bytes(2, "big") + b"\0\0"
        sent = _fragments(wire, 7, udp + bytes([number]) + DATA[:399], 64)
        if chance.random() < 0.1:
            chance.shuffle(sent)
        if chance.random() < 0.1:
            del sent[chance.randrange(len(sent))]
        packets += sent
    monkeypatch.setattr(pcap, "WINDOW_BYTES", 3_000)
    found: list[together.Run] = []
    straight = together.straight
    monkeypatch.setattr(together, "straight", lambda *given: [found.append(one) or one for one in straight(*given)])
    some = read(wire.pcap(packets))
    assert sum(run.whole for run in found) >= 5
    assert not all(run.whole for run in found)
    monkeypatch.setattr(together, "straight", lambda *given: iter(()))
    monkeypatch.setattr(together, "find", lambda *given: iter(()))
    assert _known(read(wire.pcap(packets))) == _known(some)
