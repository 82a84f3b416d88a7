"""PostgreSQL by hand and by scapy: sessions, both kinds of statements, logins, what goes on as TLS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.parsers.network.protocols.hardships import bear_session, by_scapy
from tests.parsers.network.tshark import TSHARK, by_tshark


def message(kind: bytes, body: bytes) -> bytes:
    return kind + (len(body) + 4).to_bytes(4, "big") + body


START_BODY = b"\x00\x03\x00\x00user\0ann\0database\0shop\0application_name\0psql\0\0"
START = (len(START_BODY) + 4).to_bytes(4, "big") + START_BODY
READY = message(b"Z", b"I")
ERROR = message(b"E", b"SERROR\0C42P01\0Mno such table\0\0")
SENT = [
    ("c", START), ("s", message(b"R", b"\x00\x00\x00\x05\x01\x02\x03\x04")),  # MD5, salt
    ("c", message(b"p", b"md5" + b"a" * 32 + b"\0")), ("s", message(b"R", b"\0\0\0\0") + message(b"S", b"x\0y\0") + READY),
    ("c", message(b"Q", b"select * from t\0")),
    ("s", message(b"T", b"\0\0") + message(b"D", b"\0\0") * 2 + message(b"C", b"SELECT 2\0") + READY),
    ("c", message(b"P", b"stmt\0delete from none\0\0\0")),
    ("c", message(b"B", b"\0stmt\0\0\0\0\0\0\0") + message(b"E", b"\0\0\0\0\0") + message(b"S", b"")),
    ("s", ERROR + READY), ("c", message(b"X", b"")),
]  # fmt: skip


def test_a_session(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session(SENT, port=5432)))
    start, select, delete = result.postgresql
    assert (start["event"], start["user_"], start["database"], start["application_name"]) == (
        "postgresql.start",
        "ann",
        "shop",
        "psql",
    )
    assert (start["success"], start["backend"]) == (True, "auth_ok")
    assert (select["frontend"], select["frontend_arg"], select["rows"]) == ("simple_query", "select * from t", 2)
    assert (select["success"], select["backend_arg"], select["packet_first"], select["packet_last"]) == (
        True,
        "SELECT 2",
        8,
        9,
    )
    assert (delete["frontend"], delete["frontend_arg"], delete["success"]) == ("parse", "delete from none", False)
    assert (delete["backend_arg"], delete["outcome"], delete["user"]) == ("ERROR 42P01 no such table", "failure", "ann")
    (login,) = result.credentials
    assert (login["scheme"], login["username"], login["realm"], login["challenge"]) == (
        "md5",
        "ann",
        "shop",
        "01020304",
    )
    assert (login["secret"], login["accepted"]) == ("md5" + "a" * 32, True)
    assert (result.conn[0]["service"], result.problems) == ("postgresql", [])


def test_hardships(read: Any, wire: Any) -> None:
    bear_session(read, wire, SENT, 5432, "postgresql", "credentials")


def test_cleartext_refused(read: Any, wire: Any) -> None:
    talk = [("c", START), ("s", message(b"R", b"\0\0\0\3")), ("c", message(b"p", b"pw 1\0")), ("s", ERROR)]
    result = read(wire.pcap(wire.session(talk, port=6000)))
    assert [(row["scheme"], row["secret"], row["accepted"]) for row in result.credentials] == [
        ("cleartext", "pw 1", False)
    ]
    assert [(row["success"], row["backend"]) for row in result.postgresql] == [(False, "error")]


def test_scram(read: Any, wire: Any) -> None:
    first = b"SCRAM-SHA-256\0" + (9).to_bytes(4, "big") + b"n,,n=,r=a"
    talk = [
        ("c", START), ("s", message(b"R", b"\0\0\0\x0aSCRAM-SHA-256\0\0")), ("c", message(b"p", first)),
        ("s", message(b"R", b"\0\0\0\x0br=ab,s=QQ==,i=4096")), ("c", message(b"p", b"c=biws,r=ab,p=cHJvb2Y=")),
        ("s", message(b"R", b"\0\0\0\x0cv=x") + message(b"R", b"\0\0\0\0") + READY),
    ]  # fmt: skip
    (row,) = read(wire.pcap(wire.session(talk, port=5432))).credentials
    assert (row["scheme"], row["secret"], row["challenge"]) == (
        "scram-sha-256",
        "c=biws,r=ab,p=cHJvb2Y=",
        "r=ab,s=QQ==,i=4096",
    )


def test_tls_cancel_and_nonsense(read: Any, wire: Any) -> None:
    ask = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
    hello = bytes.fromhex("160301002d" + "01000029" + "0303" + "11" * 32 + "00" + "0002c02f" + "0100")
    result = read(wire.pcap(wire.session([("c", ask), ("s", b"S"), ("c", hello)], port=5432)))
    assert result.conn[0]["service"] == "postgresql,ssl"
    refused = read(wire.pcap(wire.session([("c", ask), ("s", b"N"), *SENT], port=5432)))
    assert [row["event"] for row in refused.postgresql] == ["postgresql.start"] * 2 + ["postgresql.query"] * 2
    cancel = read(wire.pcap(wire.session([("c", b"\x00\x00\x00\x10\x04\xd2\x16\x2e" + b"\x00" * 8)], port=5432)))
    assert [row["frontend"] for row in cancel.postgresql] == ["cancel_request"]
    odd = read(wire.pcap(wire.session([*SENT[:4], ("c", b"\x00\x00\x00\x00\x00nonsense")], port=5432)))
    assert [row["name"] for row in odd.weird] == ["postgresql_bad_message"]


def test_made_by_scapy(read: Any, tmp_path: Path) -> None:
    data = by_scapy(tmp_path, SENT, 5432)
    assert [row["event"] for row in read(data).postgresql] == [
        "postgresql.start",
        "postgresql.query",
        "postgresql.query",
    ]
    assert len(read(data[:-8]).postgresql) == 3


@pytest.mark.evidence
@pytest.mark.skipif(TSHARK is None, reason="tshark is not installed")
def test_real_statements_as_tshark_reads_them(read_file: Any, captures: list[Path]) -> None:
    paths = [path for path in captures if path.name.startswith("pgsql__")]
    for path, packets in zip(paths, by_tshark(paths, ("pgsql.query",)), strict=True):
        theirs = [query.strip() for (queries,) in packets for query in queries]
        ours = [row["frontend_arg"].strip() for row in read_file(path).postgresql if row["event"] == "postgresql.query"]
        assert ours == theirs, path.name
