"""Plain flows of SIP are read in columns: the same rows as one by one, message by message."""

from __future__ import annotations

import random
from typing import Any
from unittest.mock import Mock

import pytest

from parsers.network.protocols import sip, sip_together
from tests.parsers.network.protocols.alone import one_by_one, rows_of
from tests.parsers.network.protocols.test_sip import ACK, BUSY, DENIED, INVITE, REGISTER, TRYING
from timelines import compiled

LOGIN = REGISTER.replace(b"\r\n nonce", b" nonce")
CHALLENGED = b"SIP/2.0 401 \r\ni: r1\r\nCSeq: 7 REGISTER\r\nWWW-Authenticate: Digest realm=x\r\nl: 0\r\n\r\n"
# What the loop must leave to others, pass over, or read as they do: bytes put somewhere into a message
PIECES = (
    b"\r\n", b"\n", b"\r", b" ", b"\t", b"\v", b":", b"\0", b"\xff", b"\xc3\xa9", b",", b"\r\n folded", b"\n\n", b"\r\n\r\n", b"SIP/2.0 ",
    b"\r\nVia: a\r\nVIA :b", b"\r\nv:\r\n", b"\r\nContent-Length: 3", b"\r\nContent-Length:\xd9\xa3", b"\r\nFrom: other",
    b"\r\nContent-Type:\r\n", b"\r\nCSeq: 9 ", b"\r\nCSeq:\r\n", b"\r\nProxy-Authorization: digest username=u", b"\r\nDate : now \t",
    b"\r\nno colon", b"\r\n\v Subject: s",
)  # fmt: skip
SENT = (INVITE, TRYING, BUSY, ACK, LOGIN, DENIED, CHALLENGED, REGISTER, b"\r\n\r\n", b"jaK\0")


@pytest.fixture(autouse=True)
def _together(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled.load()
    monkeypatch.setattr(sip_together, "FEW", 0)


def _odd(dice: random.Random, data: bytes) -> bytes:
    """Rarely something is put in, taken away, or the end is cut."""
    for _ in range(dice.choice((0, 0, 0, 0, 1, 1, 2))):
        at = dice.randrange(len(data)) if data else 0
        data = data[:at] + dice.choice(PIECES) + data[at + dice.choice((0, 0, 1, 8)) :]
    return data[: dice.randrange(len(data))] if data and dice.random() < 0.02 else data


def _packets(wire: Any, dice: random.Random, flows: int) -> list[bytes]:
    out = []
    for _ in range(4 * flows):
        data = dice.choice(SENT[:7]) if dice.random() < 0.9 else dice.choice(SENT)
        ends = ("192.0.2.10", 40_000 + dice.randrange(flows), "198.51.100.20", 5060)
        ends = ends if data[:3] != b"SIP" else ends[2:] + ends[:2]
        out.append(wire.udp(ends, _odd(dice, data)))
    return out


@pytest.mark.parametrize("seed", range(12))
def test_rows_are_those_of_reading_message_by_message(
    read: Any, wire: Any, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = wire.pcap(_packets(wire, random.Random(seed), 80), step=700)
    together = rows_of(read(data))
    monkeypatch.setattr(sip.Sip, "tabulate", one_by_one)
    assert together == rows_of(read(data))


def test_plain_flows_are_not_read_one_by_one(read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("a plain flow is read alone")

    monkeypatch.setattr(sip.Sip, "read", never)
    up = ("192.0.2.10", 5060, "198.51.100.20", 5060)
    sent = [(up, INVITE), (up[2:] + up[:2], TRYING), (up[2:] + up[:2], BUSY), (up, b"\r\n\r\n"), (up, LOGIN)]
    result = read(wire.pcap([wire.udp(ends, data) for ends, data in sent]))
    told = [(row["packet_first"], row["packet_last"], row.get("status_code"), row["trans_depth"]) for row in result.sip]
    assert told == [(1, 3, 486, 1), (5, 5, None, 2)]
    assert [(row["username"], row["packet_first"]) for row in result.credentials] == [("ann", 5)]


@pytest.mark.parametrize(("limit", "value"), [("DATAGRAMS", 2), ("FLOW_BYTES", 500)])
def test_long_flows_are_read_one_by_one(
    read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    up = ("192.0.2.10", 5060, "198.51.100.20", 5060)
    data = wire.pcap([wire.udp(up, INVITE), wire.udp(up, ACK), wire.udp(up, LOGIN)])
    whole = rows_of(read(data))
    read_alone = Mock(side_effect=sip.Sip().read)
    monkeypatch.setattr(sip.Sip, "read", lambda _, *given: read_alone(*given))
    monkeypatch.setattr(sip_together, limit, value)
    assert rows_of(read(data)) == whole
    read_alone.assert_called_once()
