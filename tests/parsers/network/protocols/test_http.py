"""HTTP/1 by hand: heads, bodies, pipelining, what is odd and what is cut."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

GET = b"GET /index.php?id=1 HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 5\r\n\r\nhello"


def rows(read: Any, wire: Any, *sent: tuple[str, bytes]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read(wire.pcap(wire.session(list(sent)))).http
    return found


def test_a_request_and_its_response(read: Any, wire: Any) -> None:
    request = (
        b"POST /login?next=%2F HTTP/1.1\r\n"
        b"Host: portal.example.org\r\n"
        b"user-agent:  Agent/1.0 \r\n"
        b"Referer: http://portal.example.org/\r\n"
        b"Origin: http://portal.example.org\r\n"
        b"Authorization: Basic " + base64.b64encode(b"j.doe:se:cret") + b"\r\n"
        b"X-Forwarded-For: 203.0.113.7\r\n"
        b"Via: 1.1 proxy.example.net\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: 9\r\n\r\n"
        b"user=j&p="
    )
    result = read(wire.pcap(wire.session([("c", request), ("s", OK)])))
    (row,) = result.http
    assert (row["event"], row["method"], row["uri"], row["version"]) == (
        "http.request",
        "POST",
        "/login?next=%2F",
        "1.1",
    )
    assert (row["host_"], row["object"]) == ("portal.example.org", "portal.example.org/login?next=%2F")
    assert (row["user_agent"], row["referrer"]) == ("Agent/1.0", "http://portal.example.org/")
    assert (row["username"], row["user"], row["x_forwarded_for"]) == ("j.doe", "j.doe", "203.0.113.7")
    assert row["proxied"] == "X-FORWARDED-FOR -> 203.0.113.7,VIA -> 1.1 proxy.example.net"
    assert (row["request_body_len"], row["response_body_len"]) == (9, 5)
    assert (row["orig_mime_types"], row["resp_mime_types"]) == ("application/x-www-form-urlencoded", "text/html")
    assert (row["status_code"], row["status_msg"], row["outcome"], row["trans_depth"]) == (200, "OK", "success", 1)
    assert (row["record"], row["packet_first"], row["packet_last"], row["flags"]) == (4, 4, 5, "")
    assert (row["uid"], result.conn[0]["service"]) == (result.conn[0]["uid"], "http")
    assert result.row_bytes(row).endswith(request)
    assert result.problems == []


def test_content_and_not_the_port_decides(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session([("c", GET), ("s", OK)], port=4444)))
    assert result.http[0]["id_resp_p"] == 4444
    assert read(wire.pcap(wire.session([("c", b"\x00binary"), ("s", b"\x01")], port=80))).http == []


def test_pipelined_requests(read: Any, wire: Any) -> None:
    found = rows(
        read, wire, ("c", GET + GET.replace(b"id=1", b"id=2")), ("s", OK + OK.replace(b"200 OK", b"404 Not Found"))
    )
    assert [(r["trans_depth"], r["uri"][-4:], r["status_code"], r["outcome"]) for r in found] == [
        (1, "id=1", 200, "success"),
        (2, "id=2", 404, "failure"),
    ]
    assert found[0]["offset"] == found[1]["offset"]


def test_bodies_that_are_none(read: Any, wire: Any) -> None:
    head = b"HEAD / HTTP/1.1\r\nHost: a.example\r\n\r\n"
    answers = OK[:-5] + b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n" + OK
    found = rows(read, wire, ("c", head + GET + GET), ("s", answers))
    assert [(r["status_code"], r["response_body_len"]) for r in found] == [(200, 0), (304, 0), (200, 5)]


def test_chunked_body(read: Any, wire: Any) -> None:
    body = b"4;name=value\r\nMZ\x90\0\r\nB\r\n0123456789a\r\n0\r\nX-Trailer: 1\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\n" + body
    first, second = rows(read, wire, ("c", GET + GET), ("s", answer + OK))
    assert (first["response_body_len"], first["resp_mime_types"]) == (15, "application/x-dosexec")
    assert (second["response_body_len"], second["flags"]) == (5, "")


def test_body_until_the_connection_closes(read: Any, wire: Any) -> None:
    (row,) = rows(read, wire, ("c", GET), ("s", b"HTTP/1.0 200 OK\r\n\r\n%PDF-1.7 "), ("s", b"more"))
    assert (row["response_body_len"], row["resp_mime_types"], row["version"]) == (13, "application/pdf", "1.0")


def test_interim_response(read: Any, wire: Any) -> None:
    (row,) = rows(read, wire, ("c", GET), ("s", b"HTTP/1.1 100 Continue\r\n\r\n"), ("s", OK))
    assert (row["info_code"], row["info_msg"], row["status_code"]) == (100, "Continue", 200)


def test_what_follows_an_upgrade_is_not_http(read: Any, wire: Any) -> None:
    answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05hello"
    result = read(wire.pcap(wire.session([("c", GET), ("s", answer)])))
    assert [row["status_code"] for row in result.http] == [101]
    assert result.problems == []


def test_connect(read: Any, wire: Any) -> None:
    ask = b"CONNECT db.example.net:443 HTTP/1.1\r\nHost: db.example.net:443\r\n\r\n"
    (row,) = rows(read, wire, ("c", ask), ("s", b"HTTP/1.1 200 Connection established\r\n\r\n"), ("c", b"\x16\x03\x01"))
    assert (row["method"], row["object"], row["status_code"]) == ("CONNECT", "db.example.net:443", 200)


def test_odd_requests_keep_their_bytes(read: Any, wire: Any) -> None:
    request = b"GET /a b/\xff../etc HTTP/1.1\nHost: x.example\nX: folded\n on two lines\nbroken line\n\n"
    (row,) = rows(read, wire, ("c", b"\r\n" + request))
    assert (row["uri"], row["host_"]) == ("/a b/\\xff../etc", "x.example")


def test_a_request_line_of_spaces_takes_no_longer_than_its_bytes(read: Any, wire: Any) -> None:
    sent = [("c", b"GET " + b" " * 1400)] + [("c", b" " * 1400)] * 60
    result = read(wire.pcap(wire.session(sent)))
    assert (result.http, len(result.problems)) == ([], 1)


def test_bytes_that_are_none_are_told(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session([("c", GET + b"\x00\x01\x02 nonsense\r\n\r\n"), ("s", OK)])))
    assert len(result.http) == 1
    assert result.reasons == [
        "HTTP connection: bytes where a request should begin are none; 1 times, first in packet 4"
    ]


def test_response_without_its_request(read: Any, wire: Any) -> None:
    (row,) = rows(read, wire, ("s", OK))
    assert (row["event"], row["status_code"], row["src_ip"]) == ("http.response", 200, wire.client)
    assert "method" not in row


def test_answer_captured_before_its_question(read: Any, wire: Any) -> None:
    down, up = (wire.server, 80, wire.client, 40000), (wire.client, 40000, wire.server, 80)
    packets = [wire.tcp(down, 5000, wire.ack, OK), wire.tcp(up, 100, wire.ack, GET)]
    (row,) = read(wire.pcap(packets)).http
    assert (row["method"], row["status_code"]) == ("GET", 200)


def test_a_cut_head_keeps_what_there_is(read: Any, wire: Any) -> None:
    (row,) = rows(read, wire, ("c", b"GET /cut HTTP/1.1\r\nHost: www.exam"))
    assert (row["uri"], row["flags"]) == ("/cut", "truncated")


@pytest.mark.parametrize(
    "code", [b"Basic !!!", b"Basic " + base64.b64encode(b"nocolon"), b"Digest realm=x", b"Basic", b"Negotiate YII="]
)
def test_authorization_that_names_nobody(read: Any, wire: Any, code: bytes) -> None:
    (row,) = rows(read, wire, ("c", GET[:-2] + b"Authorization: " + code + b"\r\n\r\n"))
    assert "username" not in row


token = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ-", min_size=1, max_size=12).filter(lambda s: s.lower() != "host")
value = st.text("abcdefghijklmnopqrstuvwxyz0123456789/;=.", min_size=1, max_size=30)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value, value, st.dictionaries(token, value, max_size=5), st.binary(max_size=200))
def test_requests_read_as_dpkt_reads_them(
    read: Any, wire: Any, path: str, host: str, headers: dict[str, str], body: bytes
) -> None:
    import dpkt

    lines = [
        f"POST /{path} HTTP/1.1",
        f"Host: {host}",
        *(f"{k}: {v}" for k, v in headers.items()),
        f"Content-Length: {len(body)}",
    ]
    raw = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
    (row,) = rows(read, wire, ("c", raw))
    theirs = dpkt.http.Request(raw)
    assert (row["method"], row["uri"], row["version"]) == (theirs.method, theirs.uri, theirs.version)
    assert row["host_"] == theirs.headers["host"]
    assert row["request_body_len"] == len(theirs.body) == len(body)
