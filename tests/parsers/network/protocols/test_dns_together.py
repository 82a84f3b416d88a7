"""Plain flows of DNS are read in columns: the same rows as one by one, message by message."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from parsers.network.protocols import dns
from parsers.network.protocols.tabular import Tabulated
from tests.parsers.network.protocols.test_dns import QUESTION, answer, ask, header, record

OTHER = b"\x04mail\x07Example\x03org\x00\x00\x1c\x00\x01"  # mail.Example.org, AAAA, IN
WEIRD = b"\x03a.b\x02\xc3\xa9\x00\x03\xe7\x12\x34"  # a dot in a label, two bytes that are no ASCII; a type and a class without names
# root, OPT, 1,232 bytes of UDP, DNSSEC wanted, option 8: family 1, 24 bits, 198.51.100.0
EDNS = b"\0\0\x29\x04\xd0\0\0\x80\0\0\x0b\0\x08\0\x07\0\x01\x18\0\xc6\x33\x64"
ADDRESS, MAIL, TEXT = record(1, bytes([192, 0, 2, 80])), record(15, b"\0\x0a\xc0\x0c", 60), record(16, b"\x03a,b")


class _OneByOne(dns.Dns):
    def tabulate(self, grams: Any, packet_time: Any) -> Tabulated:
        return Tabulated((), [], np.zeros(0, np.int64))


def _message(dice: random.Random) -> tuple[bool, bytes]:
    """Whether a message is a response, and its bytes: a few numbers and questions, so that they meet."""
    number, question = dice.choice((1, 2, 0)), dice.choice((QUESTION, QUESTION, OTHER, WEIRD))
    if dice.random() < 0.55:
        extra = dice.choice((b"", b"", EDNS))
        return False, header(number, dice.choice((0x0100, 0x0110)), 1, 0, 0, bool(extra)) + question + extra
    records = [dice.choice((ADDRESS, MAIL, TEXT)) for _ in range(dice.randrange(3))]
    extra = dice.choice((b"", EDNS))
    bits = dice.choice((0x8180, 0x8580, 0x8183, 0x8380))
    data = header(number, bits, 1, len(records), 0, bool(extra)) + question + b"".join(records) + extra
    return True, data


def _odd(dice: random.Random, data: bytes) -> bytes:
    """Rarely a message is cut, longer than it says, without its question, or with two."""
    if dice.random() < 0.9:
        return data
    several = data[:4] + b"\0\x02" + data[6:12] + QUESTION + data[12:]
    return dice.choice((data[: dice.randrange(1, len(data))], data + b"more", data[:4] + b"\0\0" + data[6:12], several))


def _packets(wire: Any, dice: random.Random, flows: int) -> list[bytes]:
    out = []
    for _ in range(4 * flows):
        reply, data = _message(dice)
        port = 40_000 + dice.randrange(flows)
        out.append((answer if reply else ask)(wire, _odd(dice, data), port))
    return out


def _told(result: Any) -> list[tuple[str, list[str]]]:
    """All rows of all families but for the name of the file, and the problems, in an order of their own."""
    rows = [
        (family, sorted(repr({**row, "file": ""}) for row in found)) for family, found in sorted(result.rows.items())
    ]
    return [*rows, ("problems", sorted(f"{problem.offset} {problem.reason}" for problem in result.problems))]


def _group_packets(wire: Any, dice: random.Random, flows: int) -> list[bytes]:
    """Questions to groups of hosts and answers to them, rarely both in one flow: LLMNR, mDNS, NetBIOS names."""
    name = b"\x20" + b"FHEPFCELEHFCEPFFFACACACACACACAAA" + b"\0\0\x20\0\x01"  # WORKGROUP, padded; NB, IN
    out = []
    for _ in range(4 * flows):
        group, port = dice.choice((("224.0.0.252", 5355), ("224.0.0.251", 5353), ("192.0.2.255", 137)))
        reply, data = _message(dice)
        if port == 137:
            number = bytes((0, dice.randrange(3)))
            broadcast = number + b"\x01\x10\0\x01\0\0\0\0\0\0" + name  # recursion desired, broadcast
            # response, authority; the name, NB, IN, 300 s, six bytes: flags and an address
            answered = number + b"\x85\0\0\0\0\x01\0\0\0\0" + name + bytes.fromhex("0000012c0006 0000 c0000214")
            data = answered if reply else broadcast
        host, client = f"192.0.2.{20 + dice.randrange(3)}", 137 if port == 137 else 50_000 + dice.randrange(flows)
        there, back = (wire.client, client, group, port), (host, port, wire.client, client)
        mixed = dice.random() < 0.1
        out.append(
            wire.udp((back[2:] + back[:2]) if mixed and not reply else back if reply else there, _odd(dice, data))
        )
    return out


@pytest.mark.parametrize("made", [_packets, _group_packets])
@pytest.mark.parametrize("seed", range(6))
def test_rows_and_problems_are_those_of_reading_message_by_message(
    read: Any, wire: Any, seed: int, made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if seed % 2:  # by the compiled loop, which is called for no fewer messages than this
        for module in (dns.bodies, dns.told):
            monkeypatch.setattr(module, "FEW", 0)
            monkeypatch.setattr(module, "at_hand", lambda: True)
    data = wire.pcap(made(wire, random.Random(seed), 60), step=700)
    together = read(data)
    assert any("retransmission" in row for row in together.dns)
    assert any("edns_client_subnet" in row for row in together.dns)
    assert made is _packets or any("answered_by" in row for row in together.dns)
    with monkeypatch.context() as one_by_one:
        one_by_one.setattr(dns.Dns, "tabulate", _OneByOne.tabulate)
        alone = read(data)
    assert _told(together) == _told(alone)


def test_plain_flows_are_not_read_one_by_one(read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("a plain flow is read alone")

    monkeypatch.setattr(dns.Dns, "read", never)
    query = header(7, 0x0100, 1, 0, 0, 0) + QUESTION
    reply = header(7, 0x8180, 1, 1, 0, 0) + QUESTION + ADDRESS
    packets = [ask(wire, query), ask(wire, query), answer(wire, reply), ask(wire, query)]
    rows = read(wire.pcap(packets)).dns
    told = [(row["packet_first"], row["packet_last"], row.get("retransmission"), row.get("answers")) for row in rows]
    assert told == [(1, 3, None, "192.0.2.80"), (2, 2, True, None), (4, 4, None, None)]


def test_a_flow_is_never_divided_among_those_read_together(
    read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = wire.pcap(_packets(wire, random.Random(9), 20), step=700)
    whole = _told(read(data))
    monkeypatch.setattr("parsers.network.conversations.GRAMS_AT_ONCE", 3)
    assert _told(read(data)) == whole
