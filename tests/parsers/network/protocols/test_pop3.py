"""POP3 by hand and by scapy: messages, sessions, logins."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from tests.parsers.network.protocols.hardships import bear_session, by_scapy

MAIL = (
    b"From: ann@example.org\r\nTo: bob@example.net\r\nSubject: the list\r\nMessage-ID: <7@example.org>\r\n"
    b'Content-Type: application/pdf; name="list.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    + base64.b64encode(b"%PDF-1.7 content")
    + b"\r\n"
)
SENT = [
    ("s", b"+OK POP3 <1896.697170952@mail.example.net>\r\n"),
    ("c", b"USER bob\r\n"), ("s", b"+OK\r\n"), ("c", b"PASS wrong\r\n"), ("s", b"-ERR no\r\n"),
    ("c", b"USER bob\r\n"), ("s", b"+OK\r\n"), ("c", b"PASS se cret\r\n"), ("s", b"+OK 2 messages\r\n"),
    ("c", b"LIST\r\n"), ("s", b"+OK\r\n1 300\r\n2 10\r\n.\r\n"),
    ("c", b"TOP 2 0\r\n"), ("s", b"+OK\r\nSubject: only the head\r\n\r\n.\r\n"),
    ("c", b"RETR 1\r\n"), ("s", b"+OK 300 octets\r\n" + MAIL[:90]), ("s", MAIL[90:] + b".\r\n"),
    ("c", b"DELE 1\r\n"), ("s", b"+OK\r\n"), ("c", b"QUIT\r\n"), ("s", b"+OK bye\r\n"),
]  # fmt: skip


def test_a_session_and_its_messages(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session(SENT, port=110)))
    session, head, mail = result.pop3
    assert (session["event"], session["username"], session["retrieved"], session["deleted"]) == (
        "pop3.session",
        "bob",
        2,
        1,
    )
    assert (session["commands"], session["outcome"]) == ("USER,PASS,LIST,TOP,RETR,DELE,QUIT", "success")
    assert (head["subject"], head["number"], head["commands"]) == ("only the head", 2, "TOP")
    assert (mail["event"], mail["number"], mail["subject"], mail["user"]) == ("pop3.message", 1, "the list", "bob")
    assert (mail["from"], mail["to"], mail["msg_id"]) == ("ann@example.org", "bob@example.net", "<7@example.org>")
    assert (mail["packet_first"], mail["packet_last"], mail["message_bytes"]) == (17, 19, len(MAIL))
    (file,) = result.files
    assert (file["filename"], file["is_orig"], file["mime_type"]) == ("list.pdf", False, "application/pdf")
    assert file["sha256"] == hashlib.sha256(b"%PDF-1.7 content").hexdigest()
    told = [(row["username"], row["secret"], row["accepted"]) for row in result.credentials]
    assert told == [("bob", "wrong", False), ("bob", "se cret", True)]
    assert (result.conn[0]["service"], result.problems) == ("pop3", [])


def test_hardships(read: Any, wire: Any) -> None:
    bear_session(read, wire, SENT, 110, "pop3", "files", "credentials")


def test_apop(read: Any, wire: Any) -> None:
    talk = [SENT[0], ("c", b"APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n"), ("s", b"+OK\r\n")]  # RFC 1939 section 7
    (row,) = read(wire.pcap(wire.session(talk, port=110))).credentials
    assert (row["scheme"], row["username"], row["challenge"]) == ("apop", "mrose", "<1896.697170952@mail.example.net>")
    assert row["secret"] == "c4c9334bac560ecc979e58001b3e22fb"


def test_auth_and_stls(read: Any, wire: Any) -> None:
    talk = [
        SENT[0], ("c", b"AUTH PLAIN\r\n"), ("s", b"+ \r\n"), ("c", base64.b64encode(b"\0ann\0pw") + b"\r\n"), ("s", b"+OK\r\n"),
        ("c", b"STLS\r\n"), ("s", b"+OK begin\r\n"), ("c", b"\x16\x03\x01\x00\x04\x01\x00\x00\x00"),
    ]  # fmt: skip
    result = read(wire.pcap(wire.session(talk, port=110)))
    assert [(row["scheme"], row["username"], row["secret"]) for row in result.credentials] == [("plain", "ann", "pw")]
    assert [(row["tls"], row["commands"]) for row in result.pop3] == [(True, "AUTH,STLS")]


def test_a_redis_server_is_none(read: Any, wire: Any) -> None:
    assert read(wire.pcap(wire.session([("c", b"*1\r\n$4\r\nPING\r\n"), ("s", b"+OK\r\n")], port=6379))).pop3 == []


def test_a_session_made_by_scapy(read: Any, tmp_path: Path) -> None:
    data = by_scapy(tmp_path, SENT, 110)
    assert [row.get("subject") for row in read(data).pop3 if row["event"] == "pop3.message"] == [
        "only the head",
        "the list",
    ]
    assert read(data[:-40]).pop3[0]["username"] == "bob"
