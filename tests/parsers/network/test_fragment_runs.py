"""Fragments in a row are taken at once as one by one, whatever of their datagram is there: some of it, its end, the same bytes."""

from __future__ import annotations

import random
from typing import Any

import pytest

from parsers.network import pcap, together
from parsers.network.fragments import Fragments

DATA = bytes(range(256)) * 2


def _sent(wire: Any, chance: random.Random, number: int) -> list[bytes]:
    """A datagram of up to nine fragments, sent again and again in parts of it that follow one another."""
    udp = b"\x10" + bytes([number]) + b"\x20\x00" + (8 + 512).to_bytes(2, "big") + b"\0\0" + DATA
    size = chance.choice((64, 64, 64, 72))
    out: list[bytes] = []
    for _ in range(chance.randrange(1, 4)):
        first, last = sorted(chance.sample(range(len(udp) // size + 2), 2))
        for at in range(first * size, min(last * size, len(udp)), size):
            piece = udp[at : at + size]
            more = 0x2000 if at + size < len(udp) else 0
            packet = bytearray(wire.ip(wire.client, wire.server, 17, piece, more | at // 8))
            packet[4:6] = b"\0\7"
            out.append(wire.ethernet(bytes(packet)))
    return out


def _known(result: Any) -> tuple[Any, ...]:
    rows = [{**row, "file": ""} for found in result.rows.values() for row in found]
    return sorted(rows, key=repr), sorted((p.offset, p.length, p.reason) for p in result.problems)


@pytest.mark.parametrize("seed", range(16))
def test_a_run_gives_what_its_fragments_give(read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """All have one number, so that what was left of one datagram waits for the next; windows begin in the middle of some."""
    chance = random.Random(seed)
    packets = [packet for number in range(60) for packet in _sent(wire, chance, number)]
    monkeypatch.setattr(pcap, "WINDOW_BYTES", 2_000)
    monkeypatch.setattr(together, "find", lambda *given: iter(()))
    counts: list[tuple[int, int]] = []
    appended = Fragments._appended

    def counted(self: Fragments, fragments: list[Any]) -> int:
        count = appended(self, fragments)
        counts.append((count, len(fragments)))
        return count

    monkeypatch.setattr(Fragments, "_appended", counted)
    some = read(wire.pcap(packets))
    assert any(count == given for count, given in counts)
    assert any(0 < count < given for count, given in counts)  # completed in the middle of a run
    monkeypatch.setattr(together, "straight", lambda *given: iter(()))
    assert _known(read(wire.pcap(packets))) == _known(some)
