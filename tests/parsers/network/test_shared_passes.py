"""A capture passed over in stretches, by one process or shared by several: what is found is what one pass over the whole file finds."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from parsers.base import Batch, Evidence
from parsers.gather import as_bytes
from parsers.network import capture, passing, pcap, shared_passes, survey

SLICES = 4


@pytest.fixture
def packets(wire: Any) -> list[bytes]:
    """Questions of many hosts, an ARP message among them, and datagrams whose two fragments lie anywhere in the file."""
    chance = random.Random(7)
    out = []
    for number in range(500):
        asked = number.to_bytes(2, "big") + b"\x01\x00\x00\x01\0\0\0\0\0\0\x07example\x03org\0\0\x01\0\x01"
        out.append(wire.udp((f"192.0.2.{number % 200}", 4_000 + number, "198.51.100.53", 53), asked))
    for number in range(40):
        whole = b"\x10\x00\x20\x00" + (8 + 1_600).to_bytes(2, "big") + b"\0\0" + b"y" * 1_600
        for fragment, more in ((whole[:800], 0x2000), (whole[800:], 100)):
            out.append(wire.ethernet(wire.ip(f"203.0.113.{number}", "192.0.2.99", 17, fragment, more)))
    request = bytes.fromhex("0001080006040001020000000001c0000201000000000000c0000202")
    out.append(wire.ethernet(request, 0x0806))
    chance.shuffle(out)
    return out


def _evidence(tmp_path: Path, data: bytes) -> Evidence:
    path = tmp_path / "a.pcap"
    path.write_bytes(data)
    return Evidence("E001", "a.pcap", path, len(data), "0" * 64)


def _rows(evidence: Evidence, monkeypatch: pytest.MonkeyPatch, apart: bool) -> list[str]:
    """All rows; `apart`: each slice as a process of its own reads it."""
    rows = []
    for piece in capture.PARSER.slices(evidence):
        if apart:
            monkeypatch.setattr(capture, "_surveys", survey.Shared())
        for output in capture.PARSER.parse(evidence, piece):
            rows += [repr(row) for row in output.rows.to_pylist()] if isinstance(output, Batch) else [repr(output)]
    return sorted(rows)


def _gone_over(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many packets had been found before each pass over a stretch that is made from now on."""
    calls: list[int] = []
    stretch = passing.stretch

    def counted(*given: Any) -> None:
        calls.append(given[2].packets)
        stretch(*given)

    monkeypatch.setattr(passing, "stretch", counted)
    return calls


def _sliced(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(capture, "SLICE_BYTES", -(-size // SLICES))


def test_each_stretch_is_gone_over_once_by_whoever_is_first(
    packets: list[bytes], wire: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence = _evidence(tmp_path, wire.pcap(packets))
    whole = survey.make(evidence)
    _sliced(monkeypatch, evidence.size)
    calls = _gone_over(monkeypatch)
    alone = _rows(evidence, monkeypatch, apart=True)
    assert len(calls) == SLICES * SLICES
    calls.clear()
    (tmp_path / "shared").mkdir()
    shared = replace(evidence, shared=tmp_path / "shared")
    assert _rows(shared, monkeypatch, apart=True) == alone
    assert len(calls) == SLICES
    found = survey.make(shared, SLICES)
    assert found.spill.counts.tolist() == whole.spill.counts.tolist()
    assert found.found.arp.counts.tolist() == whole.found.arp.counts.tolist()
    assert next(found.found.ranges.within(0, evidence.size)).lengths.tolist() == [evidence.size]


def test_what_a_dead_worker_had_begun_is_done_by_another(
    packets: list[bytes], wire: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence = _evidence(tmp_path, wire.pcap(packets))
    _sliced(monkeypatch, evidence.size)
    expected = _rows(evidence, monkeypatch, apart=False)
    shared = tmp_path / "shared"
    shared.mkdir()
    begins = pcap.stretches(memoryview(wire.pcap(packets)), as_bytes(memoryview(wire.pcap(packets))), SLICES)
    assert len(begins) == SLICES
    for ending in ("lock", "packets", "begun"):
        (shared / f"{begins[1]}-{begins[2]}.{ending}").write_bytes(b"cut o")
    assert _rows(replace(evidence, shared=shared), monkeypatch, apart=True) == expected


@pytest.mark.parametrize("places", [[0], [0, 1, 2], [5, 6, 7, 8, 9]], ids=str)
def test_damage_where_stretches_meet_changes_nothing(
    places: list[int], packets: list[bytes], wire: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = bytearray(wire.pcap(packets))
    meets = pcap.stretches(memoryview(data), as_bytes(memoryview(data)), SLICES)[2]
    records = pcap.walk(memoryview(data), as_bytes(memoryview(data))).packets.record.tolist()
    for place in places:  # lengths of records before that place
        at = records[records.index(meets) - place]
        data[at + 8 : at + 12] = b"\xff\xff\xff\x7f"
    evidence = _evidence(tmp_path, bytes(data))
    whole = sorted(row for row in _rows(evidence, monkeypatch, apart=False) if not row.startswith("Account"))
    _sliced(monkeypatch, evidence.size)
    sliced = sorted(row for row in _rows(evidence, monkeypatch, apart=False) if not row.startswith("Account"))
    assert sliced == whole
    assert any("implausible" in row for row in whole)


def test_a_place_that_only_looks_like_a_record_is_seen_through(
    packets: list[bytes], wire: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A datagram quotes a capture of 100 records, right where the second of two stretches is looked for."""
    quoted = wire.pcap([b"x" * 60] * 100)[24:]
    whole = wire.ethernet(wire.ip("203.0.113.9", "192.0.2.99", 253, quoted))
    data = wire.pcap([*[b"\xff" * 14 + b"z" * 20] * 150, whole, *[b"\xff" * 14 + b"z" * 20] * 150])
    found = pcap.stretches(memoryview(data), as_bytes(memoryview(data)), 2)[1]
    evidence = _evidence(tmp_path, data)
    expected = _rows(evidence, monkeypatch, apart=False)
    monkeypatch.setattr(capture, "SLICE_BYTES", -(-len(data) // 2))
    records = pcap.walk(memoryview(data), as_bytes(memoryview(data))).packets.record.tolist()
    assert found not in records
    calls = _gone_over(monkeypatch)
    made = survey.make(evidence, 2)
    assert len(calls) == 3  # both stretches, then the file as one
    assert made.found.packets == len(records)
    assert len(expected) > 0


def test_without_locks_each_process_goes_over_all(
    packets: list[bytes], wire: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_passes, "LOCKS", False)
    evidence = replace(_evidence(tmp_path, wire.pcap(packets)), shared=tmp_path)
    calls = _gone_over(monkeypatch)
    for _ in range(2):
        survey.make(evidence, SLICES)
    assert len(calls) == 2 * SLICES
