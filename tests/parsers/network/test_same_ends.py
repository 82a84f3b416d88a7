"""The packets of a flow are found without decoding the file, and are the same wherever the search begins."""

from __future__ import annotations

from typing import Any

import pytest

from parsers.network import same_ends
from parsers.network.excerpt import Asked, choose
from parsers.network.same_ends import Reach
from tests.parsers.network.conftest import EVIDENCE

PORTS = (40_001, 40_002, 40_003)


def _mixed(wire: Any) -> list[bytes]:
    """Three connections of the same ends side by side, one of other ends, and datagrams whose payload holds the addresses of the first."""
    talks = [wire.session([("c", b"ask"), ("s", b"answer " * 9)], port=9, sport=port) for port in PORTS]
    ends = bytes(map(int, f"{wire.client}.{wire.server}".split(".")))
    lying = wire.udp(("203.0.113.1", 5, "203.0.113.2", 6), ends * 40)
    other = wire.udp((wire.client, 5, "203.0.113.2", 6), b"x")
    return [packet for group in zip(*talks, strict=True) for packet in (*group, lying, other)]


def test_every_row_leads_to_the_same_packets_with_and_without_its_reach(read: Any, wire: Any) -> None:
    packets = _mixed(wire)
    data = wire.pcap(packets)
    rows = [*read(data).conn]
    assert len(rows) == len(PORTS) + 2
    view = memoryview(data)
    for row in rows:
        reach = Reach(row["offset"], row["packet_first"] - 1, row["packet_last"] - 1)
        near, far = choose(view, Asked(row["offset"], reach=reach)), choose(view, Asked(row["offset"]))
        assert near.places.tolist() == far.places.tolist()
        assert len(near.places) == row["orig_pkts"] + row["resp_pkts"]
        assert (near.packets.record == far.packets.record).all()
        mine = [number for number, packet in enumerate(packets) if packet == packets[row["packet_first"] - 1]]
        assert set(mine) & set(near.places.tolist())


def test_only_packets_with_the_ends_are_decoded(wire: Any) -> None:
    """Of the datagrams that hold the addresses in their payload each counts once, whatever it repeats."""
    data = wire.pcap(_mixed(wire))
    found = same_ends.same_ends(memoryview(data), 24)
    assert (
        len(found.numbers) == 8 * len(PORTS) + 8
    )  # a connection has eight packets, and with each round comes one that lies
    assert (found.numbers[found.at], found.gaps) == (0, ())


def test_a_flow_in_several_windows(wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    data = wire.pcap(_mixed(wire))
    whole = choose(memoryview(data), Asked(24)).places.tolist()
    monkeypatch.setattr("parsers.network.pcap.WINDOW_BYTES", 200)
    assert choose(memoryview(data), Asked(24)).places.tolist() == whole
    assert choose(memoryview(data), Asked(24, reach=Reach(24, 0, max(whole)))).places.tolist() == whole


def test_a_packet_without_addresses_stands_alone(wire: Any) -> None:
    strange = wire.ethernet(b"strange", 0x88B5)
    data = wire.pcap([strange, strange])
    assert choose(memoryview(data), Asked(24)).places.tolist() == [0]


def test_a_flow_inside_another_leads_to_the_outer_one(read: Any, wire: Any) -> None:
    """The reach of the inner flow is shorter than the outer one: the file is searched then."""
    inner = wire.ip(wire.client, "203.0.113.9", 17, bytes([0, 7, 0, 9, 0, 9, 0, 0, 120]))
    tunnel = wire.ethernet(wire.ip(wire.client, wire.server, 4, inner))
    plain = wire.ethernet(wire.ip(wire.client, wire.server, 4, b"\x45"))
    data = wire.pcap([plain, tunnel, plain])
    (row,) = [row for row in read(data).conn if row["proto"] == "udp"]
    chosen = choose(memoryview(data), Asked(row["offset"], reach=Reach(row["offset"], 1, 1)))
    assert chosen.places.tolist() == choose(memoryview(data), Asked(row["offset"])).places.tolist()


@pytest.mark.evidence
def test_real_captures(read_file: Any) -> None:
    """Both ways give the same packets for the first rows of every capture that holds no damage."""
    seen = 0
    for path in sorted(EVIDENCE.rglob("*.pcap*")):
        if path.stat().st_size > 1 << 20:
            continue
        result = read_file(path)
        view = memoryview(result.data)
        for row in result.conn[:3]:
            if "time-backwards" in (row.get("flags") or "") or row["packet_first"] > row["packet_last"]:
                continue  # its first packet in time is not its first in the file, so the case gives no reach
            reach = Reach(row["offset"], row["packet_first"] - 1, row["packet_last"] - 1)
            near, far = choose(view, Asked(row["offset"], reach=reach)), choose(view, Asked(row["offset"]))
            assert result.ledger.damaged or near.places.tolist() == far.places.tolist(), path.name
            seen += 1
    assert seen > 50
