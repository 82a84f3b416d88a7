"""Telnet by hand and by scapy: the login, options taken off, refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.parsers.network.protocols.hardships import bear_session, by_scapy

SENT = [
    ("s", b"\xff\xfd\x18\xff\xfb\x01"),  # DO terminal type, WILL echo
    ("c", b"\xff\xfb\x18\xff\xfd\x01"), ("s", b"\xff\xfa\x18\x01\xff\xf0"), ("c", b"\xff\xfa\x18\x00xterm\xff\xf0"),
    ("s", b"\r\nhost example\r\nlogin: "), ("c", b"am\x7fnn\r\0"), ("s", b"ann\r\nPassword: "), ("c", b"wrong\r\0"),
    ("s", b"\r\nLogin incorrect\r\nlogin: "), ("c", b"ann\r\0"), ("s", b"ann\r\nPassword: "), ("c", b"right 1\r\0"),
    ("s", b"\r\nLast login: Fri Jan  2 from 192.0.2.9\r\n$ "), ("c", b"ls\r\0"), ("s", b"file\r\n$ "),
]  # fmt: skip


def test_a_login_refused_and_one_taken(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session(SENT, port=23)))
    (row,) = result.telnet
    assert (row["user_"], row["success"], row["outcome"], row["terminal"]) == ("ann", True, "success", "xterm")
    told = [(row["username"], row["secret"], row["accepted"]) for row in result.credentials]
    assert told == [("ann", "wrong", False), ("ann", "right 1", True)]
    assert (result.conn[0]["service"], result.problems) == ("telnet", [])


def test_hardships(read: Any, wire: Any) -> None:
    bear_session(read, wire, SENT, 23, "telnet", "credentials")


def test_content_and_not_the_port_decides(read: Any, wire: Any) -> None:
    assert len(read(wire.pcap(wire.session(SENT, port=2323))).telnet) == 1
    assert read(wire.pcap(wire.session([("s", b"\xff\xff\xff\xff")], port=23))).telnet == []


def test_without_a_login(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session([*SENT[:4], ("s", b"welcome\r\n" * 4_000)][:4], port=23)))
    assert (result.credentials, "success" in result.telnet[0]) == ([], False)


def test_made_by_scapy(read: Any, tmp_path: Path) -> None:
    data = by_scapy(tmp_path, SENT, 23)
    assert read(data).telnet[0]["user_"] == "ann"
    assert read(data[:-10]).telnet[0]["user_"] == "ann"


def test_a_device_that_negotiates_nothing(read: Any, wire: Any) -> None:
    plain = [("s", b"\r\ncamera login: "), ("c", b"ann\r\n"), ("s", b"Password: "), ("c", b"pw\r\n"), ("s", b"\r\n# ")]
    result = read(wire.pcap(wire.session(plain, port=23)))
    assert (result.telnet[0]["user_"], result.conn[0]["service"]) == ("ann", "telnet")
    assert [(row["secret"], row["accepted"]) for row in result.credentials] == [("pw", True)]
    assert read(wire.pcap(wire.session(plain, port=2324))).telnet == []
    for other in (b"\x00\x01\x02\x03", b"\x16\x03\x01\x00\x05\x01", b"SSH-2.0-x\r\n"):
        assert read(wire.pcap(wire.session([("s", other)], port=23))).telnet == []
