"""HTTP/2 without TLS: by prior knowledge and by upgrade, frames by hand and from scapy."""

from __future__ import annotations

import gzip
import hashlib
import struct
from typing import Any

import pytest

from parsers.network.protocols.http2 import sides

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS, PUSH, CONTINUATION = 0, 1, 4, 5, 9
END_STREAM, END_HEADERS, PADDED, PRIORITY = 1, 4, 8, 32


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    # length, type, flags, stream
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(name: bytes, value: bytes) -> bytes:
    """A header field that is not indexed, its name new (RFC 7541 section 6.2.2); names and values below 127 bytes."""
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


def request(path: bytes, *more: bytes, method: bytes = b"GET") -> bytes:
    named = literal(b":method", method) + literal(b":scheme", b"http") + literal(b":path", path)
    return named + literal(b":authority", b"www.example.com") + b"".join(more)


def response(status: bytes, *more: bytes) -> bytes:
    return literal(b":status", status) + b"".join(more)


SETUP = PREFACE + frame(SETTINGS, 0, 0, b"\x00\x03\x00\x00\x00\x64")
ACK = frame(SETTINGS, 0, 0, b"") + frame(SETTINGS, 1, 0, b"")
AGENT = literal(b"user-agent", b"Agent/2")
PDF = b"%PDF-1.7 " + bytes(range(256))


def talk(read: Any, wire: Any, *sent: tuple[str, bytes]) -> Any:
    return read(wire.pcap(wire.session(list(sent))))


def test_streams_that_run_side_by_side(read: Any, wire: Any) -> None:
    padded = b"\x05" + struct.pack(">IB", 0, 15) + request(b"/two?x=1", AGENT) + bytes(5)
    asks = (
        frame(
            HEADERS,
            END_HEADERS,
            1,
            request(b"/one", literal(b"cookie", b"a=1"), literal(b"cookie", b"b=2"), method=b"POST"),
        )
        + frame(HEADERS, END_HEADERS | END_STREAM | PADDED | PRIORITY, 3, padded)
        + frame(DATA, END_STREAM, 1, b"form=1")
    )
    first = response(b"200", literal(b"content-type", b"application/pdf"), literal(b"content-length", b"%d" % len(PDF)))
    replies = (
        frame(HEADERS, END_HEADERS, 3, response(b"103"))
        + frame(HEADERS, END_HEADERS | END_STREAM, 3, response(b"404"))
        + frame(HEADERS, END_HEADERS, 1, first)
        + frame(DATA, PADDED, 1, b"\x03" + PDF[:100] + bytes(3))
        + frame(DATA, 0, 1, PDF[100:])
        + frame(HEADERS, END_HEADERS | END_STREAM, 1, literal(b"x-trailer", b"1"))
    )
    result = talk(read, wire, ("c", SETUP), ("s", ACK), ("c", asks), ("s", replies))
    one, two = sorted(result.http, key=lambda row: row["trans_depth"])
    names = ("method", "uri", "host_", "version", "status_code", "request_body_len", "response_body_len", "flags")
    assert [one[name] for name in names] == ["POST", "/one", "www.example.com", "2", 200, 6, len(PDF), ""]
    assert [two[name] for name in names] == ["GET", "/two?x=1", "www.example.com", "2", 404, 0, 0, ""]
    assert (one["cookie_vars"], two["user_agent"], two["uri_vars"], two["info_code"]) == ("a,b", "Agent/2", "x", 103)
    assert (one["packet_first"], one["packet_last"]) == (6, 7)
    carried = {file["is_orig"]: file for file in result.files}
    assert (carried[False]["sha256"], carried[False]["complete"]) == (hashlib.sha256(PDF).hexdigest(), True)
    assert (carried[True]["seen_bytes"], one["orig_fuids"], one["resp_fuids"]) == (
        6,
        carried[True]["fuid"],
        carried[False]["fuid"],
    )
    assert (result.problems, result.conn[0]["service"]) == ([], "http")


def test_an_upgrade_from_http_1(read: Any, wire: Any) -> None:
    ask = b"GET /start HTTP/1.1\r\nHost: www.example.com\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
    switch = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    replies = ACK + frame(HEADERS, END_HEADERS, 1, response(b"200")) + frame(DATA, END_STREAM, 1, b"hello")
    later = frame(HEADERS, END_HEADERS | END_STREAM, 3, request(b"/next"))
    result = talk(
        read,
        wire,
        ("c", ask),
        ("s", switch + replies),
        ("c", SETUP + later),
        ("s", frame(HEADERS, 5, 3, response(b"204"))),
    )
    one, two = sorted(result.http, key=lambda row: row["trans_depth"])
    names = ("uri", "status_code", "version", "info_code", "response_body_len")
    assert [one.get(name) for name in names] == ["/start", 200, "2", 101, 5]
    assert [two.get(name) for name in names] == ["/next", 204, "2", None, 0]
    assert result.problems == []


def test_a_header_block_over_several_frames(read: Any, wire: Any) -> None:
    block = request(b"/long", AGENT)
    asks = (
        frame(HEADERS, END_STREAM, 1, block[:10])
        + frame(CONTINUATION, 0, 1, block[10:20])
        + frame(CONTINUATION, 4, 1, block[20:])
    )
    result = talk(read, wire, ("c", SETUP + asks[:40]), ("c", asks[40:]))
    assert [(row["uri"], row["user_agent"]) for row in result.http] == [("/long", "Agent/2")]


def test_what_the_server_pushes(read: Any, wire: Any) -> None:
    promise = frame(PUSH, END_HEADERS, 1, struct.pack(">I", 2) + request(b"/style.css"))
    replies = (
        promise
        + frame(HEADERS, 5, 1, response(b"200"))
        + frame(HEADERS, 4, 2, response(b"200"))
        + frame(DATA, 1, 2, b"a{}")
    )
    result = talk(read, wire, ("c", SETUP + frame(HEADERS, 5, 1, request(b"/"))), ("s", ACK + replies))
    assert sorted((row["uri"], row["status_code"]) for row in result.http) == [("/", 200), ("/style.css", 200)]


def test_compressed_content(read: Any, wire: Any) -> None:
    body = gzip.compress(PDF)
    reply = frame(HEADERS, 4, 1, response(b"200", literal(b"content-encoding", b"gzip")))
    reply += b"".join(frame(DATA, int(at + 50 >= len(body)), 1, body[at : at + 50]) for at in range(0, len(body), 50))
    result = talk(read, wire, ("c", SETUP + frame(HEADERS, 5, 1, request(b"/a.pdf"))), ("s", ACK + reply))
    assert [(f["sha256"], f["filename"], f["complete"]) for f in result.files] == [
        (hashlib.sha256(PDF).hexdigest(), "a.pdf", True)
    ]


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (frame(CONTINUATION, 4, 1, b""), "http2_odd_continuation"),
        (frame(HEADERS, 0, 1, b"\x82") + frame(DATA, 0, 1, b""), "http2_header_block_cut"),
        (frame(HEADERS, 4, 1, b"\xff\xff\xff\xff\xff\xff\xff"), "http2_bad_header_block"),
        (frame(HEADERS, 4 | PADDED, 1, b"\x09\x82"), "http2_bad_frame_size"),
        (frame(HEADERS, 4 | PRIORITY, 1, b"\x82"), "http2_bad_frame_size"),
        (frame(DATA, PADDED, 1, b"\x09\x82"), "http2_bad_padding"),
        (frame(HEADERS, 4, 1, b"\x40\x01a\x7f\xa1\x1e" + b"x" * 4000 + b"\xbe" * 100), "http2_header_bomb"),
    ],
)
def test_frames_that_break_the_protocol(read: Any, wire: Any, sent: bytes, name: str) -> None:
    good = frame(HEADERS, 5, 1, request(b"/"))
    result = talk(read, wire, ("c", SETUP + good + sent))
    assert [row["name"] for row in result.weird] == [name]
    assert [row["uri"] for row in result.http] == ["/"]


def test_a_flood_of_continuations_is_stopped(read: Any, wire: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(sides, "BLOCK_LIMIT", 4096)
    flood = [("c", frame(CONTINUATION, 0, 1, bytes(1000))) for _ in range(8)]
    result = talk(read, wire, ("c", SETUP + frame(HEADERS, 0, 1, b"\x82")), *flood)
    assert [row["name"] for row in result.weird] == ["http2_continuation_flood"]


def test_more_streams_than_are_read(read: Any, wire: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(sides, "STREAMS", 5)
    asks = b"".join(frame(HEADERS, 5, number, request(b"/")) for number in range(1, 41, 2))
    result = talk(read, wire, ("c", SETUP + asks))
    assert (len(result.http), [row["name"] for row in result.weird]) == (6, ["http2_too_many_streams"])


def test_an_authority_that_differs_from_the_host(read: Any, wire: Any) -> None:
    ask = frame(HEADERS, 5, 1, request(b"/", literal(b"host", b"other.example")))
    result = talk(read, wire, ("c", SETUP + ask))
    assert [row["name"] for row in result.weird] == ["http2_authority_mismatch"]
    assert result.http[0]["host_"] == "other.example"


def test_what_scapy_writes(read: Any, wire: Any) -> None:
    from scapy.contrib import http2 as scapy

    table = scapy.HPackHdrTable()
    lines = [":method GET", ":path /from/scapy", ":scheme http", ":authority scapy.example", "user-agent: Agent/3"]
    lines += [f"x-{number}: {'y' * 100}" for number in range(4)]
    asks = table.parse_txt_hdrs("\n".join(lines).encode(), stream_id=1, max_frm_sz=200)
    table = scapy.HPackHdrTable()
    reply = table.parse_txt_hdrs(b":status 418\nserver: teapot\ncontent-length: 3\n", stream_id=1, body=b"tea")
    result = talk(read, wire, ("c", PREFACE + bytes(asks)), ("s", ACK + bytes(reply)))
    (row,) = result.http
    assert (row["uri"], row["host_"], row["user_agent"], row["status_code"]) == (
        "/from/scapy",
        "scapy.example",
        "Agent/3",
        418,
    )
    assert (row["response_body_len"], row["client_header_names"]) == (3, "USER-AGENT,X-0,X-1,X-2,X-3")


def exchange() -> tuple[bytes, bytes]:
    asks = SETUP + frame(HEADERS, 5, 1, request(b"/a", AGENT)) + frame(HEADERS, 5, 3, request(b"/b"))
    replies = (
        ACK + frame(HEADERS, 4, 1, response(b"200")) + frame(DATA, 1, 1, PDF) + frame(HEADERS, 5, 3, response(b"404"))
    )
    return asks, replies


def test_damaged_or_cut_anywhere_it_is_read_without_complaint(read: Any, wire: Any) -> None:
    """Every ninth place, each in a connection of its own, all of a side in one capture; some alone."""
    asks, replies = exchange()
    for side in (asks, replies):
        talks = []
        for spot in (at % len(side) for at in range(0, 400, 9)):
            for broken in (side[:spot] + bytes([side[spot] ^ 0x5A]) + side[spot + 1 :], side[:spot]):
                talks.append([("c", broken), ("s", replies)] if side is asks else [("c", asks), ("s", broken)])
        sessions = [wire.session(sent, sport=40_000 + at) for at, sent in enumerate(talks)]
        together = read(wire.pcap([packet for packets in sessions for packet in packets]))
        alone = [(talk(read, wire, *sent), 40_000) for sent in talks[::11]]
        if side is replies:
            for result, port in [*((together, 40_000 + at) for at in range(len(talks))), *alone]:
                found = [row["uri"] for row in result.http if "uri" in row and row["src_port"] == port]
                assert sorted(found) == ["/a", "/b"]


def test_shuffled_packets_give_the_same_rows(read: Any, wire: Any) -> None:
    asks, replies = exchange()
    packets = wire.session([("c", asks[:60]), ("c", asks[60:]), ("s", replies[:50]), ("s", replies[50:])])
    names = ("trans_depth", "uri", "status_code", "response_body_len", "user_agent")
    told = []
    for order in (packets, [*packets[:3], packets[6], packets[4], packets[5], packets[3], *packets[7:]]):
        found = sorted(read(wire.pcap(order)).http, key=lambda row: row["trans_depth"])
        told.append([tuple(row.get(name) for name in names) for row in found])
    assert told[0] == told[1] == [(1, "/a", 200, len(PDF), "Agent/2"), (2, "/b", 404, 0, None)]
