"""HTTP connections: who logs in, what is odd about the framing, what follows, and captures that begin amid them."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

GET = b"GET /index.php?id=1&&name HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
HEAD = b"GET / HTTP/1.1\r\nHost: www.example.com\r\n"


@pytest.fixture
def scapy_unbound() -> Iterator[None]:
    """scapy's protocol modules bind themselves to ports when they are imported; other tests want it without."""
    from scapy.layers.inet import TCP

    before = list(TCP.payload_guess)
    yield
    TCP.payload_guess = before


def talk(read: Any, wire: Any, *sent: tuple[str, bytes]) -> Any:
    return read(wire.pcap(wire.session(list(sent))))


def test_names_of_headers_cookies_and_variables(read: Any, wire: Any) -> None:
    ask = b"GET /a?id=1&&q=a=b&bare HTTP/1.1\r\nHOST: x.example\r\ncookie: sid=1; theme=dark;odd\r\nX-One:1\r\n\r\n"
    (row,) = talk(read, wire, ("c", ask), ("s", OK)).http
    assert (row["client_header_names"], row["server_header_names"]) == ("HOST,COOKIE,X-ONE", "CONTENT-LENGTH")
    assert (row["cookie_vars"], row["uri_vars"]) == ("sid,theme", "id,q")


BASIC = b"Authorization: Basic " + base64.b64encode(b"j.doe:se:cret") + b"\r\n\r\n"
DIGEST = (  # RFC 7616 section 3.9.1, MD5
    b'Authorization: Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=MD5,'
    b' nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, qop=auth,'
    b' response="8ca523f5e9506fed4657c9700eebdbec"\r\n\r\n'
)
REFUSED = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"


def test_credentials(read: Any, wire: Any) -> None:
    bearer = b"Authorization: bearer abc.def\r\n\r\n"
    sent = (HEAD + BASIC, HEAD + BASIC, HEAD + DIGEST, HEAD + bearer, HEAD + BASIC)
    replies = (OK, OK, OK, OK, REFUSED)
    result = talk(
        read, wire, *(pair for ask, say in zip(sent, replies, strict=True) for pair in (("c", ask), ("s", say)))
    )
    names = ("scheme", "username", "realm", "secret", "challenge", "accepted", "outcome")
    assert [tuple(row.get(name) for name in names) for row in result.credentials] == [
        ("basic", "j.doe", "www.example.com", "se:cret", None, True, "success"),
        (
            "digest",
            "Mufasa",
            "http-auth@example.org",
            "8ca523f5e9506fed4657c9700eebdbec",
            "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            True,
            "success",
        ),
        ("bearer", None, "www.example.com", "abc.def", None, True, "success"),
        ("basic", "j.doe", "www.example.com", "se:cret", None, False, "failure"),
    ]
    assert [row.get("username") for row in result.http] == ["j.doe", "j.doe", "Mufasa", None, "j.doe"]
    assert [row["packet_first"] for row in result.credentials] == [4, 8, 10, 12]


def test_a_proxy_asks_too(read: Any, wire: Any) -> None:
    refused = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    connect = b"CONNECT a.example:443 HTTP/1.1\r\n"
    asked = connect + b"Proxy-Authorization: Basic " + base64.b64encode(b"j:x") + b"\r\n\r\n"
    granted = b"HTTP/1.0 200 Connection established\r\n\r\n"
    result = talk(read, wire, ("c", asked), ("s", refused), ("c", asked), ("s", granted), ("c", b"\0tunnel"))
    assert [(row["method"], row["status_code"]) for row in result.http] == [("CONNECT", 407), ("CONNECT", 200)]
    assert [row["accepted"] for row in result.credentials] == [False, True]
    assert result.problems == []


ODD = [
    (b"Content-Length: 3\r\nTransfer-Encoding: chunked", "http_content_length_and_transfer_encoding"),
    (b"Content-Length: 3\r\nContent-Length: 3", "http_duplicate_content_length"),
    (b"Content-Length: 3\r\nContent-Length: 4", "http_duplicate_content_length"),
    (b"Content-Length: +3", "http_bad_content_length"),
    (b"Transfer-Encoding: xchunked", "http_odd_transfer_encoding"),
    (b"X-One: a\r\n b", "http_obsolete_folding"),
    (b"Content-Length : 3", "http_space_before_colon"),
]


@pytest.mark.parametrize(("fields", "name"), ODD)
def test_signs_of_smuggling(read: Any, wire: Any, fields: bytes, name: str) -> None:
    result = talk(read, wire, ("c", HEAD.replace(b"GET", b"POST") + fields + b"\r\n\r\n"), ("s", OK))
    assert [(row["name"], row["packet_first"], row["source"]) for row in result.weird] == [(name, 4, "http")]


def test_both_lengths_are_read_in_chunks(read: Any, wire: Any) -> None:
    body = b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
    fields = b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n" % len(body)
    result = talk(read, wire, ("c", HEAD + fields + body), ("s", OK))
    assert [row["uri"] for row in result.http] == ["/", "/smuggled"]


def test_an_ordinary_message_is_not_odd(read: Any, wire: Any) -> None:
    ask = HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"
    assert talk(read, wire, ("c", ask), ("s", OK)).weird == []


def test_a_chunk_without_size(read: Any, wire: Any) -> None:
    reply = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nno size at all, but more bytes\r\n"
    result = talk(read, wire, ("c", GET), ("s", reply))
    assert [row["name"] for row in result.weird] == ["http_bad_chunk_size"]
    assert (result.files[0]["seen_bytes"], result.files[0]["complete"]) == (2, False)


def test_what_a_tunnel_carries_is_read_by_its_content(read: Any, wire: Any) -> None:
    connect = b"CONNECT inner.example:80 HTTP/1.1\r\nHost: inner.example:80\r\n\r\n"
    result = talk(read, wire, ("c", connect), ("s", b"HTTP/1.1 200 OK\r\n\r\n"), ("c", GET), ("s", OK))
    assert [(row["method"], row["object"]) for row in result.http] == [
        ("CONNECT", "inner.example:80"),
        ("GET", "www.example.com/index.php?id=1&&name"),
    ]
    assert result.problems == []


def test_a_tunnel_to_tls(read: Any, wire: Any, scapy_unbound: None) -> None:
    from scapy.layers.tls.extensions import ServerName, TLS_Ext_ServerName
    from scapy.layers.tls.handshake import TLSClientHello
    from scapy.layers.tls.record import TLS

    named = TLS_Ext_ServerName(servernames=[ServerName(servername=b"inner.example")])
    hello = bytes(TLS(version=0x0301, msg=[TLSClientHello(version=0x0303, ciphers=[0xC02F], ext=[named])]))
    connect = b"CONNECT inner.example:443 HTTP/1.1\r\nHost: inner.example:443\r\n\r\n"
    result = talk(read, wire, ("c", connect), ("s", b"HTTP/1.1 200 OK\r\n\r\n"), ("c", hello))
    assert [row["server_name"] for row in result.ssl] == ["inner.example"]
    assert result.conn[0]["service"] == "http,ssl"


WEBSOCKET = (  # RFC 6455 section 1.2
    b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://example.com\r\nUser-Agent: Agent/1\r\n"
    b"Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
)
SWITCHED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n"
)


def test_websocket(read: Any, wire: Any) -> None:
    frames = ("c", b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), ("s", b"\x81\x05Hello")
    result = talk(read, wire, ("c", WEBSOCKET), ("s", SWITCHED), *frames)
    (row,) = result.websocket
    assert (row["host_"], row["uri"], row["user_agent"]) == ("server.example.com", "/chat", "Agent/1")
    assert (row["subprotocol"], row["client_protocols"], row["client_extensions"]) == (
        "chat",
        "chat, superchat",
        "permessage-deflate",
    )
    assert (row["object"], row["packet_first"], row["packet_last"]) == ("server.example.com/chat", 4, 5)
    assert [row["status_code"] for row in result.http] == [101]
    assert result.conn[0]["service"] == "http"
    assert result.problems == []


def test_an_upgrade_whose_answer_is_missing_is_no_trouble(read: Any, wire: Any) -> None:
    result = talk(read, wire, ("c", WEBSOCKET), ("c", b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"))
    assert (len(result.http), result.problems) == (1, [])


def test_a_capture_that_begins_amid_a_body(read: Any, wire: Any) -> None:
    up, down = (wire.client, 40000, wire.server, 80), (wire.server, 80, wire.client, 40000)
    packets = [
        wire.tcp(down, 5000, wire.ack, b"the rest of a body, HTTP/1.1 200 OK no head"),
        wire.tcp(up, 100, wire.ack, GET),
        wire.tcp(down, 5043, wire.ack, OK),
    ]
    result = read(wire.pcap(packets))
    assert [(row["method"], row["status_code"]) for row in result.http] == [("GET", 200)]
    assert [row["name"] for row in result.weird] == ["bad_http_reply"]


def test_cut_anywhere_it_is_read_as_far_as_it_goes(read: Any, wire: Any) -> None:
    """At so many places the packets of a connection of their own end in one capture; and at some the file does."""
    sent = [("c", HEAD + BASIC), ("s", OK), ("c", GET), ("s", SWITCHED)]
    records = [wire.pcap_record(packet, wire.start) for packet in wire.session(sent)]
    data, places = wire.pcap_head() + b"".join(records), range(0, 700, 7)
    for keep in places[::9]:
        assert len(read(data[: 24 + keep]).http) <= 2
    cut: list[bytes] = []
    for at, keep in enumerate(places):
        for packet in wire.session(sent, sport=40_000 + at):
            if keep < 16 + len(packet):
                cut.append(wire.pcap_record(packet[: max(keep - 16, 14)], wire.start, wire=len(packet)))
                break
            cut.append(wire.pcap_record(packet, wire.start))
            keep -= 16 + len(packet)
    result = read(wire.pcap_head() + b"".join(cut))
    counts = Counter(row["src_port"] for row in result.http)
    assert set(counts) <= {40_000 + at for at in range(len(places))}
    assert max(counts.values()) == 2
    assert counts[40_000 + len(places) - 1] >= 1


def test_damaged_anywhere_it_is_read_without_complaint(read: Any, wire: Any) -> None:
    """A byte of every fifth place, each in a connection of its own, all in one capture; some alone."""
    ask = HEAD + BASIC + GET
    reply = OK + b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    for side, raw in (("c", ask), ("s", reply)):
        spots = [at % len(raw) for at in range(0, 400, 5)]
        talks = []
        for spot in spots:
            broken = raw[:spot] + bytes([raw[spot] ^ 0xA5]) + raw[spot + 1 :]
            talks.append([("c", broken), ("s", reply)] if side == "c" else [("c", ask), ("s", broken)])
        sessions = [wire.session(sent, sport=40_000 + at) for at, sent in enumerate(talks)]
        result = read(wire.pcap([packet for packets in sessions for packet in packets]))
        soon = {row["src_port"] - 40_000 for row in result.http if (row["packet_first"] - 1) % len(sessions[0]) < 5}
        assert soon >= {at for at, spot in enumerate(spots) if spot >= 16}
        for at in range(0, len(talks), 16):
            first = [row for row in talk(read, wire, *talks[at]).http if row["packet_first"] <= 5]
            assert first or spots[at] < 16


def test_shuffled_packets_give_the_same_rows(read: Any, wire: Any) -> None:
    packets = wire.session([("c", HEAD + BASIC), ("s", OK), ("c", GET), ("s", OK)])
    names = ("method", "uri", "status_code", "trans_depth", "username", "response_body_len")
    told = [
        [
            tuple(row.get(name) for name in names)
            for row in sorted(read(wire.pcap(order)).http, key=lambda r: r["trans_depth"])
        ]
        for order in (packets, [*packets[:3], packets[6], packets[4], packets[5], packets[3], *packets[7:]])
    ]
    assert told[0] == told[1]


def test_what_scapy_writes(read: Any, wire: Any, scapy_unbound: None) -> None:
    from scapy.layers.http import HTTP, HTTPRequest, HTTPResponse

    ask = (
        HTTP()
        / HTTPRequest(Method=b"PUT", Path=b"/a/b.txt", Host=b"www.example.org", Cookie=b"a=1", Content_Length=b"3")
        / b"abc"
    )
    reply = HTTP() / HTTPResponse(Status_Code=b"201", Reason_Phrase=b"Created", Content_Length=b"0")
    result = talk(read, wire, ("c", bytes(ask)), ("s", bytes(reply)))
    (row,), (file,) = result.http, result.files
    assert (row["method"], row["object"], row["status_code"], row["request_body_len"], row["cookie_vars"]) == (
        "PUT",
        "www.example.org/a/b.txt",
        201,
        3,
        "a",
    )
    assert (file["filename"], file["is_orig"], file["mime_type"]) == ("b.txt", True, "text/plain")
