"""IRC by hand and by scapy: messages both ways, files offered, logins; masked passwords."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from tests.parsers.network.protocols.hardships import bear_session, by_scapy

SENT = [
    ("c", b"PASS gate 1\r\nNICK bot7\r\nUSER b0t 0 * :a bot\r\n"), ("s", b":irc.example.net 001 bot7 :Welcome\r\n"),
    ("c", b"JOIN #ops key\r\n"), ("s", b":boss!b@192.0.2.3 PRIVMSG #ops :.scan 198.51.100.0\r\n"),
    ("c", b"PRIVMSG #ops :done\r\nPRIVMSG NickServ :IDENTIFY bot7 s3same\r\n"),
    ("s", b":boss!b@192.0.2.3 PRIVMSG bot7 :\x01DCC SEND tool.exe 3221225987 4444 2048\x01\r\nPING :x\r\n"),
]  # fmt: skip


def test_a_session(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session(SENT, port=6667)))
    told = [
        (row.get("nick"), row["command"], row.get("value"), row.get("addl"), row["from_client"]) for row in result.irc
    ]
    assert told == [
        (None, "PASS", "<hidden>", None, True),
        ("bot7", "NICK", "bot7", None, True),
        ("bot7", "USER", "b0t", "0 * a bot", True),
        ("bot7", "JOIN", "#ops", "key", True),
        ("boss", "PRIVMSG", "#ops", ".scan 198.51.100.0", False),
        ("bot7", "PRIVMSG", "#ops", "done", True),
        ("bot7", "PRIVMSG", "NickServ", "IDENTIFY bot7 <hidden>", True),
        ("boss", "PRIVMSG", "bot7", "\x01DCC SEND tool.exe 3221225987 4444 2048\x01", False),
    ]
    offer = result.irc[-1]
    assert (offer["event"], offer["dcc_file_name"], offer["dcc_file_size"]) == ("irc.dcc", "tool.exe", 2048)
    assert (offer["dcc_host"], offer["dcc_port"]) == ("192.0.2.3", 4444)  # 3221225987 = 0xC0000203
    logins = [(row["scheme"], row.get("username"), row["secret"], row.get("accepted")) for row in result.credentials]
    assert logins == [("pass", None, "gate", True), ("service", "bot7", "s3same", None)]
    assert "s3same" not in repr(result.irc)
    assert (result.conn[0]["service"], result.problems) == ("irc", [])


def test_hardships(read: Any, wire: Any) -> None:
    bear_session(read, wire, SENT, 6667, "irc", "credentials")


def test_sasl(read: Any, wire: Any) -> None:
    talk = [
        ("c", b"CAP LS 302\r\n"), ("s", b":irc CAP * LS :sasl\r\n"), ("c", b"AUTHENTICATE PLAIN\r\n"), ("s", b"AUTHENTICATE +\r\n"),
        ("c", b"AUTHENTICATE " + base64.b64encode(b"\0ann\0pw") + b"\r\n"), ("s", b":irc 904 ann :failed\r\n"),
    ]  # fmt: skip
    result = read(wire.pcap(wire.session(talk, port=7777)))
    assert [(row["scheme"], row["username"], row["secret"], row["accepted"]) for row in result.credentials] == [
        ("plain", "ann", "pw", False)
    ]


def test_ftp_is_none(read: Any, wire: Any) -> None:
    talk = [("s", b"220 files.example.org FTP\r\n"), ("c", b"USER ann\r\n"), ("s", b"331 ok\r\n")]
    assert read(wire.pcap(wire.session(talk, port=21))).irc == []


def test_made_by_scapy(read: Any, tmp_path: Path) -> None:
    data = by_scapy(tmp_path, SENT, 6667)
    assert len(read(data).irc) == 8
    assert len(read(data[:-8]).irc) >= 7
