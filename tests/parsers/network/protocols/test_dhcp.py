"""DHCP exchanges by hand (RFC 2131 figures 1 and 3), by scapy, and against tshark."""

from __future__ import annotations

import random
import struct
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.parsers.network.tshark import TSHARK, by_tshark

MAC = bytes.fromhex("020000000001")
ALL, NONE = "255.255.255.255", "0.0.0.0"
GIVEN, SERVER = "192.0.2.50", "192.0.2.1"


def option(code: int, data: bytes) -> bytes:
    return bytes([code, len(data)]) + data


def dhcp(
    op: int, kind: int, options: bytes = b"", yours: str = NONE, number: int = 0x3903F326, end: bytes = b"\xff"
) -> bytes:
    head = struct.pack(">BBBBIHH", op, 1, 6, 0, number, 0, 0)  # op, Ethernet, address length, hops, xid, seconds, flags
    addresses = bytes(4) + bytes(map(int, yours.split("."))) + bytes(8)  # client, yours, next server, relay
    return (
        head
        + addresses
        + MAC
        + bytes(10)
        + bytes(192)
        + b"\x63\x82\x53\x63"
        + option(53, bytes([kind]))
        + options
        + end
    )


def up(wire: Any, data: bytes, src: str = NONE, dst: str = ALL) -> bytes:
    packet: bytes = wire.udp((src, 68, dst, 67), data)
    return packet


def down(wire: Any, data: bytes, src: str = SERVER, dst: str = ALL) -> bytes:
    packet: bytes = wire.udp((src, 67, dst, 68), data)
    return packet


def lease(wire: Any) -> list[bytes]:
    """DISCOVER, OFFER, REQUEST, ACK, all sent to everybody."""
    asked = option(12, b"pc01") + option(60, b"MSFT 5.0") + option(55, b"\x01\x0f\x03")
    told = option(54, bytes([192, 0, 2, 1])) + option(51, struct.pack(">I", 3600)) + option(15, b"example.org\0")
    return [
        up(wire, dhcp(1, 1, asked)),
        down(wire, dhcp(2, 2, told, GIVEN)),
        up(wire, dhcp(1, 3, asked + option(50, bytes([192, 0, 2, 50])) + option(81, b"\x04\0\0\x04pc01\x07example\0"))),
        down(wire, dhcp(2, 5, told, GIVEN)),
    ]


def test_four_messages_of_two_flows_are_one_row(read: Any, wire: Any) -> None:
    result = read(wire.pcap(lease(wire), step=1000))
    (row,) = result.dhcp
    assert (row["msg_types"], row["outcome"], row["duration"]) == ("DISCOVER,OFFER,REQUEST,ACK", "success", 3_000_000)
    assert (row["mac"], row["host_name"], row["client_fqdn"], row["domain"]) == (
        "02:00:00:00:00:01",
        "pc01",
        "pc01.example",
        "example.org",
    )
    assert (row["requested_addr"], row["assigned_addr"], row["client_addr"], row["object"]) == (
        GIVEN,
        GIVEN,
        GIVEN,
        GIVEN,
    )
    assert (row["server_addr"], row["server_port"], row["client_port"], row["lease_time"]) == (SERVER, 67, 68, 3600)
    assert (row["vendor_class"], row["param_list"], row["options"]) == ("MSFT 5.0", "1,15,3", "53,12,60,55,50,81")
    assert sorted(row["uids"].split(",")) == sorted(conn["uid"] for conn in result.conn)
    assert [conn["service"] for conn in result.conn] == ["dhcp", "dhcp"]
    assert (row["packet_first"], row["packet_last"], row["trans_id"]) == (1, 4, "3903f326")


def test_shuffled_packets_give_the_same_row(read: Any, wire: Any) -> None:
    records = [wire.pcap_record(packet, wire.start + at) for at, packet in enumerate(lease(wire))]
    straight = read(wire.pcap_head() + b"".join(records)).dhcp
    shuffled = read(wire.pcap_head() + b"".join(records[::-1])).dhcp
    own = {"offset", "record", "packet_first", "packet_last", "row_id", "file", "file_sha256"}
    drop = [{k: v for k, v in row.items() if k not in own} for row in (*straight, *shuffled)]
    assert drop[0] == drop[1]


def test_a_renewal_tells_addresses_by_its_flow_and_a_refusal_why(read: Any, wire: Any) -> None:
    packets = [
        up(wire, dhcp(1, 3, number=7), "192.0.2.60", SERVER),
        down(wire, dhcp(2, 6, option(56, b"wrong network"), number=7), SERVER, "192.0.2.60"),
    ]
    (row,) = read(wire.pcap(packets)).dhcp
    assert (row["client_addr"], row["server_message"], row["outcome"]) == ("192.0.2.60", "wrong network", "failure")
    assert "server_addr" not in row  # only who hands out an address is named, as in Zeek


def test_the_same_identifier_of_another_client_or_much_later_is_another_exchange(read: Any, wire: Any) -> None:
    other = dhcp(1, 1).replace(MAC, bytes.fromhex("020000000002"))
    records = [(dhcp(1, 1), 0), (other, 1), (dhcp(1, 1), 40)]
    data = wire.pcap_head() + b"".join(wire.pcap_record(up(wire, raw), wire.start + at) for raw, at in records)
    assert [(row["mac"][-1], row["msg_types"]) for row in read(data).dhcp] == [
        ("1", "DISCOVER"),
        ("2", "DISCOVER"),
        ("1", "DISCOVER"),
    ]


def test_overload_and_options_in_parts(read: Any, wire: Any) -> None:
    raw = bytearray(dhcp(1, 1, option(52, b"\x03") + option(12, b"long-")))
    raw[108:119] = option(12, b"name") + option(60, b"x") + b"\xff" + b"\0"  # file field
    raw[44:50] = option(56, b"why") + b"\xff"  # server name field
    (row,) = read(wire.pcap([up(wire, bytes(raw))])).dhcp
    assert (row["host_name"], row["vendor_class"], row["client_message"]) == ("long-name", "x", "why")
    assert row.get("flags", "") == ""


def test_damaged_and_cut_messages(read: Any, wire: Any) -> None:
    (row,) = read(wire.pcap([up(wire, dhcp(1, 1, option(12, b"pc01"), end=b"\x3c\x40abc"))])).dhcp
    assert (row["host_name"], row["flags"]) == ("pc01", "truncated")
    broken = dhcp(1, 1)
    result = read(wire.pcap([up(wire, broken[:236] + b"bad!" + broken[240:]), up(wire, broken[:100]), *lease(wire)]))
    assert [row["msg_types"] for row in result.dhcp] == ["DISCOVER,OFFER,REQUEST,ACK"]
    assert [weird["packet_first"] for weird in result.weird] == [1, 2]
    chance = random.Random(5)
    for size in range(0, len(broken), 9):
        read(wire.pcap([up(wire, broken[:size])]))
        spoilt = bytearray(broken)
        spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        read(wire.pcap([up(wire, bytes(spoilt))]))


def test_a_message_that_scapy_writes(read: Any, wire: Any) -> None:
    from scapy.layers.dhcp import BOOTP, DHCP

    options = [("message-type", "inform"), ("hostname", b"pc02"), ("client_id", b"\x01" + MAC), "end"]
    raw = bytes(BOOTP(op=1, chaddr=MAC, xid=99, ciaddr="192.0.2.61") / DHCP(options=options))
    (row,) = read(wire.pcap([up(wire, raw, "192.0.2.61")])).dhcp
    assert (row["msg_types"], row["host_name"], row["mac"], row["client_addr"]) == (
        "INFORM",
        "pc02",
        "02:00:00:00:00:01",
        "192.0.2.61",
    )


@pytest.mark.evidence
@pytest.mark.skipif(TSHARK is None, reason="tshark is not installed")
def test_real_captures_as_tshark_reads_them(captures: list[Path], read_file: Callable[[Path], Any]) -> None:
    numbers = {
        name: str(code) for code, name in enumerate(("DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK"), 1)
    }
    paths = [path for path in captures if path.name.startswith(("dhcp-", "smb2-ntlmssp", "sip-method", "decode-dce"))]
    for path, packets in zip(paths, by_tshark(paths, ("dhcp", "dhcp.id", "dhcp.option.dhcp")), strict=True):
        theirs = Counter(tuple("".join(values[:1]) for values in own) for dhcp, *own in packets if dhcp)
        rows = read_file(path).dhcp
        ours = Counter((f"0x{row['trans_id']}", numbers[kind]) for row in rows for kind in row["msg_types"].split(","))
        assert ours == theirs, path.name
