"""Rows name the files that they carried by the ids that net/files has (Zeek's fuid), whatever order packets lie in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fuzz.wires import Said, capture_of
from tests.parsers.network.protocols.spoken import spoken

MAIL = (
    b"Subject: two\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nfirst\r\n"
    b'--b\r\nContent-Disposition: attachment; filename="a.txt"\r\n\r\nsecond\r\n--b--\r\n'
)
GREETING, OK = ("s", b"220 mail.example ESMTP\r\n"), ("s", b"250 ok\r\n")
SMTP = [
    GREETING, ("c", b"EHLO c.example\r\n"), OK, ("c", b"MAIL FROM:<a@example.com>\r\n"), OK, ("c", b"RCPT TO:<b@example.org>\r\n"), OK,
    ("c", b"DATA\r\n"), ("s", b"354 go on\r\n"), ("c", MAIL + b".\r\n"), OK, ("c", b"QUIT\r\n"), ("s", b"221 bye\r\n"),
]  # fmt: skip
POP3 = [
    ("s", b"+OK ready\r\n"), ("c", b"USER a\r\n"), ("s", b"+OK\r\n"), ("c", b"PASS b\r\n"), ("s", b"+OK\r\n"),
    ("c", b"TOP 1 0\r\n"), ("s", b"+OK\r\n" + MAIL + b".\r\n"), ("c", b"RETR 1\r\n"), ("s", b"+OK\r\n" + MAIL + b".\r\n"),
    ("c", b"QUIT\r\n"), ("s", b"+OK\r\n"),
]  # fmt: skip
IMAP = [
    ("s", b"* OK ready\r\n"), ("c", b"a1 LOGIN a b\r\n"), ("s", b"a1 OK\r\n"), ("c", b"a2 SELECT INBOX\r\n"), ("s", b"a2 OK\r\n"),
    ("c", b"a3 FETCH 1 BODY[]\r\n"), ("s", b"* 1 FETCH (BODY[] {%d}\r\n" % len(MAIL) + MAIL + b")\r\na3 OK\r\n"),
    ("c", b"a4 LOGOUT\r\n"), ("s", b"* BYE\r\na4 OK\r\n"),
]  # fmt: skip


def _ids(result: Any, family: str, column: str) -> list[str]:
    return [name for row in result.rows[family] for name in (row.get(column) or "").split(",") if name]


def _both_orders(read: Any, service: str, turns: list[tuple[bool, bytes]], ports: tuple[int, int]) -> list[Any]:
    """Read with the packets in order, and with their records turned round."""
    said = Said(service, True, ports, tuple(turns))
    return [read(capture_of(said, shuffled)) for shuffled in (lambda packets: packets, lambda packets: packets[::-1])]


@pytest.mark.parametrize(
    ("family", "turns", "port"), [("net/smtp", SMTP, 25), ("net/pop3", POP3, 110), ("net/imap", IMAP, 143)]
)
def test_messages_name_their_parts(read: Any, family: str, turns: list[tuple[str, bytes]], port: int) -> None:
    sides = [(side == "c", data) for side, data in turns]
    ids = []
    for result in _both_orders(read, family[4:], sides, (40_000, port)):
        named = {row["fuid"]: (row.get("filename"), row["seen_bytes"]) for row in result.files}
        assert sorted(named.values(), key=lambda file: file[1]) == [(None, 5), ("a.txt", 6)]
        ids.append(_ids(result, family, "fuids"))
        assert [named[fuid] for fuid in ids[-1]] == [(None, 5), ("a.txt", 6)]
    assert ids[0] == ids[1]


def test_files_over_smb_are_named(read: Any) -> None:
    said = spoken("smb")
    turns = [(side == "c", data) for side, data in said.turns]
    ids = []
    for result in _both_orders(read, "smb", turns, (said.client_port, said.port)):
        named = {row["fuid"]: row["name"] for row in result.smb_files if "fuid" in row}
        assert named == {row["fuid"]: row["filename"] for row in result.files}
        ids.append(named)
    assert ids[0] == ids[1]
    assert ids[0]
