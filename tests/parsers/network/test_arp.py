"""ARP: messages as rows, claims that contradict one another, hardware addresses of flows."""

from __future__ import annotations

import random
import struct
from typing import Any

import pytest

from parsers.network import arp_spill

ONE, TWO, NONE = "02:00:00:00:00:01", "02:00:00:00:00:99", "00:00:00:00:00:00"


def message(wire: Any, operation: int, sender: tuple[str, str], target: tuple[str, str], hardware: int = 1) -> bytes:
    """An ARP message in a frame from 02:00:00:00:00:01."""
    ends = b"".join(
        bytes.fromhex(mac.replace(":", "")) + bytes(map(int, ip.split("."))) for mac, ip in (sender, target)
    )
    # hardware, IPv4, sizes of their addresses, operation
    out: bytes = wire.ethernet(struct.pack(">HHBBH", hardware, 0x0800, 6, 4, operation) + ends, 0x0806)
    return out


def test_request_and_reply(read: Any, wire: Any) -> None:
    packets = [
        message(wire, 1, (ONE, "192.0.2.10"), (NONE, "192.0.2.1")),
        message(wire, 2, (ONE, "192.0.2.1"), (TWO, "192.0.2.10")),
    ]
    result = read(wire.pcap(packets))
    request, reply = result.arp
    assert (request["event"], request["sender_mac"], request["src_ip"], request["target_ip"]) == (
        "arp.request", ONE, "192.0.2.10", "192.0.2.1",
    )  # fmt: skip
    assert (reply["event"], reply["operation"], reply["target_mac"], reply["packet_first"]) == (
        "arp.reply",
        "reply",
        TWO,
        2,
    )
    assert (request["flags"], request["gratuitous"], request["frame_mac"]) == ("", False, ONE)
    assert (result.problems, result.ledger.read) == ([], len(result.data))
    assert result.row_bytes(reply)[16:] == packets[1]


def test_scapys_message(read: Any, wire: Any) -> None:
    from scapy.layers.l2 import ARP, Dot1Q, Ether

    frame = Ether(src=TWO, dst="ff:ff:ff:ff:ff:ff") / Dot1Q(vlan=5)
    frame /= ARP(op="who-has", hwsrc=TWO, psrc="192.0.2.7", pdst="192.0.2.7")
    (row,) = read(wire.pcap([bytes(frame)])).arp
    assert (row["operation"], row["sender_mac"], row["gratuitous"], row["frame_mac"]) == ("request", TWO, True, TWO)


def test_two_claim_one_address(read: Any, wire: Any) -> None:
    """A claims, B claims, B again, A again: two changes, in order of time whatever the order in the file."""
    claims = [(ONE, "192.0.2.1"), (TWO, "192.0.2.1"), (TWO, "192.0.2.1"), (ONE, "192.0.2.1"), (TWO, "192.0.2.50")]
    records = [
        wire.pcap_record(message(wire, 2, claim, (ONE, "192.0.2.10")), wire.start + second)
        for second, claim in enumerate(claims)
    ]
    random.Random(2).shuffle(records)
    result = read(wire.pcap_head() + b"".join(records))
    rows = sorted(result.arp, key=lambda row: row["time"])
    assert ["arp-conflict" in row["flags"] for row in rows] == [False, True, False, True, False]
    assert [row.get("conflict_mac") for row in rows] == [None, ONE, None, TWO, None]
    assert "sender-differs" in rows[1]["flags"]  # the frame came from 02:00:00:00:00:01
    weird = sorted(result.weird, key=lambda row: row["time"])
    assert [(row["name"], row["addl"]) for row in weird] == [
        ("arp_conflict", f"192.0.2.1 is at {TWO}, after {ONE} had said so of itself"),
        ("arp_conflict", f"192.0.2.1 is at {ONE}, after {TWO} had said so of itself"),
    ]


def test_a_probe_claims_nothing(read: Any, wire: Any) -> None:
    probes = [message(wire, 1, (mac, "0.0.0.0"), (NONE, "192.0.2.1")) for mac in (ONE, TWO)]
    assert read(wire.pcap(probes)).weird == []


def test_damaged_and_cut_messages(read: Any, wire: Any) -> None:
    whole = message(wire, 1, (ONE, "192.0.2.10"), (NONE, "192.0.2.1"))
    result = read(
        wire.pcap([whole, whole[:30], message(wire, 1, (ONE, "192.0.2.10"), (NONE, "192.0.2.1"), hardware=7)])
    )
    assert len(result.arp) == 1
    assert result.reasons == ["2 ARP messages are cut, or not about Ethernet and IPv4: not read; first is packet 1"]


def test_a_message_inside_a_tunnel(read: Any, wire: Any) -> None:
    inside = message(wire, 1, (TWO, "192.0.2.10"), (NONE, "192.0.2.1"))
    result = read(wire.pcap([wire.udp(("192.0.2.1", 5, "192.0.2.2", 4789), b"\x08" + bytes(7) + inside)]))
    (row,) = result.arp
    assert (row["sender_mac"], row["flags"], "frame_mac" in row) == (TWO, "", False)


def test_hardware_addresses_of_a_flow(read: Any, wire: Any) -> None:
    (row,) = read(wire.pcap([wire.udp(("192.0.2.1", 5, "192.0.2.2", 9), b"x")])).conn
    assert (row["orig_l2_addr"], row["resp_l2_addr"]) == (ONE, "02:00:00:00:00:02")
    cooked = b"\0\0\0\x01\0\x06\x02\0\0\0\0\x77\0\0\x08\0" + wire.udp(("192.0.2.1", 5, "192.0.2.2", 9), b"x")[14:]
    (row,) = read(wire.pcap([cooked], link=113)).conn
    assert (row["orig_l2_addr"], "resp_l2_addr" in row) == ("02:00:00:00:00:77", False)
    back = [
        wire.tcp(("192.0.2.2", 80, "192.0.2.1", 5), 9, wire.syn | wire.ack),
        wire.tcp(("192.0.2.1", 5, "192.0.2.2", 80), 8, wire.ack),
    ]
    (row,) = read(wire.pcap(back)).conn
    assert (row["id_orig_p"], row["orig_l2_addr"], row["resp_l2_addr"]) == (5, "02:00:00:00:00:02", ONE)


@pytest.mark.parametrize("at_once", [1, 7, 40])
def test_a_flood_is_read_in_portions(read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    """One address is claimed by turns more often than a portion has messages, others now and then."""
    chance = random.Random(3)
    packets = []
    for _ in range(200):
        ip = chance.choice(["192.0.2.1", f"192.0.2.{chance.randrange(2, 9)}"])
        packets.append(message(wire, 2, (chance.choice([ONE, TWO]), ip), (ONE, "192.0.2.200")))

    def rows(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return sorted(({**row, "file": ""} for row in found), key=lambda row: row["record"])

    whole = read(wire.pcap(packets))
    monkeypatch.setattr(arp_spill, "AT_ONCE", at_once)
    monkeypatch.setattr("parsers.network.spill.PORTION", 5)
    monkeypatch.setattr("parsers.network.pcap.WINDOW_BYTES", 300)
    pieces = read(wire.pcap(packets))
    assert rows(pieces.arp) == rows(whole.arp)
    assert rows(pieces.weird) == rows(whole.weird)
    assert len(whole.weird) > 60
