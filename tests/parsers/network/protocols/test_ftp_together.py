"""Plain control connections of FTP are read in columns: the same rows as command by command."""

from __future__ import annotations

import random
from typing import Any

import pytest

from parsers.network.protocols import ftp, ftp_together, laid_streams
from tests.parsers.network.protocols.alone import one_by_one, rows_of
from timelines import compiled

GREETINGS = (b"220 ready\r\n", b"220-ready\r\n 220 not yet\r\n220 go on\r\n", b"120 wait\r\n220 now\r\n")
# Turns of a connection: what the client says, and what the server answers
TURNS = (
    (b"USER ann\r\n", b"331 password\r\n"), (b"USER anonymous\r\n", b"331 \r\n"), (b"PASS se cret\r\n", b"230 in\r\n"),
    (b"pass x\n", b"530 no\n"), (b"PWD\r\n", b'257 "/a ""b""" is where\r\n'), (b"CWD  c/../d\r\n", b"250 ok\r\n"),
    (b"CDUP\r\n", b"250\r\n"), (b"XCWD /e\r\n", b"550 no\r\n"), (b"PASV\r\n", b"227 Entering (198,51,100,20,156,64)\r\n"),
    (b"EPSV\r\n", b"229 Entering (|||40001|)\r\n"), (b"PASV\r\n", b"500 no\r\n"), (b"PORT 192,0,2,10,156,65\r\n", b"200 ok\r\n"),
    (b"EPRT |1|192.0.2.10|40002|\r\n", b"200 ok\r\n"), (b"SIZE f\r\n", b"213 77\r\n"), (b"RETR f\r\n", b"150 (9 bytes)\r\n226 done\r\n"),
    (b"RETR f\r\n", b"150 here\r\n"), (b"RETR \xff\r\n", b"550 none\r\n"), (b"SYST\r\n", b"215\r\n"),
    (b"STOR g\r\n", b"150 go\r\n226-done\r\nmore\r\n226 end\r\n"), (b"STOU\r\n", b"150 FILE: n.1\r\n226 (5 bytes)\r\n"),
    (b"LIST\r\n", b"125\r\n226\r\n"), (b"FEAT\r\n", b"211-Features\r\n SIZE\r\n211-\xe9\r\n211 End\r\n"),
    (b"\xff\xf4ABOR\r\n", b"226 ok\r\n"), (b"AUTH TLS\r\n", b"500 no\r\n"), (b"AUTH TLS\r\n", b"234 go\r\n"),
    (b"QUIT\r\n", b"221 bye\r\n"), (b"NOOP\r\n", b""), (b"  \r\n", b""), (b"Mkd " + b"n" * 5000 + b"\r\n", b"257 ok\r\n"),
)  # fmt: skip

# What is put somewhere into what a side says
PIECES = (
    b"\r\n",
    b"\n",
    b"\r",
    b" ",
    b"-",
    b"220 \r\n",
    b"150-\r\n",
    b"\t",
    b"\0",
    b"\xff",
    b"999",
    b"A",
    b"NOOP\r\n",
    b"no reply\r\n",
)


@pytest.fixture(autouse=True)
def _together(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled.load()
    monkeypatch.setattr(ftp_together, "FEW", 0)


def _odd(dice: random.Random, data: bytes) -> bytes:
    """Rarely something is put in, or taken away."""
    for _ in range(dice.choice((0,) * 14 + (1, 1, 2))):
        at = dice.randrange(len(data)) if data else 0
        data = data[:at] + dice.choice(PIECES) + data[at + dice.choice((0, 0, 1, 8)) :]
    return data


def _connection(wire: Any, dice: random.Random, number: int) -> list[bytes]:
    sent = [("s", _odd(dice, dice.choice(GREETINGS)))] if dice.random() < 0.9 else []
    for asked, answered in dice.choices(TURNS, k=dice.randrange(1, 14)):
        sent += [("c", _odd(dice, asked)), ("s", _odd(dice, answered))]
    sent = [(side, data) for side, data in sent if data]
    if dice.random() < 0.2:
        sent = [("cs"[side == "c"], data) for side, data in sent]
    packets: list[bytes] = wire.session(sent, port=21, sport=41_000 + number)
    if dice.random() < 0.1:
        del packets[dice.randrange(len(packets))]
    return packets


def _data_channel(wire: Any, number: int) -> list[bytes]:
    packets: list[bytes] = wire.session([("s", b"%PDF-1.4 \r\n")], port=40_000, sport=42_000 + number)
    return packets


@pytest.mark.parametrize("seed", range(10))
def test_rows_are_those_of_reading_command_by_command(
    read: Any, wire: Any, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(seed)
    monkeypatch.setattr(laid_streams, "TOGETHER", dice.choice((1, 2_000, 1 << 20)))
    flows = [_connection(wire, dice, number) for number in range(60)] + [
        _data_channel(wire, number) for number in range(9)
    ]
    data = wire.pcap([packet for flow in flows for packet in flow])
    together = rows_of(read(data))
    monkeypatch.setattr(ftp.Ftp, "tabulate_streams", one_by_one)
    assert together == rows_of(read(data))


def test_plain_connections_are_not_read_one_by_one(read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("a plain connection is read alone")

    monkeypatch.setattr(ftp.Ftp, "read", never)
    turns = [TURNS[at] for at in (0, 2, 8, 14)]
    sent = [("s", GREETINGS[0]), *((side, said) for turn in turns for side, said in zip("cs", turn, strict=True))]
    result = read(wire.pcap(wire.session(sent, port=21) + _data_channel(wire, 0)))
    told = [(row["event"], row["command"], row.get("reply_code"), row.get("file_size")) for row in result.ftp]
    assert told == [
        ("ftp.command", "USER", 331, None),
        ("ftp.command", "PASS", 230, None),
        ("ftp.command", "PASV", 227, None),
        ("ftp.command", "RETR", 226, 9),
        ("ftp.data", "RETR", None, 11),
    ]
    assert [row["secret"] for row in result.credentials] == ["se cret"]
