"""DHCPv6 exchanges by hand (RFC 8415 sections 8, 9, 21) and by scapy: whole, relayed, refused, cut and damaged."""

from __future__ import annotations

import struct
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any

import pytest

from parsers.network.protocols.dhcpv6.messages import message
from tests.parsers.network.protocols.hardships import bear, stamped

CLIENT, SERVER, ALL, RELAY = "fe80::1", "fe80::2", "ff02::1:2", "2001:db8:1::1"
GIVEN = "2001:db8:1::50"
START = 1_767_323_045
# identifiers: link-layer address and time (kind 1, Ethernet, seconds, address); link-layer address (kind 3)
CLIENT_ID = bytes.fromhex("0001 0001 2c000000 020000000001")
SERVER_ID = bytes.fromhex("0003 0001 020000000002")


def option(code: int, data: bytes) -> bytes:
    return struct.pack(">HH", code, len(data)) + data


def said(kind: int, *options: bytes, number: int = 0xABCDEF) -> bytes:
    return bytes([kind]) + number.to_bytes(3, "big") + b"".join(options)


def addresses(*inside: bytes) -> bytes:
    return option(3, struct.pack(">III", 1, 0, 0) + b"".join(inside))  # identity 1, no times of renewal


def address(text: str = GIVEN, valid: int = 7200) -> bytes:
    return option(5, IPv6Address(text).packed + struct.pack(">II", 3600, valid))  # preferred, valid


ASKS = (option(1, CLIENT_ID), addresses(), option(6, struct.pack(">HH", 23, 24)))
NAMED = option(39, b"\x00\x04pc01\x07example\x00")  # flags, a name in DNS form
VENDOR = option(16, struct.pack(">IH", 311, 8) + b"MSFT 5.0")
TELLS = (
    option(1, CLIENT_ID), option(2, SERVER_ID), addresses(address()), option(23, IPv6Address("2001:db8::53").packed),
    option(24, b"\x07example\x03org\x00\x03lab\x07example\x00"),
)  # fmt: skip


def up(wire: Any, data: bytes) -> bytes:
    packet: bytes = wire.udp((CLIENT, 546, ALL, 547), data)
    return packet


def down(wire: Any, data: bytes) -> bytes:
    packet: bytes = wire.udp((SERVER, 547, CLIENT, 546), data)
    return packet


def lease(wire: Any) -> list[bytes]:
    """SOLICIT, ADVERTISE; REQUEST, REPLY: two exchanges, each with an identifier of its own."""
    return [
        up(wire, said(1, *ASKS, NAMED, VENDOR)),
        down(wire, said(2, *TELLS)),
        up(wire, said(3, option(1, CLIENT_ID), option(2, SERVER_ID), addresses(address()), number=0xABCDF0)),
        down(wire, said(7, *TELLS, number=0xABCDF0)),
    ]


def test_a_lease(read: Any, wire: Any) -> None:
    result = read(stamped(wire, lease(wire), [0, 1, 2, 3]))
    offered, given = result.dhcpv6
    assert (offered["msg_types"], given["msg_types"]) == ("SOLICIT,ADVERTISE", "REQUEST,REPLY")
    assert (offered.get("outcome"), given["outcome"]) == (None, "success")
    assert (offered["client_fqdn"], offered["vendor_class"], offered["param_list"]) == (
        "pc01.example",
        "MSFT 5.0",
        "23,24",
    )
    assert (offered["options"], offered["trans_id"], given["trans_id"]) == ("1,3,6,39,16", "abcdef", "abcdf0")
    assert (given["assigned_addr"], given["requested_addr"], given["lease_time"], given["object"]) == (
        GIVEN,
        GIVEN,
        7200,
        GIVEN,
    )
    assert (given["mac"], given["client_duid"], given["server_duid"]) == (
        "02:00:00:00:00:01",
        CLIENT_ID.hex(),
        SERVER_ID.hex(),
    )
    assert (given["domain"], given["dns_servers"]) == ("example.org,lab.example", "2001:db8::53")
    assert (given["client_addr"], given["client_port"], given["server_addr"], given["server_port"]) == (
        CLIENT,
        546,
        SERVER,
        547,
    )
    assert sorted(given["uids"].split(",")) == sorted(flow["uid"] for flow in result.conn)
    assert (given["duration"], given["packet_first"], given["packet_last"]) == (1_000_000, 3, 4)
    assert [flow["service"] for flow in result.conn] == ["dhcpv6", "dhcpv6"]
    assert result.weird == []


def relayed(kind: int, inner: bytes, *more: bytes, peer: str = CLIENT) -> bytes:
    # type, hops, link address, peer address, relayed message
    head = bytes([kind, 0]) + IPv6Address("2001:db8:7::").packed + IPv6Address(peer).packed
    return head + b"".join(more) + option(9, inner)


def test_relays_are_looked_through(read: Any, wire: Any) -> None:
    hardware = option(79, b"\x00\x01" + bytes.fromhex("0200000000aa"))
    asked = relayed(12, relayed(12, said(1, *ASKS, option(14, b"")), hardware), peer="2001:db8:7::1")
    told = relayed(13, relayed(13, said(7, *TELLS)), peer="2001:db8:7::1")
    packets = [wire.udp((RELAY, 547, "2001:db8::547", 547), asked), wire.udp(("2001:db8::547", 547, RELAY, 547), told)]
    (row,) = read(stamped(wire, packets, [0, 1])).dhcpv6
    assert (row["msg_types"], row["relay_addr"], row["client_addr"], row["server_addr"]) == (
        "SOLICIT,REPLY", "2001:db8:7::", CLIENT, "2001:db8::547",
    )  # fmt: skip
    assert (row["mac"], row["assigned_addr"]) == ("02:00:00:00:00:01", GIVEN)  # the answer's, from the identifier


def test_a_network_to_hand_on(read: Any, wire: Any) -> None:
    # identity, times; inside: preferred, valid, 56 bits, prefix
    prefix = option(26, struct.pack(">IIB", 100, 200, 56) + IPv6Address("2001:db8:ab00::").packed)
    reply = said(7, option(1, CLIENT_ID), option(25, struct.pack(">III", 1, 0, 0) + prefix))
    (row,) = read(stamped(wire, [up(wire, said(3, *ASKS)), down(wire, reply)], [0, 1])).dhcpv6
    assert (row["assigned_prefix"], row["lease_time"], row["outcome"]) == ("2001:db8:ab00::/56", 200, "success")


@pytest.mark.parametrize("inside", [True, False])
def test_a_refusal(read: Any, wire: Any, inside: bool) -> None:
    status = option(13, struct.pack(">H", 2) + b"pool is empty")
    told = [option(1, CLIENT_ID), addresses(status) if inside else status]
    (row,) = read(stamped(wire, [up(wire, said(3, *ASKS)), down(wire, said(7, *told))], [0, 1])).dhcpv6
    assert (row["status"], row["server_message"], row["outcome"]) == ("NoAddrsAvail", "pool is empty", "failure")


def test_a_client_that_finds_the_address_taken(read: Any, wire: Any) -> None:
    packets = [up(wire, said(9, option(1, CLIENT_ID), addresses(address()))), down(wire, said(7, option(1, CLIENT_ID)))]
    (row,) = read(stamped(wire, packets, [0, 1])).dhcpv6
    assert (row["msg_types"], row["outcome"], row["requested_addr"]) == ("DECLINE,REPLY", "failure", GIVEN)


def test_another_client_and_a_later_time_are_other_exchanges(read: Any, wire: Any) -> None:
    other = said(1, option(1, CLIENT_ID[:-1] + b"\x09"), addresses())
    times = [(said(1, *ASKS), 0), (other, 1), (said(1, *ASKS), 160)]
    data = wire.pcap_head() + b"".join(wire.pcap_record(up(wire, raw), wire.start + at) for raw, at in times)
    assert [row["mac"][-1] for row in read(data).dhcpv6] == ["1", "9", "1"]


def test_shuffled_damaged_and_cut(read: Any, wire: Any) -> None:
    bear(read, wire, lease(wire), "dhcpv6", names=(CLIENT_ID,))


def test_options_beyond_the_message(read: Any, wire: Any) -> None:
    (row,) = read(wire.pcap([up(wire, said(1, *ASKS) + b"\x00\x17\x00\x40ab")])).dhcpv6
    assert (row["param_list"], row["flags"]) == ("23,24", "truncated")


@pytest.mark.parametrize("data", [b"\x01\x02\x03", b"\x0c\x00" + bytes(20), relayed(12, b""), b"\x63" + bytes(8)])
def test_what_is_no_message(read: Any, wire: Any, data: bytes) -> None:
    result = read(wire.pcap([up(wire, data), *lease(wire)]))
    assert [row["msg_types"] for row in result.dhcpv6] == ["SOLICIT,ADVERTISE", "REQUEST,REPLY"]
    assert [row["packet_first"] for row in result.weird] == [1]


def test_nesting_and_counts_are_bounded() -> None:
    deep = said(1, *ASKS)
    for _ in range(9):
        deep = relayed(12, deep)
    with pytest.raises(ValueError, match="more than 8 relays"):
        message(deep)
    found = message(said(1, *[option(8, b"\0\0")] * 5_000))
    assert ({code: len(contents) for code, contents in found.options.items()}, found.whole) == ({8: 512}, False)
    nested = b""
    for _ in range(2_000):
        nested = addresses(nested)[:65_535]
    assert sum(map(len, message(said(1, nested)).options.values())) <= 512


def test_by_scapy(read: Any, tmp_path: Path) -> None:
    from scapy.layers.dhcp6 import (
        DUID_LL,
        DHCP6_Reply,
        DHCP6_Request,
        DHCP6OptClientFQDN,
        DHCP6OptClientId,
        DHCP6OptIA_NA,
        DHCP6OptIAAddress,
        DHCP6OptServerId,
    )  # fmt: skip
    from scapy.layers.inet import UDP
    from scapy.layers.inet6 import IPv6
    from scapy.layers.l2 import Ether
    from scapy.utils import wrpcap

    who = DHCP6OptClientId(duid=DUID_LL(lladdr="02:00:00:00:00:01"))
    by = DHCP6OptServerId(duid=DUID_LL(lladdr="02:00:00:00:00:02"))
    frame = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    held = DHCP6OptIAAddress(addr=GIVEN, preflft=60, validlft=90)
    packets = [
        frame / IPv6(src=CLIENT, dst=ALL) / UDP(sport=546, dport=547) / DHCP6_Request(trid=0x123456) / who / by
        / DHCP6OptIA_NA(iaid=1) / DHCP6OptClientFQDN(fqdn="pc02.example"),
        frame / IPv6(src=SERVER, dst=CLIENT) / UDP(sport=547, dport=546) / DHCP6_Reply(trid=0x123456) / who / by
        / DHCP6OptIA_NA(iaid=1, ianaopts=[held]),
    ]  # fmt: skip
    for at, packet in enumerate(packets):
        packet.time = START + at
    wrpcap(str(tmp_path / "scapy.pcap"), packets)
    (row,) = read((tmp_path / "scapy.pcap").read_bytes()).dhcpv6
    assert (row["trans_id"], row["msg_types"], row["client_fqdn"], row["assigned_addr"], row["lease_time"], row["mac"]) == (
        "123456", "REQUEST,REPLY", "pc02.example", GIVEN, 90, "02:00:00:00:00:01",
    )  # fmt: skip
