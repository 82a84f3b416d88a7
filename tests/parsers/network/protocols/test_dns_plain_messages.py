"""The compiled loop over plain messages of DNS tells what the reader of single messages tells."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from parsers.network.protocols.dns import bodies
from parsers.network.protocols.dns.bodies import body_or_none
from parsers.network.protocols.dns.plain_messages import plain_messages
from parsers.network.protocols.dns.said import NAMES
from tests.parsers.network.protocols.test_dns import QUESTION, header, record
from tests.parsers.network.protocols.test_dns_together import ADDRESS, EDNS, MAIL, OTHER, WEIRD

LONG = record(28, bytes.fromhex("20010db8") + bytes(11) + b"\x05")  # AAAA, 2001:db8::5
OPTION = b"\0\0\x29\x04\xd0\0\0\x80\0\0\0"  # root, OPT, 1,232 bytes of UDP, DNSSEC wanted, no options
ROOT = b"\0\0\x02\0\x01"  # the root, NS, IN
PLAIN = [
    header(7, 0x0100, 1, 0, 0, 0) + QUESTION,
    header(7, 0x8180, 1, 3, 0, 1) + OTHER + ADDRESS + LONG + record(1, bytes(4), 0xFFFFFFFF) + OPTION,
    header(7, 0x0110, 1, 0, 0, 1) + ROOT + OPTION,
    header(7, 0x8183, 1, 0, 1, 0) + QUESTION + record(6, b"\xc0\x0c" + bytes(21)),  # an authority: SOA
    header(7, 0x0100, 1, 0, 0, 0) + b"\x3f" + b"Az ~" * 15 + b"xyz\x01!\x00\x00\x01\x00\x01",
]
LEFT = [
    header(7, 0x8180, 1, 1, 0, 0) + QUESTION + MAIL,
    header(7, 0x0100, 1, 0, 0, 1) + QUESTION + EDNS,
    header(7, 0x0100, 1, 0, 0, 0) + WEIRD,
    header(7, 0x0100, 1, 0, 0, 0) + b"\xc0\x0c\0\x01\0\x01",  # a pointer to itself
    header(7, 0x8180, 1, 600, 0, 0) + QUESTION + 600 * ADDRESS,  # more than are read
    header(7, 0x0100, 1, 0, 0, 0)
    + 4 * (b"\x3e" + 62 * b"a")
    + b"\x03abc\0\0\x01\0\x01",  # a name of 256 bytes with its end
]


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "FEW", 0)
    monkeypatch.setattr(bodies, "at_hand", lambda: True)


def _rows(said: Any) -> list[tuple[object, ...]]:
    return list(zip(*(getattr(said, name).tolist() for name in NAMES), strict=True))


def _agree(messages: list[bytes]) -> None:
    behind = list(dict.fromkeys(message[2:] for message in messages))
    said, place = bodies.bodies(pa.array(behind, pa.binary()))
    rows = _rows(said)
    for one, at in zip(behind, place.tolist(), strict=True):
        found = body_or_none(one, netbios=False)
        if found is None or len(found[1]) != 1:
            assert at == -1
        else:
            assert rows[at] == bodies._row(found, found[1][0])


def test_plain_messages_are_told_by_the_loop_and_others_left(compiled: None) -> None:
    behind = [message[2:] for message in PLAIN + LEFT]
    bounds = np.cumsum([0, *map(len, behind)]).astype(np.int64)
    found, said = plain_messages(np.frombuffer(b"".join(behind), np.uint8), bounds)
    assert found.tolist() == list(range(len(PLAIN)))
    assert said.answers.to_pylist() == [None, "192.0.2.80,2001:db8::5,0.0.0.0", None, None, None]
    assert said.ttls.to_pylist()[1] == "300,300,4294967295"
    _agree(PLAIN + LEFT)


@pytest.mark.parametrize("seed", range(4))
def test_changed_and_cut_messages_are_told_alike(compiled: None, seed: int) -> None:
    dice = random.Random(seed)
    messages = []
    for _ in range(1_500):
        raw = bytearray(dice.choice(PLAIN + LEFT[:4]))
        for _ in range(dice.randrange(4)):
            raw[dice.randrange(len(raw))] = dice.choice(
                (0, 1, 4, 0x0C, 0x3F, 0x40, 0x80, 0xC0, 0xFF, dice.randrange(256))
            )
        messages.append(bytes(raw[: len(raw) if dice.random() < 0.7 else dice.randrange(12, len(raw))]))
    _agree(messages)
