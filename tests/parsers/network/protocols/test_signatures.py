"""Services that only their first bytes give away, by hand and by scapy; what differs by a byte is none."""

from __future__ import annotations

from typing import Any

import pytest

PEER = b"\x13BitTorrent protocol" + bytes(8) + b"h" * 20 + b"-XX0001-" + bytes(12)
PING = b"d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe"  # the example of BEP 5
BINDING = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + b"transactionx"
CLIENT, SERVER = b"client01", b"server01"
ASKED_VPN = b"\x38" + CLIENT + b"\0" + bytes(4)  # reset, session, nothing acknowledged, packet 0
SAID_VPN = (
    b"\x40" + SERVER + b"\x01" + bytes(4) + CLIENT + bytes(4)
)  # reset, session, packet 0 of the client's session, packet 0


def services(read: Any, wire: Any, asked: bytes, said: bytes = b"") -> list[str | None]:
    packets = [wire.udp((wire.client, 40000, wire.server, 40001), asked)]
    if said:
        packets.append(wire.udp((wire.server, 40001, wire.client, 40000), said))
    result = read(wire.pcap(packets))
    assert (result.problems, result.weird) == ([], [])
    return [row.get("service") for row in result.conn]


@pytest.mark.parametrize(
    ("service", "asked", "said"),
    [
        ("wireguard", b"\x01\0\0\0" + bytes(144), b"\x02\0\0\0" + bytes(88)),
        ("wireguard", b"\x01\0\0\0" + bytes(144), b""),
        ("stun", BINDING, b""),
        ("bittorrent", PING, b""),
        ("openvpn", ASKED_VPN, SAID_VPN),
        (None, b"\x01\0\0\0" + bytes(143), b""),  # a byte too short
        (None, b"\x01\0\0\0" + bytes(144), b"\x03\0\0\0" + bytes(88)),  # another answer
        (None, BINDING + b"\0", b""),  # longer than it says
        (None, BINDING.replace(b"\xa4", b"\xa5"), b""),
        (None, ASKED_VPN, SAID_VPN.replace(CLIENT, SERVER)),  # another client's session
        (None, PING[1:], b""),
    ],
)
def test_datagrams(read: Any, wire: Any, service: str | None, asked: bytes, said: bytes) -> None:
    assert services(read, wire, asked, said) == [service]


def test_peers_over_tcp(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session([("c", PEER[:7]), ("c", PEER[7:]), ("s", PEER)], port=6881)))
    assert result.conn[0]["service"] == "bittorrent"


def test_stun_that_scapy_writes(read: Any, wire: Any) -> None:
    from scapy.contrib.stun import STUN, STUNXorMappedAddress

    raw = bytes(STUN(stun_message_type=0x0101, attributes=[STUNXorMappedAddress(xport=1234, xip="192.0.2.9")]))
    assert services(read, wire, raw) == ["stun"]
