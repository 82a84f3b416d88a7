"""Payload laid side by side in memory says what it says in the file."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from parsers.network import gathered_payload
from parsers.network.flows import build
from parsers.network.gathered_payload import MOST, gathered
from parsers.network.ip_packets import FRAME, Captured, backwards, columns
from parsers.network.ip_packets import gathered as records
from parsers.network.packets import decode
from parsers.network.partitions import Partition
from parsers.network.pcap import walk
from parsers.network.segments import in_sequence
from parsers.network.space import Space
from parsers.network.streams import pieces
from timelines.compiled import load


@pytest.fixture(autouse=True)
def anything(monkeypatch: pytest.MonkeyPatch) -> None:
    load()
    monkeypatch.setattr(gathered_payload, "LEAST", 0)


def _packets(wire: Any) -> list[bytes]:
    """Streams with repeated, overlapping and missing bytes, one behind another in the file; datagrams, one of them in fragments."""
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + bytes(range(250)) * 8
    one = wire.session(
        [("c", b"GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n"), ("s", reply[:700]), ("s", reply[700:])]
    )
    two = wire.session([("c", b"USER alice\r\n"), ("c", b"PASS wonder\r\n")], sport=40_001, port=9)
    up = (wire.client, 40_001, wire.server, 9)
    two[-3:-3] = [
        wire.tcp(up, at, wire.ack, data) for at, data in ((1_006, b"alice\r\nPOSS"), (1_001, b"U"), (1_100, b"far"))
    ]
    whole = b"\x10\x00\x20\x00" + (8 + 1_600).to_bytes(2, "big") + b"\0\0" + b"y" * 1_600
    ends = "203.0.113.1", "192.0.2.99"
    parts = [wire.ip(*ends, 17, whole[:800], 0x2000), wire.ip(*ends, 17, whole[800:], 100)]
    grams = [wire.udp(("192.0.2.1", 4_000, "198.51.100.9", 4_001), b"n%d" % number * number) for number in range(9)]
    rest = [wire.ethernet(part) for part in parts] + grams
    return [
        one.pop(0) if one and at % 3 else (two or rest or one).pop(0) for at in range(len(one) + len(two) + len(rest))
    ]


def _places(space: Space, at: Any, size: Any) -> list[bytes]:
    return [bytes(space[a : a + n]) for a, n in zip(at.tolist(), size.tolist(), strict=True)]


def _read(data: bytes) -> tuple[Any, ...]:
    space = Space(memoryview(data))
    packed = walk(space.view, space.buffer).packets
    packets = columns(records(decode(space, packed), Captured(packed, backwards(packed))))
    flows = build(packets)
    return space, packets, flows, in_sequence(packets, flows)


def test_every_place_holds_the_same_bytes(wire: Any) -> None:
    space, packets, flows, segments = _read(wire.pcap(_packets(wire)))
    room = np.full(MOST, 0xAA, np.uint8)
    found = gathered(Partition(space, packets), flows, segments, room)
    rows = np.flatnonzero(packets.captured > 0)
    assert (packets.at[rows] >= space.size).any(), "none was put together from fragments"
    size = packets.captured[rows]
    assert _places(found.space, found.packets.at[rows], size) == _places(space, packets.at[rows], size)
    again = segments.repeated
    assert (again > 0).any()
    for begin, many in ((0, segments.held), (again, again)):
        assert _places(found.space, found.segments.at - begin, many) == _places(space, segments.at - begin, many)
    first = flows.order[flows.first]
    frames = _places(space, packets.record[first] + packets.frame[first], np.full(len(first), FRAME))
    assert found.heads is not None
    assert [head.tobytes() for head in found.heads] == frames


def test_few_pages_are_mapped_before_they_may_be_let_go_of(wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathered_payload, "BLOCK", 7)
    monkeypatch.setattr(gathered_payload, "BLOCKS_AT_ONCE", 3)
    copied: list[set[int]] = []
    copy = gathered_payload.copy

    def watched(data: Any, order: Any, at: Any, *rest: Any) -> None:
        copied.append(set((at[order] >> 7).tolist()))
        copy(data, order, at, *rest)

    monkeypatch.setattr(gathered_payload, "copy", watched)
    test_every_place_holds_the_same_bytes(wire)
    assert len(copied) > 3
    assert max(map(len, copied)) <= 3


def test_a_stream_lies_in_one_piece(wire: Any) -> None:
    space, packets, flows, segments = _read(wire.pcap(_packets(wire)))
    found = gathered(Partition(space, packets), flows, segments, np.empty(MOST, np.uint8))
    held = pieces(found.space, found.segments, len(flows))
    (stream,) = np.flatnonzero(np.diff(held.bounds) == 2)[:1]
    one, two = held.bounds[stream], held.bounds[stream] + 1
    assert held.at[two] == held.at[one] + held.length[one]


def test_what_is_too_much_stays_in_the_file(wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    space, packets, flows, segments = _read(wire.pcap(_packets(wire)))
    monkeypatch.setattr(gathered_payload, "MOST", 100)
    found = gathered(Partition(space, packets), flows, segments, np.empty(200, np.uint8))
    assert found.space is space
    assert found.heads is None
    assert (found.packets.at == packets.at).all()


def test_rows_are_those_of_the_file(read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    data = wire.pcap(_packets(wire))
    taken = read(data)
    monkeypatch.setattr(gathered_payload, "LEAST", len(data) + 1)
    left = read(data)
    assert {"net/conn", "net/http", "net/weird"} <= set(left.rows)
    assert _told(taken) == _told(left)
    assert [(p.offset, p.reason) for p in taken.problems] == [(p.offset, p.reason) for p in left.problems]


def _told(result: Any) -> list[str]:
    """All rows but for the name of the file, which each reading has its own of."""
    rows = (row for found in result.rows.values() for row in found)
    return sorted(repr(sorted((name, value) for name, value in row.items() if name != "file")) for row in rows)
