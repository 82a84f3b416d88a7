"""DTLS by hand: hellos with a cookie, fragments in any order, and what shares its ports."""

from __future__ import annotations

import struct
from typing import Any

from parsers.network.protocols.fingerprints import ja4
from parsers.network.protocols.hellos import client_hello
from tests.parsers.network.protocols.test_ssl import CLIENT_EXTENSIONS, extension, pairs, vector

UP, DOWN = ("192.0.2.10", 50000, "198.51.100.20", 4433), ("198.51.100.20", 4433, "192.0.2.10", 50000)
_NUMBERS = iter(range(1 << 20))


def client(cookie: bytes = b"", extensions: bytes = CLIENT_EXTENSIONS) -> bytes:
    # version DTLS 1.2, random, session id, cookie, cipher suites, compression methods, extensions
    return (
        b"\xfe\xfd"
        + bytes(32)
        + b"\0"
        + vector(cookie, 1)
        + vector(pairs(0xC02B), 2)
        + vector(b"\0", 1)
        + vector(extensions, 2)
    )


def server(extensions: bytes = b"") -> bytes:
    return b"\xfe\xfd" + bytes(32) + b"\0" + b"\xc0\x2b\0" + vector(extensions, 2)


def fragment(kind: int, number: int, body: bytes, begin: int = 0, size: int | None = None) -> bytes:
    piece = body[begin:] if size is None else body[begin : begin + size]
    # type, length of the message, its number, place and length of the fragment
    return (
        bytes([kind])
        + len(body).to_bytes(3, "big")
        + struct.pack(">H", number)
        + begin.to_bytes(3, "big")
        + vector(piece, 3)
    )


def record(kind: int, data: bytes, epoch: int = 0, version: int = 0xFEFD) -> bytes:
    # type, version, epoch, sequence number, length
    return struct.pack(">BHH", kind, version, epoch) + next(_NUMBERS).to_bytes(6, "big") + vector(data, 2)


def flow(wire: Any, *sent: tuple[str, bytes]) -> list[bytes]:
    return [wire.udp(UP if side == "c" else DOWN, data) for side, data in sent]


def handshake(certificate: bytes) -> list[tuple[str, bytes]]:
    hello, chain = client(b"cookie"), vector(vector(certificate, 3), 3)
    finish = record(20, b"\1") + record(22, bytes(40), epoch=1)
    return [
        ("c", record(22, fragment(1, 0, client()), version=0xFEFF)),
        ("s", record(22, fragment(3, 0, b"\xfe\xff" + vector(b"cookie", 1)))),  # hello verify request
        ("c", record(22, fragment(1, 1, hello, 60))),
        ("c", record(22, fragment(1, 1, hello, 0, 70))),  # overlaps the other fragment
        ("s", record(22, fragment(2, 1, server(extension(16, vector(vector(b"h2", 1), 2)))))),
        ("s", record(22, fragment(11, 2, chain, 0, 200)) + record(22, fragment(11, 2, chain, 200))),
        ("s", record(22, fragment(2, 1, server()))),  # sent again
        ("s", record(22, fragment(12, 3, b"\x03\x00\x1d" + bytes(40)) + fragment(14, 4, b""))),
        ("c", record(22, fragment(16, 2, bytes(33))) + finish),
        ("s", finish),
    ]


def test_dtls_12(read: Any, wire: Any, certificate: bytes) -> None:
    result = read(wire.pcap(flow(wire, *handshake(certificate))))
    (row,) = result.ssl
    assert (row["version"], row["cipher"], row["curve"]) == (
        "DTLSv12",
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "x25519",
    )
    assert (row["server_name"], row["next_protocol"], row["established"]) == ("www.example.com", "h2", True)
    assert (row["ssl_history"], row["sni_matches_cert"], row["flags"]) == ("CvCsxknGIi", True, "")
    assert row["ja4"] == ja4(client_hello(client(), cookie=True), "d")
    assert row["ja4"].startswith("dd2d0105h2_")
    assert (row["packet_first"], row["packet_last"], result.conn[0]["service"]) == (1, 8, "ssl")
    assert (len(result.x509), result.problems) == (1, [])


def test_dtls_13_by_its_extension(read: Any, wire: Any) -> None:
    hello = client(extensions=CLIENT_EXTENSIONS + extension(43, vector(pairs(0xFEFC, 0xFEFD), 1)))
    sent = [
        ("c", record(22, fragment(1, 0, hello))),
        ("s", record(22, fragment(2, 0, server(extension(43, pairs(0xFEFC)))))),
    ]
    sent += [("s", b"\x2e" + bytes(60)), ("c", b"\x2e" + bytes(60))]  # unified headers: encrypted
    (row,) = read(wire.pcap(flow(wire, *sent))).ssl
    assert (row["version"], row["established"], row["ja4"][:6]) == ("DTLSv13", True, "dd3d01")


def test_after_stun(read: Any, wire: Any, certificate: bytes) -> None:
    stun = b"\0\1\0\0" + bytes.fromhex("2112a442") + bytes(12)  # binding request
    sent = [("c", stun), ("s", b"\1\1" + stun[2:]), *handshake(certificate), ("c", b"\x80" + bytes(50))]
    assert read(wire.pcap(flow(wire, *sent))).ssl[0]["ssl_history"] == "CvCsxknGIi"
    alone = read(wire.pcap(flow(wire, ("c", stun), ("s", stun))))
    assert (alone.ssl, alone.problems, alone.conn[0]["service"]) == ([], [], "stun")


def test_lost_cut_and_damaged(read: Any, wire: Any, certificate: bytes) -> None:
    sent = handshake(certificate)
    lost = read(wire.pcap(flow(wire, *sent[:2], *sent[3:])))  # half of the second hello
    assert (lost.ssl[0]["server_name"], lost.ssl[0]["ssl_history"], lost.ssl[0]["flags"]) == (
        "www.example.com",
        "CvsxknGIi",
        "truncated",
    )
    whole = wire.pcap(flow(wire, *sent))
    for size in range(100, len(whole), 97):
        assert len(read(whole[:size]).ssl) <= 1
    for at in range(70, len(whole), 131):
        read(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])


def test_a_flood_of_fragments_is_bounded(read: Any, wire: Any) -> None:
    body = bytes(60_000)
    pieces = b"".join(fragment(11, number, body, number, 1) for number in range(60))
    result = read(wire.pcap(flow(wire, ("c", record(22, fragment(1, 0, client()))), *[("s", record(22, pieces))] * 30)))
    assert (result.ssl[0]["server_name"], result.ssl[0]["flags"]) == ("www.example.com", "truncated")
