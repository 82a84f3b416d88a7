"""Plain sessions of POP3 are read in columns: the same rows as command by command."""

from __future__ import annotations

import random
from typing import Any

import pytest

from parsers.network.protocols import laid_streams, pop3, pop3_together
from tests.parsers.network.protocols.alone import one_by_one, rows_of
from tests.parsers.network.protocols.test_pop3 import MAIL, SENT
from timelines import compiled

LISTED = b"Subject: =?utf-8?q?=C3=A9?=\r\nFrom: a@example.org\r\nReceived: from [192.0.2.9] by x\r\n\r\n"
PARTS = b"Content-Type: multipart/mixed; boundary=b\r\nTo: a\r\n\r\n--b\r\nContent-Type: text/plain; name=n.txt\r\n\r\n..dot\r\n--b--\r\n"
# Turns of a session: what the client says, and what the server answers
TURNS = (
    (b"USER bob\r\n", b"+OK\r\n"), (b"PASS se cret\r\n", b"+OK 2 messages\r\n"), (b"PASS wrong\r\n", b"-ERR no\r\n"),
    (b"pass\r\n", b"+OK\r\n"), (b"LIST\r\n", b"+OK\r\n1 300\r\n.\r\n"), (b"LIST 1\r\n", b"+OK 1 300\r\n"), (b"UIDL\r\n", b"-ERR\r\n"),
    (b"CAPA\r\n", b"+OK\r\nTOP\r\n.\r\n"), (b"TOP 2 0\r\n", b"+OK\r\n" + LISTED + b".\r\n"),
    (b"Top 31 0\r\n", b"+OK\r\n" + PARTS + b".\r\n"), (b"RETR x\n", b"+OK\n" + MAIL + b".\r\n"),
    (b"RETR 1\r\n", b"+OK 300 octets\r\n" + MAIL + b".\r\n"), (b"RETR 3\r\n", b"+OK\r\n" + PARTS + b".\r\n"),
    (b"TOP 4 9\r\n", b"-ERR\r\n"), (b"TOP 5 1\r\n", b"+OK\r\nSubject: caf\xe9\r\n\r\n\r\n.\r\n"), (b"DELE 1\r\n", b"+OK\r\n"),
    (b"STAT\r\n", b"+OK 2 310\r\n"), (b"XTND a\r\n", b"-ERR\r\n"), (b"AUTH PLAIN AGEAYg==\r\n", b"+OK\r\n"),
    (b"AUTH\r\n", b"+OK\r\nPLAIN\r\n.\r\n"), (b"QUIT\r\n", b"+OK bye\r\n"),
)  # fmt: skip
# What is put somewhere into what a side says
PIECES = (
    b"\r\n", b"\n", b"\r", b" ", b"+", b"+ \r\n", b"-", b"\t", b"\0", b"\r\n.\r\n", b"+OK\r\n", b"\xff", b"A\r\n", b"RETR 1\r\n",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _together(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled.load()
    monkeypatch.setattr(pop3_together, "FEW", 0)


def _odd(dice: random.Random, data: bytes) -> bytes:
    """Rarely something is put in, or taken away."""
    for _ in range(dice.choice((0,) * 12 + (1, 1, 2))):
        at = dice.randrange(len(data)) if data else 0
        data = data[:at] + dice.choice(PIECES) + data[at + dice.choice((0, 0, 1, 8)) :]
    return data


def _session(wire: Any, dice: random.Random, number: int) -> list[bytes]:
    turns = dice.choices(TURNS, k=dice.randrange(1, 14))
    sent = (
        [("s", _odd(dice, dice.choice((b"+OK POP3 <1@example.net>\r\n", b"+OK\r\n"))))] if dice.random() < 0.9 else []
    )
    for asked, answered in turns:
        sent += [("c", _odd(dice, asked)), ("s", _odd(dice, answered))]
    if dice.random() < 0.2:  # asked before there are answers
        sent.sort(key=lambda turn: turn[0] == "s")
    sent = [(side, data) for side, data in sent if data]
    if dice.random() < 0.2:
        sent = [("cs"[side == "c"], data) for side, data in sent]
    packets: list[bytes] = wire.session(sent, port=110, sport=40_000 + number)
    if dice.random() < 0.1:
        del packets[dice.randrange(len(packets))]
    return packets


@pytest.mark.parametrize("seed", range(10))
def test_rows_are_those_of_reading_command_by_command(
    read: Any, wire: Any, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(seed)
    monkeypatch.setattr(laid_streams, "TOGETHER", dice.choice((1, 2_000, 1 << 20)))
    data = wire.pcap([packet for number in range(60) for packet in _session(wire, dice, number)])
    together = rows_of(read(data))
    monkeypatch.setattr(pop3.Pop3, "tabulate_streams", one_by_one)
    assert together == rows_of(read(data))


def test_plain_sessions_are_not_read_one_by_one(read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("a plain session is read alone")

    monkeypatch.setattr(pop3.Pop3, "read", never)
    result = read(wire.pcap(wire.session(SENT, port=110)))
    assert [row.get("subject") for row in result.pop3] == [None, "only the head", "the list"]
    assert (len(result.files), len(result.credentials)) == (1, 2)
