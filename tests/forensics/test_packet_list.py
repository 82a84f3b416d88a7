"""The packets of a row: which, who sent them, and the filter by which other tools show the same ones."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from forensics.packet_list import RUNS, display_filter
from parsers.network.excerpt import Asked, choose
from parsers.network.listing import listed, ranges

A, B, C = (bytes([192, 0, 2, host]) for host in (1, 2, 3))
HEAD = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
VALUES = {"src_ip": "192.0.2.1", "src_port": 40_001, "dst_ip": "192.0.2.2", "dst_port": 9, "proto": "udp"}


def frame(src: bytes, dst: bytes, sport: int, dport: int) -> bytes:
    udp = struct.pack(">HHHH", sport, dport, 12, 0) + b"data"
    return bytes(12) + b"\x08\x00" + struct.pack(">BBHHHBBH", 0x45, 0, 32, 0, 0, 64, 17, 0) + src + dst + udp


def capture(frames: list[bytes]) -> bytes:
    records = [struct.pack("<IIII", 1_772_572_445 + at, 0, len(f), len(f) + 5) + f for at, f in enumerate(frames)]
    return HEAD + b"".join(records)


OURS, BACK, OTHER = frame(A, B, 40_001, 9), frame(B, A, 9, 40_001), frame(A, C, 40_001, 9)


def test_the_packets_of_the_flow_are_listed_with_their_senders() -> None:
    data = capture([OTHER, OURS, BACK, OTHER, OURS])
    size = 16 + len(OURS)
    chosen = choose(memoryview(data), Asked(24 + size, (2, 4)))
    found = listed(chosen, 10, ("192.0.2.1", 40_001))
    assert [(p.number, p.offset, p.forward, p.captured, p.wire, p.payload) for p in found] == [
        (2, 24 + size, True, 46, 51, 4),
        (3, 24 + 2 * size, False, 46, 51, 4),
    ]
    assert [p.number for p in listed(chosen, 1, ("192.0.2.1", 40_001))] == [2]
    assert display_filter([chosen], [VALUES]) == "frame.number in {2..3}"
    assert not chosen.damaged


def test_damage_before_the_packets_is_known() -> None:
    size = 16 + len(OURS)
    data = capture([OURS, OURS]) + b"\xff" * 50 + capture([OURS] * 4)[24:]
    assert choose(memoryview(data), Asked(24 + 2 * size + 50)).damaged


def test_runs_of_numbers() -> None:
    assert ranges([1, 2, 3, 7, 9, 10]) == [(1, 3), (7, 7), (9, 10)]
    assert ranges([]) == []


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.parametrize("pairs", [3, RUNS + 5], ids=["few runs", "many runs"])
def test_tshark_shows_the_same_packets(tmp_path: Path, pairs: int) -> None:
    data = capture([OURS, OTHER] * pairs)
    (tmp_path / "c.pcap").write_bytes(data)
    wanted = display_filter([choose(memoryview(data), Asked(24))], [VALUES])
    command = ["tshark", "-r", str(tmp_path / "c.pcap"), "-Y", wanted, "-T", "fields", "-e", "frame.number"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert shown == [str(number) for number in range(1, 2 * pairs, 2)]
