"""The contract of every protocol: one conversation by hand and the same carried by scapy, each whole, shuffled, damaged and cut."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from parsers.network.protocols import all_dissectors
from tests.parsers.network.protocols.hardships import damaged_and_cut_files, damaged_and_thinned, moved, stamped, told
from tests.parsers.network.protocols.spoken import SERVICES, Spoken, spoken

# The data channels of FTP are no conversation of their own: test_ftp.py foretells them by hand and by scapy.
APART = {"ftp-data"}


def packets(wire: Any, said: Spoken) -> list[bytes]:
    if said.tcp:
        made: list[bytes] = wire.session(said.turns, port=said.port)
        return made
    up = wire.client, said.client_port, wire.server, said.port
    down = wire.server, said.port, wire.client, said.client_port
    return [wire.udp(up if side == "c" else down, data) for side, data in said.turns]


def by_scapy(folder: Path, wire: Any, said: Spoken) -> bytes:
    """The same words in packets that scapy makes and writes."""
    from scapy.layers.inet import IP, TCP, UDP
    from scapy.layers.l2 import Ether
    from scapy.packet import Raw
    from scapy.utils import wrpcap

    at, out = {"c": 1, "s": 1}, []
    for side, data in said.turns:
        src, dst = (wire.client, wire.server) if side == "c" else (wire.server, wire.client)
        sport, dport = (said.client_port, said.port)[:: 1 if side == "c" else -1]
        other = "s" if side == "c" else "c"
        layer = (
            TCP(sport=sport, dport=dport, flags="PA", seq=at[side], ack=at[other])
            if said.tcp
            else UDP(sport=sport, dport=dport)
        )
        out.append(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src=src, dst=dst) / layer / Raw(data))
        out[-1].time = wire.start + len(out)
        at[side] += len(data)
    wrpcap(str(folder / "scapy.pcap"), out)
    return (folder / "scapy.pcap").read_bytes()


def in_records(data: bytes) -> list[bytes]:
    """The packets of a capture file of little-endian records."""
    at, out = 24, []
    while at < len(data):
        size = int.from_bytes(data[at + 8 : at + 12], "little")
        out.append(data[at + 16 : at + 16 + size])
        at += 16 + size
    return out


def test_every_protocol_has_a_conversation() -> None:
    assert {dissector.service for dissector in all_dissectors()} - APART == set(SERVICES)


def bear_harm(read: Any, wire: Any, made: list[bytes], service: str) -> None:
    """Damaged, thinned, cut anywhere: rows or problems, no exception (`read` checks the ledger); one among them is read as ever."""
    dice = random.Random(20260102)
    others = [[moved(packet, by) for packet in made] for by in range(1, 13)]
    among = [*made, *damaged_and_thinned(others, dice)]
    result = read(stamped(wire, among, list(range(len(among)))))
    assert service in next(row for row in result.conn if row["packet_first"] == 1)["service"].split(",")
    damaged_and_cut_files(read, stamped(wire, made, list(range(len(made)))), dice, 1)


@pytest.mark.parametrize("service", SERVICES)
def test_by_hand_whole_shuffled_damaged_and_cut(read: Any, wire: Any, service: str) -> None:
    said = spoken(service)
    made = packets(wire, said)
    order = list(range(len(made)))
    whole = read(stamped(wire, made, order))
    assert service in whole.conn[0]["service"].split(",")
    assert all(getattr(whole, family) for family in said.families)
    for again in (order[::-1], random.Random(7).sample(order, len(order))):
        other = read(stamped(wire, made, again))
        assert told(other, said.families) == told(whole, said.families)
        assert other.conn[0]["service"] == whole.conn[0]["service"]
    bear_harm(read, wire, made, service)


@pytest.mark.parametrize("service", SERVICES)
def test_by_scapy_whole_damaged_and_cut(read: Any, wire: Any, tmp_path: Path, service: str) -> None:
    said = spoken(service)
    data = by_scapy(tmp_path, wire, said)
    whole = read(data)
    assert service in whole.conn[0]["service"].split(",")
    by_hand = read(wire.pcap(packets(wire, said), step=1_000_000))
    for family in said.families:
        values = [
            [{name: row.get(name) for name in ("event", "object")} for row in getattr(one, family)]
            for one in (whole, by_hand)
        ]
        assert values[0], family
        assert values[0] == values[1]
    bear_harm(read, wire, in_records(data), service)
