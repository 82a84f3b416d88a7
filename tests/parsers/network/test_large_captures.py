"""A capture read in windows, slices and partitions gives the rows, ids and ledger that it gives in one piece."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from parsers.base import Evidence
from parsers.network import capture, excerpt, pcap, pcapng, spill, survey


def _mixed(wire: Any) -> list[bytes]:
    """Connections, names and pings of a few hosts, a tunnel, and datagrams in fragments that lie far apart."""
    chance = random.Random(5)
    flows: list[list[bytes]] = []
    for number in range(40):
        ask = b"GET /%d HTTP/1.1\r\nHost: www.example.org\r\n\r\n" % number
        reply = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + b"x" * 900
        flows.append(wire.session([("c", ask), ("s", reply[:500]), ("s", reply[500:])], sport=40_000 + number))
    for number in range(60):
        ends = (f"192.0.2.{number}", 4_000 + number, "198.51.100.53", 53)
        asked = number.to_bytes(2, "big") + b"\x01\x00\x00\x01\0\0\0\0\0\0\x07example\x03org\0\0\x01\0\x01"
        flows.append([wire.udp(ends, asked)])
        whole = b"\x10\x00\x20\x00" + (8 + 1_600).to_bytes(2, "big") + b"\0\0" + b"y" * 1_600
        src, dst = f"203.0.113.{number}", "192.0.2.99"
        flows.append(
            [
                wire.ethernet(wire.ip(src, dst, 17, whole[:800], 0x2000)),
                wire.ethernet(wire.ip(src, dst, 17, whole[800:], 100)),
            ]
        )
        inside = wire.ip(f"192.0.2.{number}", "192.0.2.200", 1, b"\x08\0\0\0\0\x01\0\x01ping")
        flows.append([wire.ethernet(wire.ip("203.0.113.7", "198.51.100.7", 47, b"\0\0\x08\x00" + inside))])
    flows.append(
        [
            wire.ethernet(wire.ip("203.0.113.250", "192.0.2.99", 17, b"z" * 800, 0x2000)),
            wire.ethernet(b"\0" * 30, 0x88CC),
        ]
    )
    order = [number for number, flow in enumerate(flows) for _ in flow]
    chance.shuffle(order)
    return [flows[number].pop(0) for number in order]


def _known(result: Any) -> tuple[Any, ...]:
    rows = sorted(
        (
            sorted((name, value) for name, value in row.items() if name != "file")
            for found in result.rows.values()
            for row in found
        ),
        key=repr,
    )
    problems = sorted((p.offset, p.length, p.reason) for p in result.problems)
    ledger = result.ledger
    return rows, problems, (ledger.size, ledger.read, ledger.free, ledger.unsupported, ledger.damaged)


def _as_pcapng(wire: Any, packets: list[bytes]) -> bytes:
    blocks = (wire.enhanced(packet, (wire.start * 10**6) + at) for at, packet in enumerate(packets))
    return bytes(wire.section() + wire.interface() + b"".join(blocks))


@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_pieces_give_what_the_whole_gives(form: str, read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    packets = _mixed(wire)
    data = wire.pcap(packets) if form == "pcap" else _as_pcapng(wire, packets)
    whole = read(data)
    assert {"net/conn", "net/dns", "net/http"} <= set(whole.rows)
    assert any("fragmented" in row["flags"] for row in whole.conn)
    for module in (pcap, pcapng):
        monkeypatch.setattr(module, "WINDOW_BYTES", 8_000)
    monkeypatch.setattr(survey, "PARTITION_PACKETS", 150)  # the tunnel and what it carries are 120
    monkeypatch.setattr(spill, "MEMORY", 2_000)
    one_slice = read(data)
    for one, two in zip(_known(one_slice), _known(whole), strict=True):
        assert one == two
    monkeypatch.setattr(capture, "SLICE_BYTES", len(data) // 7)
    sliced = read(data)
    assert _known(sliced) == _known(whole)
    evidence = Evidence("E001", "a", Path("a"), len(data), "0" * 64)
    assert len(capture.PARSER.slices(evidence)) == 8


def test_fragments_in_a_tunnel_know_it_however_far_apart_they_are(
    read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    datagram = b"\x10\x00\x20\x00" + (8 + 1_600).to_bytes(2, "big") + b"\0\0" + b"y" * 1_600
    halves = []
    for number in range(30):
        ends = f"192.0.2.{number}", "198.51.100.9"
        parts = wire.ip(*ends, 17, datagram[:800], 0x2000), wire.ip(*ends, 17, datagram[800:], 100)
        outer = f"203.0.113.{number}", "198.51.100.7"
        halves.append([wire.ethernet(wire.ip(*outer, 47, b"\0\0\x08\x00" + part)) for part in parts])
    packets = [first for first, _ in halves] + [second for _, second in halves]
    whole = read(wire.pcap(packets))
    assert sum("tunnel_parents" in row for row in whole.conn) == 30
    monkeypatch.setattr(pcap, "WINDOW_BYTES", 4_000)
    monkeypatch.setattr(survey, "PARTITION_PACKETS", 6)
    assert _known(read(wire.pcap(packets))) == _known(whole)


def test_a_slice_can_be_read_alone_and_in_any_order(wire: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from parsers.base import Batch

    data = wire.pcap(_mixed(wire))
    path = tmp_path / "a.pcap"
    path.write_bytes(data)
    monkeypatch.setattr(capture, "SLICE_BYTES", len(data) // 3)
    evidence = Evidence("E001", "a.pcap", path, len(data), "0" * 64)
    pieces = capture.PARSER.slices(evidence)

    def offsets(order: list[int]) -> dict[int, list[int]]:
        monkeypatch.setattr(capture, "_surveys", survey.Shared())
        return {
            number: [
                at
                for b in capture.PARSER.parse(evidence, pieces[number])
                if isinstance(b, Batch)
                for at in b.rows["offset"].to_pylist()
            ]
            for number in order
        }

    forward = offsets([0, 1, 2, 3])
    assert offsets([3, 1, 0, 2]) == forward
    assert offsets([2]) == {2: forward[2]}
    assert sum(map(bool, forward.values())) >= 3  # one pair of hosts may fill two shares, and is not divided


def test_the_packets_set_aside_are_let_go_of_after_the_last_slice(
    wire: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = wire.pcap(_mixed(wire))
    path = tmp_path / "a.pcap"
    path.write_bytes(data)
    monkeypatch.setattr(capture, "SLICE_BYTES", len(data) // 2)
    surveys = survey.Shared()
    monkeypatch.setattr(capture, "_surveys", surveys)
    evidence = Evidence("E001", "a.pcap", path, len(data), "0" * 64)
    first, second = capture.PARSER.slices(evidence)
    list(capture.PARSER.parse(evidence, first))
    held = surveys.of(evidence, 2)
    assert surveys.of(evidence, 2) is held  # one pass for all slices that a process reads
    list(capture.PARSER.parse(evidence, second))
    assert surveys.of(evidence, 2) is not held


def test_a_capture_with_one_pair_of_hosts_is_still_divided(
    read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    packets = [
        packet for number in range(30) for packet in wire.session([("c", b"hello")], port=9, sport=41_000 + number)
    ]
    whole = read(wire.pcap(packets))
    monkeypatch.setattr(survey, "PARTITION_PACKETS", 50)
    sizes = []
    columns = survey.columns
    monkeypatch.setattr(survey, "columns", lambda records: sizes.append(len(records)) or columns(records))
    assert _known(read(wire.pcap(packets))) == _known(whole)
    assert len(sizes) > 3
    assert max(sizes) < len(packets) / 2


def test_excerpts_still_find_a_flow(wire: Any) -> None:
    packets = _mixed(wire)
    view = memoryview(wire.pcap(packets))
    assert len(b"".join(excerpt.capture_of(view, excerpt.Asked(24)))) > 24


@pytest.mark.parametrize(("megabytes", "slices"), [(1, 1), (128, 1), (129, 2), (512, 2), (513, 4), (3_000, 12)])
def test_captures_that_take_long_have_an_even_number_of_slices(megabytes: int, slices: int) -> None:
    size = megabytes << 20
    found = capture.PARSER.slices(Evidence("E001", "a", Path("a"), size, "0" * 64))
    assert len(found) == slices
    assert (found[0].start, found[-1].stop) == (0, size)
