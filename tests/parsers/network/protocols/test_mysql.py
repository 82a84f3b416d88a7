"""MySQL by hand and by scapy: greeting, logins, commands with their answers, what goes on as TLS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.parsers.network.protocols.hardships import bear_session, by_scapy


def packet(number: int, body: bytes) -> bytes:
    return len(body).to_bytes(3, "little") + bytes([number]) + body


SALT1, SALT2 = b"abcdefgh", b"ijklmnopqrst"
# protocol 10, version, connection, salt, filler, capabilities, charset, status, capabilities, salt size, reserved, salt, method
GREETING = packet(
    0,
    b"\x0a8.0.36\0"
    + b"\x07\0\0\0"
    + SALT1
    + b"\0"
    + b"\xff\xf7\x21\x02\0\xff\x81\x15"
    + bytes(10)
    + SALT2
    + b"\0mysql_native_password\0",
)
FLAGS = (0x200 | 0x8 | 0x80000).to_bytes(4, "little")  # protocol 4.1, with a database, with a method
LOGIN = packet(
    1, FLAGS + bytes(4) + b"\x21" + bytes(23) + b"ann\0" + b"\x14" + b"\xaa" * 20 + b"shop\0mysql_native_password\0"
)
OK, EOF = b"\0\0\0\2\0\0\0", b"\xfe\0\0\2\0"
COLUMN = b"\x03def\0\0\0\x01a\0\x0c\x21\0\0\0\0\0\xfd\0\0\0\0\0"
ROWS = b"".join(packet(at, body) for at, body in enumerate([b"\x01", COLUMN, EOF, b"\x01x", b"\x01y", EOF], 1))
SENT = [
    ("s", GREETING), ("c", LOGIN), ("s", packet(2, OK)),
    ("c", packet(0, b"\x03select a from t")), ("s", ROWS),
    ("c", packet(0, b"\x03update t set a=1")), ("s", packet(1, b"\0\x05\0\2\0\0\0")),
    ("c", packet(0, b"\x03selec")), ("s", packet(1, b"\xff\x28\x04#42000You have an error")),
    ("c", packet(0, b"\x16select ?")),
    ("s", packet(1, b"\0\1\0\0\0\1\0\1\0\0\0\0") + packet(2, COLUMN) + packet(3, EOF) + packet(4, COLUMN) + packet(5, EOF)),
    ("c", packet(0, b"\x0e")), ("s", packet(1, OK)), ("c", packet(0, b"\x01")),
]  # fmt: skip


def test_a_session(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session(SENT, port=3306)))
    told = [
        (row["cmd"], row.get("arg"), row.get("success"), row.get("rows"), row.get("response")) for row in result.mysql
    ]
    assert told == [
        ("login", "ann", True, None, None),
        ("query", "select a from t", True, 2, None),
        ("query", "update t set a=1", True, 5, None),
        ("query", "selec", False, None, "1064 42000 You have an error"),
        ("stmt_prepare", "select ?", True, None, None),
        ("ping", None, True, 0, None),
        ("quit", None, None, None, None),
    ]
    assert (result.mysql[0]["server_version"], result.mysql[0]["database"], result.mysql[1]["user"]) == (
        "8.0.36",
        "shop",
        "ann",
    )
    (login,) = result.credentials
    assert (login["scheme"], login["username"], login["realm"]) == ("mysql_native_password", "ann", "shop")
    assert (login["secret"], login["challenge"], login["accepted"]) == ("aa" * 20, (SALT1 + SALT2).hex(), True)
    assert (result.conn[0]["service"], result.problems) == ("mysql", [])


def test_hardships(read: Any, wire: Any) -> None:
    bear_session(read, wire, SENT, 3306, "mysql", "credentials")


def test_another_method_and_a_refusal(read: Any, wire: Any) -> None:
    talk = [
        SENT[0], SENT[1], ("s", packet(2, b"\xfemysql_clear_password\0")), ("c", packet(3, b"pw 1\0")),
        ("s", packet(4, b"\xff\x15\x04#28000Access denied")),
    ]  # fmt: skip
    result = read(wire.pcap(wire.session(talk, port=3307)))
    (login,) = result.credentials
    assert (login["scheme"], login["secret"], login["accepted"]) == ("mysql_clear_password", "pw 1", False)
    assert result.mysql[0]["response"] == "1045 28000 Access denied"


def test_long_results(read: Any, wire: Any) -> None:
    bodies = [b"\x01", COLUMN, EOF, *[b"\x01x"] * 700, EOF]
    rows = b"".join(packet(at % 256, body) for at, body in enumerate(bodies, 1))  # numbers begin anew
    talk = [*SENT[:4], *[("s", rows[at : at + 1400]) for at in range(0, len(rows), 1400)], *SENT[5:7]]
    assert [row.get("rows") for row in read(wire.pcap(wire.session(talk, port=3306))).mysql] == [None, 700, 5]


def test_tls_and_nonsense(read: Any, wire: Any) -> None:
    ask = packet(1, (0x200 | 0x800).to_bytes(4, "little") + bytes(28))
    hello = bytes.fromhex("160301002d" + "01000029" + "0303" + "11" * 32 + "00" + "0002c02f" + "0100")
    result = read(wire.pcap(wire.session([("s", GREETING), ("c", ask), ("c", hello)], port=3306)))
    assert (result.mysql, result.conn[0]["service"]) == ([], "ssl")
    odd = read(wire.pcap(wire.session([("s", GREETING), ("c", packet(1, b"\0\0"))], port=3306)))
    assert [row["name"] for row in odd.weird] == ["mysql_bad_login"]


def test_made_by_scapy(read: Any, tmp_path: Path) -> None:
    data = by_scapy(tmp_path, SENT, 3306)
    assert len(read(data).mysql) == 7
    assert len(read(data[:-4]).mysql) >= 6
