"""Plain SSH conversations are read in columns: the same rows as one by one."""

from __future__ import annotations

import random
from typing import Any

import pytest

from parsers.network.protocols import ssh, tabular
from parsers.network.protocols.ssh import together
from tests.parsers.network.protocols.alone import one_by_one, rows_of
from tests.parsers.network.protocols.test_ssh import (
    ANSWER,
    CLIENT,
    KEY,
    LONG,
    NEW_KEYS,
    OFFER,
    REPLY,
    SENT,
    SERVER,
    STRICT,
    offer,
    packet,
    string,
)
from timelines import compiled

RSA = ("rsa2048-sha256", *OFFER[1:])
GROUPS = ("diffie-hellman-group-exchange-sha256", *ANSWER[1:])
ZLIB = (*OFFER[:6], "zlib", "zlib,none", "", "")
LINES = (
    CLIENT, SERVER, b"SSH-2.0-x\n", b"SSH-1.99-both\r\n", b"SSH-1.5-old\n", b"SSH-2.0\r\n", b"SSH-2.0-\r\n",
    b"SSH-2.0-a\rb\r\n", b"SSH-2.0-" + b"x" * 395 + b"\n", b"SSH-2.0-" + b"x" * 401 + b"\r\n",
    b"Authorised users only\r\n" + SERVER, b"SSH-2.0-\xff\xc3\xa9\r\n", b"SSH-3.0-new\r\n", b"SSH-2.0-cut",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _together(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled.load()
    monkeypatch.setattr(tabular, "FEW", 0)


def _message(dice: random.Random) -> bytes:
    asked = packet(bytes((dice.choice((30, 32, 34)),)) + string(bytes(65)))
    group = packet(b"\x21" + string(dice.choice((KEY, b""))) + bytes(9))
    short = packet(b"\x1f" + dice.choice((b"\0\0\0\x50", b"", b"\0\0"))) + bytes(0)
    return dice.choice((asked, REPLY, group, short, packet(b"\2ignored"), packet(b"\4\1debug"), offer(STRICT)))


def _answers(dice: random.Random) -> list[bytes]:
    """What goes on sealed: sizes of answers by which logins are told."""
    service = dice.choice((48, 64))
    sizes = [service] + [dice.choice((service + 32, service + 32, service - 16, 80, service + 400))] * dice.randrange(
        1, 4
    )
    sizes += [dice.choice((service - 16, service + 32, 100)) for _ in range(dice.randrange(4))]
    return [bytes(size) for size in sizes]


def _side(dice: random.Random, line: bytes, lists: tuple[str, ...], usual: bytes) -> list[bytes]:
    """What one side says, message by message."""
    out = [line if dice.random() < 0.8 else dice.choice(LINES)]
    if dice.random() < 0.15:
        return out if dice.random() < 0.7 else []
    offered = dice.choice((OFFER, ANSWER, LONG, STRICT, RSA, GROUPS, ZLIB)) if dice.random() < 0.5 else lists
    out += [offer(offered), usual] if dice.random() < 0.8 else [_message(dice) for _ in range(dice.randrange(14))]
    if dice.random() < 0.06:
        out.append(
            dice.choice(
                (
                    b"\xff\xff\xff\xff\0\0",
                    b"\0\0\0\x0c\x0b\x14",
                    packet(b"\x14" + bytes(30)),
                    b"\0\0",
                    packet(b"\x14" + bytes(34_900)),
                )
            )
        )
    return [*out, NEW_KEYS, *_answers(dice)] if dice.random() < 0.8 else out


def _conversation(wire: Any, dice: random.Random, port: int) -> list[bytes]:
    sides = {
        "c": _side(dice, CLIENT, OFFER, packet(b"\x1e" + string(bytes(65)))),
        "s": _side(dice, SERVER, ANSWER, REPLY),
    }
    turned = dice.random() < 0.1
    order = ["c"] * len(sides["c"]) + ["s"] * len(sides["s"])
    if dice.random() < 0.6:
        dice.shuffle(order)
    own = {side: iter(said) for side, said in sides.items()}
    sent = [(("s" if side == "c" else "c") if turned else side, next(own[side])) for side in order]
    if dice.random() < 0.2:
        size = dice.choice((1, 7, 100))
        sent = [(side, said[at : at + size]) for side, said in sent for at in range(0, len(said), size)]
    server, client = dice.choice(((22, port), (22, port), (2222, port), (port, 22)))
    packets = list(wire.session(sent, port=server, sport=client)[0 if dice.random() < 0.9 else 3 :])
    if dice.random() < 0.15 and len(packets) > 6:
        packets.pop(dice.randrange(len(packets)))
    if dice.random() < 0.1 and packets:
        packets.append(dice.choice(packets))
    return packets


def _capture(wire: Any, dice: random.Random, flows: int) -> bytes:
    """Conversations side by side, packets with times of their own, or several with one."""
    lines = [_conversation(wire, dice, 40_000 + port) for port in range(flows)]
    order = [number for number, line in enumerate(lines) for _ in line]
    dice.shuffle(order)
    places, step = [iter(line) for line in lines], dice.choice((0, 700, 400_000))
    records = [
        wire.pcap_record(next(places[number]), wire.start + at * step // 10**6, at * step % 10**6)
        for at, number in enumerate(order)
    ]
    if dice.random() < 0.3:
        dice.shuffle(records)
    return bytes(wire.pcap_head() + b"".join(records))


@pytest.mark.parametrize("seed", range(12))
def test_rows_and_problems_are_those_of_reading_one_by_one(
    read: Any, wire: Any, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = _capture(wire, random.Random(seed), 60)
    columns = rows_of(read(data))
    monkeypatch.setattr(ssh.Ssh, "tabulate_streams", one_by_one)
    assert columns == rows_of(read(data))


def test_plain_conversations_are_not_read_alone_and_told_once(
    read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("a plain conversation is read alone")

    monkeypatch.setattr(ssh.Ssh, "read", never)
    told: list[Any] = []
    values = ssh._values
    monkeypatch.setattr(ssh, "_values", lambda *sides: told.append(sides) or values(*sides))
    sealed = [("c", bytes(64)), ("s", bytes(64)), ("s", bytes(96)), ("s", bytes(96)), ("s", bytes(48))]
    sent = [("s", SERVER), *SENT[1:6], *sealed]
    flows = [wire.session(sent, port=22, sport=40_000 + at) for at in range(4)]
    result = read(wire.pcap([packet for flow in flows for packet in flow]))
    assert [(row["kex_alg"], row["auth_success"], row["auth_attempts"]) for row in result.ssh] == [
        ("ecdh-sha2-nistp256", True, 2)
    ] * 4
    assert [(row["packet_first"], row["packet_last"]) for row in result.ssh][:2] == [(4, 9), (21, 26)]
    assert [row["service"] for row in result.conn] == ["ssh"] * 4
    assert len(told) == 1


def test_as_many_conversations_are_read_at_a_time_as_there_is_room_for(
    read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = _capture(wire, random.Random(99), 30)
    whole = rows_of(read(data))
    monkeypatch.setattr(together, "ROOM", together.kernels.ROOM + 2_000)
    assert rows_of(read(data)) == whole
