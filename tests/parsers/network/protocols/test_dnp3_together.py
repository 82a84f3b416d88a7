"""Connections of DNP3 that are read together give the rows that they give one by one."""

from __future__ import annotations

import random
from typing import Any

import pytest

from parsers.network.protocols import dnp3
from parsers.network.protocols.dnp3 import together
from tests.parsers.network.protocols.test_dnp3 import READ, ask, fragments, say

REQUESTS = ((0x01, READ), (0x02, READ), (0x00, b""), (0x0D, b""), (0x05, b"\x0c\x01\x28"), (0x14, b"\x3c\x02"))


@pytest.fixture
def by_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "FEW", 0)
    monkeypatch.setattr(together, "at_hand", lambda: True)


def _said(dice: random.Random) -> list[tuple[str, bytes]]:
    """What both sides say: requests that repeat their number, responses to them and others, some in several segments."""
    out: list[tuple[str, bytes]] = []
    for _ in range(dice.randrange(1, 8)):
        number = dice.randrange(3)
        if dice.random() < 0.6:
            out.append(("c", ask(number, *dice.choice(REQUESTS))))
        elif dice.random() < 0.3:
            out.append(("s", b"".join(fragments(dice.randrange(1, 4)))))
        else:
            out.append(("s", say(number, dice.choice((0x81, 0x82)), dice.randrange(65_536), bytes(dice.randrange(40)))))
    return out


def _changed(dice: random.Random, data: bytes) -> bytes:
    raw = bytearray(data)
    raw[dice.randrange(len(raw))] = dice.randrange(256)
    return dice.choice((bytes(raw), data[: dice.randrange(1, len(data))], data + b"more", data + b"\x05"))


def _capture(wire: Any, dice: random.Random, harm: float) -> bytes:
    packets: list[bytes] = []
    for flow in range(30):
        sent = [(who, _changed(dice, data) if dice.random() < harm else data) for who, data in _said(dice)]
        cut = [(who, data[at : at + size]) for who, data in sent for size in [dice.choice((7, 40, 500))]
               for at in range(0, len(data), size)]  # fmt: skip
        session = wire.session(cut, port=20_000, sport=40_000 + flow)
        if dice.random() < harm:
            del session[dice.randrange(len(session))]
        packets += session
    made: bytes = wire.pcap(packets)
    return made


def _told(result: Any) -> list[tuple[str, list[str]]]:
    rows = [(name, sorted(repr({**row, "file": ""}) for row in found)) for name, found in sorted(result.rows.items())]
    return [*rows, ("problems", sorted(f"{problem.offset} {problem.reason}" for problem in result.problems))]


@pytest.mark.usefixtures("by_loop")
@pytest.mark.parametrize("harm", [0.0, 0.1])
@pytest.mark.parametrize("seed", range(4))
def test_rows_and_problems_are_those_of_reading_one_by_one(
    read: Any, wire: Any, seed: int, harm: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = _capture(wire, random.Random(seed), harm)
    found = read(data)
    assert any("fc_request" in row and "fc_reply" in row for row in found.dnp3)
    monkeypatch.setattr(dnp3.Dnp3, "ahead", lambda *_: None)
    assert _told(read(data)) == _told(found)


@pytest.mark.usefixtures("by_loop")
def test_plain_connections_are_not_read_frame_by_frame(read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("a plain connection is read alone")

    monkeypatch.setattr(dnp3, "_sides", never)
    sent = [("c", ask(3, 0x01, READ)), ("s", say(3, iin=0x1004)), ("s", b"".join(fragments(3)))]
    rows = read(wire.pcap(wire.session(sent, port=20_000))).dnp3
    told = [(row.get("fc_request"), row.get("fc_reply"), row.get("iin"), row.get("objects")) for row in rows]
    assert told == [("READ", "RESPONSE", 0x1004, "60.2,60.3"), (None, "RESPONSE", 0, "0.0")]
