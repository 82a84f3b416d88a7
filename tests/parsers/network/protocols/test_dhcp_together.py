"""Flows of DHCP and DHCPv6 that are read together give the rows that they give one by one."""

from __future__ import annotations

import random
from typing import Any

import pytest

from parsers.network.protocols import dhcp, dhcpv6, exchanges
from parsers.network.protocols.tabular import Tabulated
from tests.parsers.network.protocols import test_dhcp as four
from tests.parsers.network.protocols import test_dhcpv6 as six
from tests.parsers.network.protocols.alone import one_by_one


@pytest.fixture
def by_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchanges, "FEW", 0)
    monkeypatch.setattr(exchanges, "at_hand", lambda: True)


def _told(result: Any) -> list[tuple[str, list[str]]]:
    rows = [(name, sorted(repr({**row, "file": ""}) for row in found)) for name, found in sorted(result.rows.items())]
    return [*rows, ("problems", sorted(f"{problem.offset} {problem.reason}" for problem in result.problems))]


def _four(wire: Any, dice: random.Random) -> bytes:
    """A message of DHCP: requests and replies of all types, each option there or not, some twice."""
    reply = dice.random() < 0.5
    values = {
        12: b"pc01\0", 15: b"example.org\0", 50: bytes([192, 0, 2, 50]), 51: bytes([0, 0, 14, dice.randrange(256)]),
        54: bytes([192, 0, 2, 1]), 55: b"\x01\x0f\x03", 56: b"in use", 60: b"MSFT 5.0", 61: b"\x01" + four.MAC,
        81: b"\x04\0\0\x04pc01\x07example\0", 43: b"\x01\x02", 52: bytes([dice.randrange(4)]),
    }  # fmt: skip
    few = dice.sample(sorted(values), dice.randrange(7))
    few = [code for code in few if code != 52 or dice.random() < 0.1]
    options = b"".join(four.option(code, values[code] if dice.random() < 0.8 else b"") for code in few)
    options += four.option(12, b"again") if dice.random() < 0.03 else b""
    end = b"" if dice.random() < 0.03 else dice.choice((b"\xff", b"\0\xff\0\0"))
    given = four.GIVEN if reply and dice.random() < 0.6 else four.NONE
    raw = bytearray(four.dhcp(1 + reply, dice.randrange(1, 20), options, given, dice.randrange(4), end))
    if dice.random() < 0.2:  # a client that has an address, another client, a relay
        raw[dice.choice((12, 28, 24, 2))] = dice.randrange(20)
    data = _harmed(dice, bytes(raw))
    if reply:
        return four.down(wire, data, dst=dice.choice((four.ALL, _host(dice))))
    return four.up(wire, data, src=dice.choice((four.NONE, _host(dice))))


def _six(wire: Any, dice: random.Random) -> bytes:
    """A message of DHCPv6, some with several addresses, statuses at several depths, or from a relay."""
    status = six.option(13, bytes([0, dice.choice((0, 0, 2, 9))]) + b"why")
    inside = six.option(5, six.address()[4:] + (status if dice.random() < 0.3 else b""))
    network = six.option(26, bytes(4) + bytes([0, 0, 28, dice.randrange(256)]) + b"\x38" + bytes(16))
    options = [
        six.option(1, dice.choice((six.CLIENT_ID, six.SERVER_ID, b""))), six.option(2, six.SERVER_ID), six.NAMED, six.VENDOR,
        six.addresses(inside), six.addresses(inside, status), six.option(25, bytes(12) + network), status, *six.TELLS[3:],
        six.option(6, b"\0\x17\0\x18"), six.option(8, b"\0\0"), six.option(300, b"x"),
    ]  # fmt: skip
    few = dice.sample(options, dice.randrange(7))
    data = six.said(dice.choice((*range(1, 12), 14, 15, 2, 7, 7)), *few, number=dice.randrange(3))
    if dice.random() < 0.05:
        data = bytes([12, 0]) + bytes(32) + six.option(9, data)
    data = _harmed(dice, data)
    client = f"fe80::{dice.randrange(10, 60)}"
    ends = dice.choice(((client, 546, six.ALL, 547), (six.SERVER, 547, client, 546), (six.SERVER, 547, six.ALL, 546)))
    packet: bytes = wire.udp(ends, data)
    return packet


def _host(dice: random.Random) -> str:
    """One of many: a flow with anything odd is read alone."""
    return f"192.0.2.{dice.randrange(50, 100)}"


def _harmed(dice: random.Random, data: bytes) -> bytes:
    """Rarely cut, longer, or with another byte."""
    if dice.random() < 0.96:
        return data
    raw = bytearray(data)
    raw[dice.randrange(len(raw))] = dice.randrange(256)
    return dice.choice((bytes(raw), data[: dice.randrange(1, len(data))], data + b"\0\1"))


@pytest.mark.usefixtures("by_loop")
@pytest.mark.parametrize("made", [_four, _six])
@pytest.mark.parametrize("seed", range(40))
def test_rows_and_problems_are_those_of_reading_one_by_one(
    read: Any, wire: Any, made: Any, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(seed)
    data = wire.pcap([made(wire, dice) for _ in range(dice.choice((3, 12, 200)))], step=dice.choice((1000, 40_000_000)))
    plain: list[int] = []
    module = dhcp if made is _four else dhcpv6
    tabulate = module.tabulate

    def counted(grams: Any) -> Tabulated:
        given: Tabulated = tabulate(grams)
        plain.append(len(given.flows))
        return given

    monkeypatch.setattr(module, "tabulate", counted)
    found = read(data)
    assert sum(plain) > 0 or len(found.conn) < 10
    monkeypatch.setattr(dhcp.Dhcp, "tabulate", one_by_one)
    monkeypatch.setattr(dhcpv6.Dhcpv6, "tabulate", one_by_one)
    assert _told(read(data)) == _told(found)


@pytest.mark.usefixtures("by_loop")
def test_plain_flows_are_not_read_one_by_one(read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("a plain flow is read alone")

    monkeypatch.setattr(dhcp.Dhcp, "read", never)
    monkeypatch.setattr(dhcpv6.Dhcpv6, "read", never)
    result = read(wire.pcap([*four.lease(wire), *six.lease(wire)]))
    assert [row["msg_types"] for row in result.dhcp] == ["DISCOVER,OFFER,REQUEST,ACK"]
    assert [row["msg_types"] for row in result.dhcpv6] == ["SOLICIT,ADVERTISE", "REQUEST,REPLY"]
