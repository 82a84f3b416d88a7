"""SOCKS by hand and by scapy: versions, logins, refusals, and the service that goes on behind the handshake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.parsers.network.protocols.hardships import bear_session, by_scapy

GET = b"GET /hidden HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
NAME = b"\x03\x0fwww.example.com\x00\x50"  # address type 3: a name of 15 bytes; port 80
SENT = [
    ("c", b"\x05\x02\x00\x02"), ("s", b"\x05\x02"),  # methods 0 and 2 offered, 2 chosen
    ("c", b"\x01\x03bob\x05secre"), ("s", b"\x01\x00"),  # RFC 1929
    ("c", b"\x05\x01\x00" + NAME), ("s", b"\x05\x00\x00\x01\xcb\x00\x71\x05\x1f\x90"),  # bound to 203.0.113.5:8080
    ("c", GET), ("s", OK),
]  # fmt: skip


def test_version_5(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session(SENT, port=1080)))
    (row,) = result.socks
    assert (row["version"], row["user_"], row["password"], row["command"]) == (5, "bob", "<hidden>", "connect")
    assert (row["request"], row["request_p"], row["object"]) == ("www.example.com", 80, "www.example.com:80")
    assert (row["bound"], row["bound_p"], row["status"], row["outcome"]) == (
        "203.0.113.5",
        8080,
        "succeeded",
        "success",
    )
    (login,) = result.credentials
    assert (login["username"], login["secret"], login["accepted"]) == ("bob", "secre", True)
    assert [row["uri"] for row in result.http] == ["/hidden"]
    assert (result.conn[0]["service"], result.problems) == ("socks,http", [])


def test_hardships(read: Any, wire: Any) -> None:
    bear_session(read, wire, SENT, 1080, "socks", "credentials", "http")


def test_version_4_and_4a(read: Any, wire: Any) -> None:
    talk = [
        ("c", b"\x04\x01\x00\x50\xc6\x33\x64\x07ann\0"),
        ("s", b"\x00\x5a\x00\x00\x00\x00\x00\x00"),
        ("c", GET),
        ("s", OK),
    ]
    result = read(wire.pcap(wire.session(talk, port=9999)))
    (row,) = result.socks
    assert (row["version"], row["request"], row["request_p"], row["user_"]) == (4, "198.51.100.7", 80, "ann")
    assert len(result.http) == 1
    talk = [("c", b"\x04\x01\x01\xbb\x00\x00\x00\x01\0db.example.net\0"), ("s", b"\x00\x5b\x00\x00\x00\x00\x00\x00")]
    (row,) = read(wire.pcap(wire.session(talk, port=1080))).socks
    assert (row["request"], row["request_p"], row["status"], row["outcome"]) == (
        "db.example.net",
        443,
        "rejected or failed",
        "failure",
    )


def test_refusals(read: Any, wire: Any) -> None:
    (row,) = read(wire.pcap(wire.session([("c", b"\x05\x01\x00"), ("s", b"\x05\xff")], port=1080))).socks
    assert (row["status"], row["outcome"]) == ("no acceptable methods", "failure")
    result = read(wire.pcap(wire.session([*SENT[:3], ("s", b"\x01\x01")], port=1080)))
    assert (result.socks[0]["status"], result.credentials[0]["accepted"]) == ("authentication failed", False)


def test_a_handshake_made_by_scapy(read: Any, tmp_path: Path) -> None:
    data = by_scapy(tmp_path, SENT, 1080)
    assert read(data).socks[0]["request"] == "www.example.com"
    assert read(data[:-20]).socks[0]["request"] == "www.example.com"
