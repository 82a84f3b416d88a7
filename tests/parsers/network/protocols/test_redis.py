"""Redis by hand and by scapy: commands, replies of all kinds, logins; masked passwords."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.parsers.network.protocols.hardships import bear_session


def command(*words: bytes) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


SENT = [
    ("c", command(b"AUTH", b"app", b"hunter2")), ("s", b"+OK\r\n"),
    ("c", command(b"set", b"key:1", b"a value")), ("s", b"+OK\r\n"),
    ("c", command(b"GET", b"key:1") + command(b"LRANGE", b"list", b"0", b"-1")), ("s", b"$7\r\na value\r\n*2\r\n$1\r\nx\r\n:5\r\n"),
    ("c", command(b"GET", b"none")), ("s", b"$-1\r\n"),
    ("c", command(b"NOSUCH")), ("s", b"-ERR unknown command\r\n"),
]  # fmt: skip


def test_commands_with_replies(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session(SENT, port=6379)))
    told = [
        (row["cmd_name"], row.get("cmd_key"), row.get("cmd_value"), row["success"], row.get("reply_value"))
        for row in result.redis
    ]
    assert told == [
        ("AUTH", None, "app <hidden>", True, "OK"),
        ("SET", "key:1", "a value", True, "OK"),
        ("GET", "key:1", None, True, "a value"),
        ("LRANGE", "list", "0 -1", True, "[x, 5]"),
        ("GET", "none", None, True, None),
        ("NOSUCH", None, None, False, "ERR unknown command"),
    ]
    (login,) = result.credentials
    assert (login["username"], login["secret"], login["accepted"]) == ("app", "hunter2", True)
    assert "hunter2" not in repr(result.redis)
    assert (result.conn[0]["service"], result.problems) == ("redis", [])


def test_hardships(read: Any, wire: Any) -> None:
    bear_session(read, wire, SENT, 6379, "redis", "credentials")


def test_inline_commands_and_a_password_set(read: Any, wire: Any) -> None:
    talk = [
        ("c", command(b"CONFIG", b"SET", b"requirepass", b"topsecret")), ("s", b"+OK\r\n"), ("c", b"AUTH topsecret\r\n"), ("s", b"+OK\r\n"),
        ("c", b"HELLO 3\r\n"), ("s", b"%1\r\n+server\r\n+redis\r\n"),
    ]  # fmt: skip
    result = read(wire.pcap(wire.session(talk, port=6379)))
    assert [row["cmd_value"] for row in result.redis] == ["SET requirepass <hidden>", "<hidden>", "3"]
    assert [(row["username"], row["secret"]) for row in result.credentials] == [("default", "topsecret")]
    assert result.redis[2]["reply_value"] == "[server, redis]"


def test_bombs_are_bounded(read: Any, wire: Any) -> None:
    deep = b"*1\r\n" * 5_000
    for raw in (deep, b"*999999999\r\n$1\r\nx\r\n"):
        result = read(wire.pcap(wire.session([("c", command(b"PING")), ("s", raw[:1_400])], port=6379)))
        assert [row["cmd_name"] for row in result.redis] == ["PING"]
    result = read(wire.pcap(wire.session([("c", command(b"PING") + b"\x00\x01\r\n")], port=6379)))
    assert [row["name"] for row in result.weird] == ["redis_bad_command"]


def test_made_by_scapy(read: Any, tmp_path: Path) -> None:
    from scapy.layers.inet import IP, TCP
    from scapy.layers.l2 import Ether
    from scapy.packet import Raw
    from scapy.utils import wrpcap

    out = [
        Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
        / IP(src="192.0.2.1", dst="198.51.100.1")
        / TCP(sport=4000, dport=6379, flags="PA", seq=1)
        / Raw(command(b"PING"))
    ]
    wrpcap(str(tmp_path / "s.pcap"), out)
    data = (tmp_path / "s.pcap").read_bytes()
    assert read(data).redis[0]["cmd_name"] == "PING"
    assert len(read(data[:-3]).redis) == 1
