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
    assert (row["established"], row["packet_last"], row["resumed"], row["ssl_history"]) == (True, 7, False, "CjCs")


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


def test_hello_retry_with_change_cipher_between(read: Any, wire: Any) -> None:
    """RFC 8446 section D.4: both sides send a meaningless ChangeCipherSpec before the second hellos."""
    retry = server(extension(43, pairs(0x0304)) + extension(51, pairs(23)), 0x1301, random=RETRY)
    share = extension(43, pairs(0x0304)) + extension(51, pairs(23) + vector(bytes(65), 2)) + extension(41, pairs(0))
    offer = client(CLIENT_EXTENSIONS + VERSIONS_13 + extension(41, bytes(40)))  # pre_shared_key
    change = record(20, b"\x01")
    sent = [("c", record(22, offer)), ("s", record(22, retry) + change), ("c", change + record(22, offer))]
    sent += [("s", record(22, server(share, 0x1301)) + record(23, bytes(60))), ("c", record(23, bytes(53)))]
    (row,) = rows(read, wire, *sent)
    assert (row["ssl_history"], row["resumed"], row["established"], row["version"]) == ("CjiICs", True, True, "TLSv13")


def test_an_encrypted_alert_establishes_nothing(read: Any, wire: Any) -> None:
    hello = record(22, server(extension(43, pairs(0x0304)), 0x1301)) + record(23, bytes(60))
    (row,) = rows(
        read,
        wire,
        ("c", record(22, client(CLIENT_EXTENSIONS + VERSIONS_13))),
        ("s", hello),
        ("c", record(23, bytes(19))),
    )
    assert (row["established"], "outcome" in row) == (False, False)


def test_resumed_by_a_ticket(read: Any, wire: Any) -> None:
    """RFC 5077 section 3.4: no session id, a ticket in the hello, no key exchange."""
    sent = [
        ("c", record(22, client(CLIENT_EXTENSIONS + extension(35, b"t" * 30)))),
        ("s", record(22, server()) + FINISHED),
    ]
    (row,) = rows(read, wire, *sent, ("c", FINISHED))
    assert (row["resumed"], row["ssl_history"]) == (True, "CsiI")


def version2_hello(version: int = 0x0002, ciphers: bytes = bytes.fromhex("010080 0700c0 000035")) -> bytes:
    # type 1, version, sizes of ciphers, session id and challenge, ciphers, challenge
    body = struct.pack(">BHHHH", 1, version, len(ciphers), 0, 16) + ciphers + bytes(16)
    return struct.pack(">H", 0x8000 | len(body)) + body


def test_ssl_2(read: Any, wire: Any, certificate: bytes) -> None:
    specs = bytes.fromhex("010080")
    # type 4, no old session, certificate type 1, version, sizes of certificate, ciphers and connection id
    body = struct.pack(">BBBHHHH", 4, 0, 1, 2, len(certificate), len(specs), 16) + certificate + specs + bytes(16)
    answer = struct.pack(">H", 0x8000 | len(body)) + body
    key = b"\x02\x01\x00\x80" + struct.pack(">HHH", 0, 128, 0) + bytes(128)  # client master key: RC4 with MD5
    sent = [
        ("c", version2_hello()),
        ("s", answer),
        ("c", struct.pack(">H", 0x8000 | len(key)) + key),
        ("s", b"\x80\x21" + bytes(33)),
    ]
    result = read(wire.pcap(wire.session(sent, port=443)))
    (row,) = result.ssl
    assert (row["version"], row["cipher"], row["ssl_history"]) == ("SSLv2", "SSLv20_CK_RC4_128_WITH_MD5", "CsG")
    assert (row["established"], row["subject"], "ja3" in row) == (True, "CN=www.example.com,O=Example", False)
    assert (result.conn[0]["service"], len(result.x509), result.problems) == ("ssl", 1, [])


def test_ssl_2_hello_that_offers_tls(read: Any, wire: Any) -> None:
    sent = [("c", version2_hello(0x0301)), ("s", record(22, server()) + FINISHED), ("c", FINISHED)]
    (row,) = rows(read, wire, *sent)
    assert (row["version"], row["established"], row["ssl_history"], "ja3" in row) == ("TLSv12", True, "CsiI", False)


def test_the_server_opens_the_flow(read: Any, wire: Any) -> None:
    """The client hello comes from the responder, as when STUN or a relay opened the flow."""
    sent = [("s", record(22, client())), ("c", record(22, server()) + FINISHED), ("s", FINISHED)]
    (row,) = rows(read, wire, *sent)
    assert (row["ssl_history"], row["server_name"], row["established"]) == ("^CsiI", "www.example.com", True)


def test_another_hello_is_told(read: Any, wire: Any) -> None:
    other = record(22, client(extension(0, vector(b"\0" + vector(b"other.example.net", 2), 2))))
    result = read(wire.pcap(wire.session([("c", record(22, client()) + other), ("s", record(22, server()))])))
    assert [row["server_name"] for row in result.ssl] == ["www.example.com"]
    assert [row["name"] for row in result.weird] == ["tls_other_hello"]


def test_the_same_rows_whatever_the_order_of_packets(read: Any, wire: Any, certificate: bytes) -> None:
    chain = handshake(11, vector(vector(certificate, 3), 3))
    sent = [("c", record(22, client())), ("s", record(22, server() + chain)), ("c", FINISHED), ("s", FINISHED)]
    packets = [
        wire.pcap_record(packet, wire.start + at) for at, packet in enumerate(wire.session(sent))
    ]  # each with its own second
    places = {"packet_first", "packet_last", "record", "offset", "row_id", "file"}
    results = [
        read(wire.pcap_head() + b"".join(order)) for order in (packets, packets[::-1], packets[5:] + packets[:5])
    ]
    for family in ("ssl", "x509"):
        found = [[{k: v for k, v in row.items() if k not in places} for row in getattr(r, family)] for r in results]
        assert len(found[0]) == 1
        assert found[0] == found[1] == found[2]


def test_one_byte_segments_and_a_gap(read: Any, wire: Any, certificate: bytes) -> None:
    chain = record(22, server() + handshake(11, vector(vector(certificate, 3), 3)))
    sent = [
        ("c", record(22, client())),
        *(("s", chain[at : at + 1]) for at in range(len(chain))),
        ("s", FINISHED),
        ("c", FINISHED),
    ]
    packets = wire.session(sent)
    whole = read(wire.pcap(packets))
    assert (whole.ssl[0]["cipher"], len(whole.x509)) == ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 1)
    del packets[4 + 200]  # a byte of the certificate's record is missing: that record is lost, the rest is read
    torn = read(wire.pcap(packets))
    assert (torn.x509, torn.ssl[0]["ssl_history"], torn.ssl[0]["flags"]) == ([], "CiI", "truncated")
