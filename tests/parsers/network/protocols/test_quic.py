"""QUIC Initial packets sealed by hand: hellos in pieces, Retry, version negotiation, versions 1, 2 and a draft, and damage."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.network.protocols.fingerprints import ja4
from parsers.network.protocols.hellos import client_hello
from parsers.network.protocols.quic.connections import Connections, rows
from parsers.network.protocols.quic.frames import Handshake
from parsers.network.protocols.quic.protection import initial_keys
from tests.parsers.network.protocols.test_ssl import CLIENT_EXTENSIONS, VERSIONS_13, client, extension, pairs, server

UP, DOWN = ("192.0.2.10", 50000, "198.51.100.20", 443), ("198.51.100.20", 443, "192.0.2.10", 50000)
ORIGIN, CLIENT_ID, SERVER_ID = bytes.fromhex("8394c8f03e515708"), b"client", b"server!"
HELLO = client(CLIENT_EXTENSIONS + VERSIONS_13)
ANSWER = server(extension(43, pairs(0x0304)) + extension(51, pairs(29, 0)), 0x1301)
KINDS = {1: "IZHR", 0x6B3343CF: "RIZH", 0xFF00001D: "IZHR"}  # long header types 0 to 3 of each version


def crypto(at: int, data: bytes) -> bytes:
    return b"\x06" + struct.pack(">HH", 0x4000 | at, 0x4000 | len(data)) + data  # two-byte integers


def long_header(kind: str, version: int, dcid: bytes, scid: bytes) -> bytes:
    first = 0xC0 | KINDS.get(version, "IZHR").index(kind) << 4 | 1  # packet numbers of two bytes
    return bytes([first]) + struct.pack(">I", version) + bytes([len(dcid)]) + dcid + bytes([len(scid)]) + scid


def initial(frames: bytes, number: int, way: str = "c", version: int = 1, **ids: bytes) -> bytes:
    """RFC 9001 section 5: header, sealed frames, then the header's own protection."""
    origin = ids.get("origin", ORIGIN)
    dcid, scid = (ids.get("dcid", origin), CLIENT_ID) if way == "c" else (CLIENT_ID, SERVER_ID)
    keys = initial_keys(version, origin, way == "s")
    frames += bytes(max(0, 40 - len(frames)))
    # no token, length of packet number and sealed frames
    head = long_header("I", version, dcid, scid) + b"\0" + struct.pack(">H", 0x4000 | (2 + len(frames) + 16))
    raw = struct.pack(">H", number)
    nonce = (int.from_bytes(keys.iv, "big") ^ number).to_bytes(12, "big")
    sealed = AESGCM(keys.key).encrypt(nonce, frames, head + raw)
    mask = Cipher(AES(keys.mask), ECB()).encryptor().update(sealed[2:18])
    first = bytes([head[0] ^ (mask[0] & 0x0F)])
    return first + head[1:] + bytes(a ^ b for a, b in zip(raw, mask[1:3], strict=True)) + sealed


def later(kind: str, way: str, version: int = 1) -> bytes:
    """A Handshake or 0-RTT packet, whose content stays closed."""
    ids = (SERVER_ID, CLIENT_ID) if way == "c" else (CLIENT_ID, SERVER_ID)
    return long_header(kind, version, *ids) + struct.pack(">H", 0x4000 | 60) + bytes(60)


def flow(wire: Any, *sent: tuple[str, bytes]) -> list[bytes]:
    return [wire.udp(UP if way == "c" else DOWN, data) for way, data in sent]


def handshake(version: int = 1) -> list[tuple[str, bytes]]:
    return [
        ("c", initial(crypto(60, HELLO[60:]) + bytes(30), 1, version=version)),  # the second half comes first
        ("c", initial(b"\x01" + crypto(0, HELLO[:70]), 2, version=version)),  # a ping, and a piece that overlaps
        ("s", initial(b"\x02\x01\x00\x00\x00" + crypto(0, ANSWER), 0, "s", version) + later("H", "s", version)),
        ("c", initial(b"\x02\x00\x00\x00\x00", 3, version=version, dcid=SERVER_ID) + later("H", "c", version)),
        ("c", b"\x40" + bytes(40)),
    ]


def test_initial_keys_of_the_standards() -> None:
    """RFC 9001 appendix A.1, RFC 9369 appendix A.1."""
    client_keys, server_keys = (initial_keys(1, ORIGIN, server) for server in (False, True))
    assert client_keys.key.hex() == "1f369613dd76d5467730efcbe3b1a22d"
    assert (client_keys.iv.hex(), client_keys.mask.hex()) == (
        "fa044b2f42a3fd3b46fb255c",
        "9f50449e04a0e810283a1e9933adedd2",
    )
    assert server_keys.key.hex() == "cf3a5331653c364c88f0f379b6067e37"
    assert initial_keys(0x6B3343CF, ORIGIN, False).key.hex() == "8b1a0bc121284290a29e0971b5cd045d"


@pytest.mark.parametrize(("version", "name"), [(1, "1"), (0x6B3343CF, "quicv2"), (0xFF00001D, "draft-29")])
def test_a_handshake(read: Any, wire: Any, version: int, name: str) -> None:
    result = read(wire.pcap(flow(wire, *handshake(version))))
    (row,) = result.quic
    assert (row["version"], row["server_name"], row["client_protocol"]) == (name, "www.example.com", "h2")
    assert (row["client_initial_dcid"], row["client_scid"]) == (ORIGIN.hex(), CLIENT_ID.hex())
    assert (row["server_scid"], row["history"], row["outcome"]) == (SERVER_ID.hex(), "IISishIHO", "success")
    assert row["ja4"] == ja4(client_hello(HELLO[4:]), "q")
    assert row["ja4"].startswith("q13d02")
    assert (row["packet_first"], row["packet_last"], row["protocol"], row["flags"]) == (1, 5, "quic", "")
    (tls,) = result.ssl
    assert (tls["version"], tls["cipher"], tls["curve"]) == ("TLSv13", "TLS_AES_128_GCM_SHA256", "x25519")
    assert (tls["server_name"], tls["established"], tls["ssl_history"], tls["ja4"]) == (
        "www.example.com",
        True,
        "Cs",
        row["ja4"],
    )
    assert (result.conn[0]["service"], result.problems) == ("quic", [])


def test_after_a_retry(read: Any, wire: Any) -> None:
    retry = long_header("R", 1, CLIENT_ID, SERVER_ID) + b"token" + bytes(16)
    again = initial(crypto(0, HELLO), 1, origin=SERVER_ID)  # keys from the id that the Retry gave
    answer = initial(crypto(0, ANSWER), 0, "s", origin=SERVER_ID)
    sent = [("c", initial(crypto(0, HELLO), 0)), ("s", retry), ("c", again), ("s", answer)]
    (row,) = read(wire.pcap(flow(wire, *sent))).quic
    assert (row["history"], row["server_name"], row["client_initial_dcid"]) == (
        "ISrIis",
        "www.example.com",
        ORIGIN.hex(),
    )


def test_version_negotiation(read: Any, wire: Any) -> None:
    grease = long_header("I", 0x1A2A3A4A, ORIGIN, CLIENT_ID) + bytes(100)
    offer = b"\x80\0\0\0\0" + bytes([6]) + CLIENT_ID + bytes([8]) + ORIGIN + struct.pack(">II", 1, 0x6B3343CF)
    result = read(wire.pcap(flow(wire, ("c", grease), ("s", offer), *handshake())))
    (row,) = result.quic
    assert (row["history"][:3], row["versions_offered"], row["version"]) == ("UvI", "1,quicv2", "1")
    assert row["server_name"] == "www.example.com"


def test_unfamiliar_version_and_several_connections(read: Any, wire: Any) -> None:
    (row,) = read(wire.pcap(flow(wire, ("c", long_header("I", 0x51303436, ORIGIN, b"") + bytes(60))))).quic
    assert (row["version"], row["history"], "server_name" in row) == ("Q046", "U", False)
    other = client(extension(0, b"\0\x10\0\0\x0dexample.org!!"[:20]))
    second = initial(crypto(0, other), 0, origin=b"another-id")
    result = read(wire.pcap(flow(wire, *handshake(), ("c", second))))
    assert [found["client_initial_dcid"] for found in result.quic] == [ORIGIN.hex(), b"another-id".hex()]


def test_closed_and_odd_frames(read: Any, wire: Any) -> None:
    sent = [("c", initial(crypto(0, HELLO), 0)), ("s", initial(b"\x1c\x01\x06\x00", 0, "s"))]
    assert read(wire.pcap(flow(wire, *sent))).quic[0]["history"] == "ISic"
    odd = read(wire.pcap(flow(wire, sent[0], ("s", initial(b"\x1e", 0, "s")))))
    assert [row["name"] for row in odd.weird] == ["quic_malformed_frame"]


def test_server_alone_stays_closed(read: Any, wire: Any) -> None:
    result = read(wire.pcap(flow(wire, handshake()[2])))
    (row,) = result.quic
    assert (row["version"], "server_name" in row, result.ssl) == ("1", False, [])


def test_the_same_rows_whatever_the_order_of_packets(read: Any, wire: Any) -> None:
    records = [wire.pcap_record(packet, wire.start + at) for at, packet in enumerate(flow(wire, *handshake()))]
    kept = ("history", "server_name", "ja4", "client_initial_dcid", "time", "outcome")
    found = [read(wire.pcap_head() + b"".join(order)).quic[0] for order in (records, records[::-1])]
    assert {name: found[0][name] for name in kept} == {name: found[1][name] for name in kept}


def test_scapy_carries_it_damaged_and_cut(read: Any, wire: Any, tmp_path: Any) -> None:
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import Ether
    from scapy.layers.quic import QUIC_Initial
    from scapy.utils import wrpcap

    first = handshake()[0][1]
    parsed = QUIC_Initial(first)  # the second reader's view of our header
    assert (parsed.Version, parsed.DstConnID, parsed.SrcConnID) == (1, ORIGIN, CLIENT_ID)
    packets = [
        Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
        / IP(src=(UP if way == "c" else DOWN)[0], dst=(UP if way == "c" else DOWN)[2])
        / UDP(sport=(UP if way == "c" else DOWN)[1], dport=(UP if way == "c" else DOWN)[3]) / data
        for way, data in handshake()
    ]  # fmt: skip
    wrpcap(str(tmp_path / "q.pcap"), packets)
    data = (tmp_path / "q.pcap").read_bytes()
    assert read(data).quic[0]["history"] == "IISishIHO"
    damaged = bytearray(data)
    damaged[24 + 16 + 42 + 60] ^= 0xFF  # in the first packet's sealed bytes: it stays closed, the rest is read
    row = read(bytes(damaged)).quic[0]
    assert (row["version"], row["history"][:2], "server_name" in row, row["flags"]) == ("1", "II", False, "truncated")
    for size in range(30, len(data), 53):
        assert len(read(data[:size]).quic) <= 1


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.binary(max_size=80)), max_size=6))
def test_any_datagrams_give_rows(sent: list[tuple[bool, bool, bytes]]) -> None:
    """Noise, and noise sealed as frames."""
    found = Connections(0)
    for number, (forward, sealed, noise) in enumerate(sent):
        found.datagram(initial(noise, number, "c" if forward else "s") if sealed else b"\xc0" + noise, forward, number)
    time = np.arange(len(sent) + 1)
    for connection in found.found:
        for item in rows(connection, 0, time):
            assert 0 <= getattr(item, "first", 0) < len(time)


@given(st.lists(st.lists(st.tuples(st.integers(0, 12), st.binary(max_size=6)), min_size=1, max_size=4), max_size=5))
def test_crypto_bytes_lie_where_they_belong(packets: list[list[tuple[int, bytes]]]) -> None:
    """Whether pieces go on where the ones before ended or not: byte by byte, what came last counts."""
    side, laid = Handshake(), dict[int, int]()
    size = ready = 0
    for number, pieces in enumerate(packets):
        side.put(pieces, number)
        for at, piece in pieces:
            laid |= dict(enumerate(piece, at))
            size = max(size, at + len(piece))
        while ready in laid:
            ready += 1
        assert bytes(side.data) == bytes(laid.get(at, 0) for at in range(size))
        assert (side.ready, side.last) == (ready, number)
