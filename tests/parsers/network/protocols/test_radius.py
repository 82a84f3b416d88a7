"""RADIUS packets by hand (the examples of RFC 2865 section 7) and by scapy."""

from __future__ import annotations

import random
import struct
from typing import Any

from tests.parsers.network.protocols.hardships import moved

# RFC 2865 section 7.1: nemo telnets to a host; the password is "arctangent", the shared secret "xyzzy5461"
ASKED = bytes.fromhex(
    "01 00 00 38 0f 40 3f 94 73 97 80 57 bd 83 d5 cb 98 f4 22 7a"  # Access-Request, 0, length 56, authenticator
    "01 06 6e 65 6d 6f"  # User-Name nemo
    "02 12 0d be 70 8d 93 d4 13 ce 31 96 e4 3f 78 2a 0a ee"  # User-Password, hidden
    "04 06 c0 a8 01 10 05 06 00 00 00 03"  # NAS-IP-Address 192.168.1.16, NAS-Port 3
)
SAID = bytes.fromhex(
    "02 00 00 26 86 fe 22 0e 76 24 ba 2a 10 05 f6 bf 9b 55 e0 b2"  # Access-Accept, 0, length 38
    "06 06 00 00 00 01 0f 06 00 00 00 00 0e 06 c0 a8 01 03"  # Service-Type, Login-Service, Login-IP-Host
)


def attribute(kind: int, value: bytes) -> bytes:
    return bytes([kind, 2 + len(value)]) + value


def packet(code: int, number: int, attributes: bytes, authenticator: bytes = bytes(16)) -> bytes:
    return struct.pack(">BBH", code, number, 20 + len(attributes)) + authenticator + attributes


def up(wire: Any, data: bytes, port: int = 1812) -> bytes:
    out: bytes = wire.udp((wire.client, 40000, wire.server, port), data)
    return out


def down(wire: Any, data: bytes, port: int = 1812) -> bytes:
    out: bytes = wire.udp((wire.server, port, wire.client, 40000), data)
    return out


def test_the_example_of_the_standard(read: Any, wire: Any) -> None:
    result = read(wire.pcap([up(wire, ASKED), down(wire, SAID)], step=2000))
    (row,) = result.radius
    assert (row["username"], row["user"], row["nas_addr"], row["request"], row["reply"]) == (
        "nemo",
        "nemo",
        "192.168.1.16",
        "Access-Request",
        "Access-Accept",
    )
    assert (row["result"], row["outcome"], row["ttl"], row["packet_first"], row["packet_last"]) == (
        "success",
        "success",
        2_000_000,
        1,
        2,
    )
    (seen,) = result.credentials
    assert (seen["scheme"], seen["username"], seen["accepted"]) == ("pap", "nemo", True)
    assert (seen["secret"], seen["challenge"]) == (
        "0dbe708d93d413ce3196e43f782a0aee",
        "0f403f9473978057bd83d5cb98f4227a",
    )
    assert result.conn[0]["service"] == "radius"


def test_challenge_refusal_and_no_answer(read: Any, wire: Any) -> None:
    station = attribute(1, b"bob") + attribute(31, b"02-00-00-00-00-0A") + attribute(77, b"CONNECT 11Mbps")
    packets = [
        up(wire, packet(1, 1, station)),
        down(wire, packet(11, 1, attribute(18, b"code?") + attribute(8, bytes([192, 0, 2, 77])))),
        up(wire, packet(1, 2, station + attribute(66, b"203.0.113.9"), b"\1" * 16)),
        up(wire, packet(1, 2, station + attribute(66, b"203.0.113.9"), b"\1" * 16)),  # sent again
        down(wire, packet(3, 2, attribute(18, b"no"))),
        up(wire, packet(1, 3, attribute(1, b"eve"))),
    ]
    rows = read(wire.pcap(packets)).radius
    assert [(row["username"], row.get("reply"), row.get("result"), row.get("reply_msg")) for row in rows] == [
        ("bob", "Access-Challenge", None, "code?"),
        ("bob", "Access-Reject", "failed", "no"),
        ("eve", None, "unknown", None),
    ]
    assert (rows[0]["mac"], rows[0]["framed_addr"], rows[0]["connect_info"]) == (
        "02:00:00:00:00:0a",
        "192.0.2.77",
        "CONNECT 11Mbps",
    )
    assert (rows[1]["tunnel_client"], rows[1]["remote_ip"], rows[1]["outcome"]) == (
        "203.0.113.9",
        "203.0.113.9",
        "failure",
    )


def test_accounting_and_challenge_schemes(read: Any, wire: Any) -> None:
    account = packet(4, 9, attribute(1, b"bob") + attribute(40, struct.pack(">I", 2)) + attribute(44, b"s-1"))
    (row,) = read(wire.pcap([up(wire, account, 1813), down(wire, packet(5, 9, b""), 1813)])).radius
    assert (row["accounting"], row["session"], row["result"]) == ("Stop", "s-1", "success")
    microsoft = struct.pack(">I", 311)
    answer = attribute(26, microsoft + attribute(25, b"\0\0" + b"\xaa" * 48))
    challenge = attribute(26, microsoft + attribute(11, b"\xcc" * 16))
    asked = packet(1, 4, attribute(1, b"bob") + answer + challenge)
    chap = packet(1, 5, attribute(1, b"amy") + attribute(3, b"\x07" + b"\xbb" * 16) + attribute(60, b"\xdd" * 16))
    found = read(wire.pcap([up(wire, asked), down(wire, packet(3, 4, b"")), up(wire, chap)])).credentials
    assert [(c["scheme"], c["username"], c["secret"], c["challenge"], c.get("accepted")) for c in found] == [
        ("mschapv2", "bob", "0000" + "aa" * 48, "cc" * 16, False),
        ("chap", "amy", "07" + "bb" * 16, "dd" * 16, None),
    ]


def test_shuffled_packets_give_the_same_row(read: Any, wire: Any) -> None:
    first, second = (wire.pcap_record(p, wire.start + at) for at, p in enumerate((up(wire, ASKED), down(wire, SAID))))
    rows = [read(wire.pcap_head() + data).radius for data in (first + second, second + first)]
    assert [[(r["username"], r["result"], r["ttl"]) for r in found] for found in rows] == [
        [("nemo", "success", 10**9)]
    ] * 2


def test_damaged_and_cut_packets_leave_the_others(read: Any, wire: Any) -> None:
    packets = [up(wire, ASKED), up(wire, b"\xff" * 40), up(wire, ASKED[:10]), down(wire, SAID)]
    result = read(wire.pcap(packets))
    assert [row["result"] for row in result.radius] == ["success"]
    assert [weird["packet_first"] for weird in result.weird] == [2, 3]
    (cut,) = read(wire.pcap([up(wire, ASKED[:30])])).radius
    assert (cut["username"], cut["flags"]) == ("nemo", "truncated")
    chance = random.Random(4)
    among: list[bytes] = []
    for size in range(len(ASKED)):
        spoilt = bytearray(ASKED)
        spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        two = [[up(wire, ASKED[:size])], [up(wire, bytes(spoilt)), down(wire, SAID)]]
        if size % 8 == 0:
            for packets in two:
                read(wire.pcap(packets))
        among += [moved(packet, 1 + 2 * size + at) for at, packets in enumerate(two) for packet in packets]
    result = read(wire.pcap([up(wire, ASKED), down(wire, SAID), *among]))
    assert [row["result"] for row in result.radius if row["packet_first"] == 1] == ["success"]


def test_a_packet_that_scapy_writes(read: Any, wire: Any) -> None:
    from scapy.layers.radius import Radius, RadiusAttribute

    named = RadiusAttribute(type=1, value=b"carol")
    raw = bytes(Radius(code=1, id=33, attributes=[named, RadiusAttribute(type=32, value=b"ap-1")]))
    (row,) = read(wire.pcap([up(wire, raw)])).radius
    assert (row["username"], row["nas_id"], row["result"]) == ("carol", "ap-1", "unknown")
