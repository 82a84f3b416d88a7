"""TLS hellos by hand: what a connection's row says, and what is cut or damaged."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.network.protocols.fingerprints import ja3, ja4
from parsers.network.protocols.hellos import client_hello, server_hello

RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


def vector(data: bytes, size: int) -> bytes:
    return len(data).to_bytes(size, "big") + data


def pairs(*values: int) -> bytes:
    return b"".join(struct.pack(">H", value) for value in values)


def extension(kind: int, data: bytes) -> bytes:
    return struct.pack(">H", kind) + vector(data, 2)


CLIENT_EXTENSIONS = (
    extension(0, vector(b"\0" + vector(b"www.example.com", 2), 2))  # server name, type host_name
    + extension(10, vector(pairs(29, 23), 2))  # groups x25519, secp256r1
    + extension(11, vector(b"\0", 1))  # uncompressed points
    + extension(13, vector(pairs(0x0403, 0x0804), 2))  # signature algorithms
    + extension(16, vector(vector(b"h2", 1) + vector(b"http/1.1", 1), 2))  # ALPN
)
VERSIONS_13 = extension(43, vector(pairs(0x0304, 0x0303), 1))


def handshake(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + vector(body, 3)


def record(kind: int, data: bytes, version: int = 0x0303) -> bytes:
    return bytes([kind]) + struct.pack(">H", version) + vector(data, 2)


def client(extensions: bytes = CLIENT_EXTENSIONS, session: bytes = b"", version: int = 0x0303) -> bytes:
    # version, random, session id, cipher suites, compression methods, extensions
    body = (
        struct.pack(">H", version)
        + bytes(32)
        + vector(session, 1)
        + vector(pairs(0xC02F, 0x1301), 2)
        + vector(b"\0", 1)
    )
    return handshake(1, body + (vector(extensions, 2) if extensions else b""))


def server(extensions: bytes = b"", cipher: int = 0xC02F, session: bytes = b"", random: bytes = bytes(32)) -> bytes:
    body = b"\x03\x03" + random + vector(session, 1) + struct.pack(">HB", cipher, 0)
    return handshake(2, body + (vector(extensions, 2) if extensions else b""))


FINISHED = record(20, b"\x01") + record(22, bytes(40))  # change cipher spec, then an encrypted handshake message


def rows(read: Any, wire: Any, *sent: tuple[str, bytes], port: int = 443) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read(wire.pcap(wire.session(list(sent), port=port))).ssl
    return found


def test_tls_12(read: Any, wire: Any) -> None:
    key_exchange = handshake(12, b"\x03\x00\x17" + bytes(10))  # named curve secp256r1
    hello = server(extension(16, vector(vector(b"h2", 1), 2)))
    answer = record(22, hello + handshake(11, bytes(300)) + key_exchange)
    sent = [("c", record(22, client(), 0x0301)), ("s", answer), ("c", FINISHED), ("s", FINISHED)]
    result = read(wire.pcap(wire.session(sent, port=8443)))
    (row,) = result.ssl
    assert (row["event"], row["server_name"], row["object"]) == ("ssl.hello", "www.example.com", "www.example.com")
    assert (row["version"], row["cipher"]) == ("TLSv12", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
    assert (row["curve"], row["next_protocol"]) == ("secp256r1", "h2")
    assert (row["established"], row["resumed"], row["outcome"], row["protocol"]) == (True, False, "success", "tls")
    parsed = client_hello(client()[4:])
    assert (row["ja3"], row["ja4"]) == (ja3(parsed), ja4(parsed))
    assert row["ja4"].startswith("t12d0205h2_")
    assert (row["packet_first"], row["packet_last"], row["flags"]) == (4, 5, "")
    assert (result.conn[0]["service"], result.problems) == ("ssl", [])


def test_tls_13_after_a_retry(read: Any, wire: Any) -> None:
    retry = server(extension(43, pairs(0x0304)) + extension(51, pairs(23)), 0x1301, random=RETRY)
    share = extension(43, pairs(0x0304)) + extension(51, pairs(23) + vector(bytes(65), 2))
    hello = record(22, client(CLIENT_EXTENSIONS + VERSIONS_13))
    sent = [("c", hello), ("s", record(22, retry)), ("c", hello), ("s", record(22, server(share, 0x1301)))]
    (row,) = rows(read, wire, *sent, ("s", record(23, bytes(50))), ("c", record(23, bytes(50))))
    assert (row["version"], row["cipher"], row["curve"]) == ("TLSv13", "TLS_AES_128_GCM_SHA256", "secp256r1")
    assert (row["established"], row["packet_last"], "resumed" in row) == (True, 7, False)


def test_resumed_session(read: Any, wire: Any) -> None:
    sent = [("c", record(22, client(session=b"s" * 32))), ("s", record(22, server(session=b"s" * 32)) + FINISHED)]
    (row,) = rows(read, wire, *sent, ("c", FINISHED))
    assert (row["resumed"], row["established"]) == (True, True)


def test_refused_by_an_alert(read: Any, wire: Any) -> None:
    (row,) = rows(read, wire, ("c", record(22, client())), ("s", record(21, b"\x02\x28")))  # fatal, handshake_failure
    assert (row["last_alert"], row["established"], row["outcome"]) == ("handshake_failure", False, "failure")
    assert not {"version", "cipher", "ja3s"} & set(row)


def test_a_hello_over_several_records_and_segments(read: Any, wire: Any) -> None:
    hello = client()
    split = record(22, hello[:3]) + record(22, hello[3:60]) + record(22, hello[60:])
    (row,) = rows(read, wire, ("c", split[:1]), ("c", split[1:40]), ("c", split[40:]), ("s", record(22, server())))
    assert row["server_name"] == "www.example.com"


def test_server_hello_alone(read: Any, wire: Any) -> None:
    (row,) = rows(read, wire, ("s", record(22, server())))
    assert (row["version"], "server_name" in row, "ja3" in row) == ("TLSv12", False, False)


def test_hello_without_extensions(read: Any, wire: Any) -> None:
    (row,) = rows(read, wire, ("c", record(22, client(b"", version=0x0300), 0x0300)))
    assert row["ja4"].startswith("ts3i020000_")


def test_a_cut_hello_is_told(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session([("c", record(22, client())[:60])])))
    assert result.ssl == []
    assert result.reasons == ["TLS connection: its hello is cut or damaged; 1 times, first in packet 4"]


def test_a_malformed_hello_is_told(read: Any, wire: Any) -> None:
    bad = bytearray(client())
    bad[4 + 2 + 32] = 255  # session id longer than the message
    result = read(wire.pcap(wire.session([("c", record(22, bytes(bad))), ("s", record(22, server()))])))
    assert result.ssl[0]["cipher"] == "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    assert result.reasons[0].startswith("TLS hello is malformed: 255 bytes wanted")


def test_unknown_numbers_are_shown_as_such(read: Any, wire: Any) -> None:
    (row,) = rows(read, wire, ("s", record(22, server(cipher=0xEEEE, extensions=extension(51, pairs(0x7777))))))
    assert (row["cipher"], row["curve"]) == ("unknown-61166", "unknown-30583")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=150), st.integers(0, 120), st.binary(max_size=8))
def test_any_hello_is_read_or_a_value_error(noise: bytes, at: int, patch: bytes) -> None:
    body = client()[4:]
    for data in (noise, body[:at], body[:at] + patch + body[at + len(patch) :]):
        for reader in (client_hello, server_hello):
            try:
                hello = reader(data)
            except ValueError:
                continue
            assert ja4(hello).count("_") == 2


@pytest.mark.parametrize("suite", [0x1301, 0xC02F, 0x0035, 0xCCA9])
def test_hellos_that_scapy_writes(suite: int) -> None:
    """The same fields from scapy's own TLS writer."""
    from scapy.layers.tls.extensions import ProtocolName, ServerName, TLS_Ext_ALPN, TLS_Ext_ServerName
    from scapy.layers.tls.handshake import TLSClientHello

    names = TLS_Ext_ServerName(servernames=[ServerName(servername=b"host.example.net")])
    protocols = TLS_Ext_ALPN(protocols=[ProtocolName(protocol=b"h2")])
    raw = bytes(TLSClientHello(ciphers=[suite, 0x00FF], ext=[names, protocols]))
    hello = client_hello(raw[4:])
    assert (hello.server_name, hello.protocols, hello.ciphers) == ("host.example.net", (b"h2",), (suite, 0x00FF))
    assert hello.extensions == (0, 16)
