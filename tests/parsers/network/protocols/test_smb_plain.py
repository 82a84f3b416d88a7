"""Plain requests of SMB, whose fields a kernel finds, give the same rows as when each is read message by message."""

from __future__ import annotations

import random
from typing import Any

import pytest

from parsers.network.protocols.smb import exchanges as exchanges_of
from parsers.network.protocols.smb import step_kernels
from parsers.network.protocols.smb import steps as steps_of
from parsers.network.protocols.smb.plain import PlainSteps
from parsers.network.protocols.smb.step_kernels import ODD, VERB
from parsers.network.records import Int64s
from tests.parsers.network.protocols.hardships import told
from tests.parsers.network.protocols.smb_messages import conversation, framed, header
from tests.parsers.network.protocols.test_smb import exchanges, smb1_pairs
from tests.parsers.network.protocols.test_smb_together import FAMILIES, packets, transfers


def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on no request counts as plain."""
    kernel = step_kernels.steps

    def none_plain(*given: Any) -> None:
        kernel(*given)
        out: Int64s = given[-1]
        out[VERB] = ODD

    monkeypatch.setattr(steps_of, "steps", none_plain)

    def unwanted(*_: Any) -> None:
        raise AssertionError("a request is plain")

    monkeypatch.setattr(PlainSteps, "step", unwanted)


def changed(wire: Any, pairs: list[tuple[bytes, bytes]], seed: int) -> bytes:
    """A conversation, some of whose messages have a byte changed or are cut."""
    dice = random.Random(seed)
    out = []
    for pair in pairs:
        sides = []
        for message in pair:
            data = bytearray(message)
            if dice.random() < 0.4:
                at = dice.randrange(12, len(data))
                data[at] = dice.choice((0, 1, 2, 0x7F, 0xFF, dice.randrange(256)))
            if dice.random() < 0.05:
                del data[dice.randrange(12, len(data)) :]
            sides.append(bytes(data))
        out.append((sides[0], sides[1]))
    capture: bytes = wire.pcap(conversation(wire, out, 445))
    return capture


@pytest.mark.parametrize("seed", range(5))
def test_the_same_as_message_by_message(read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    dice = random.Random(seed)
    captures = [wire.pcap(packets(wire, seed))]
    for number in range(12):
        pairs = dice.choice((exchanges, smb1_pairs, lambda: transfers(dice)))()
        captures.append(changed(wire, pairs, 100 * seed + number))
    expected = [read(data) for data in captures]
    assert sum(len(one.smb_files) for one in expected) > 60
    one_by_one(monkeypatch)
    for data, before in zip(captures, expected, strict=True):
        found = read(data)
        assert told(found, FAMILIES) == told(before, FAMILIES)
        assert found.reasons == before.reasons


@pytest.mark.parametrize("lead", [b"", b"\x00\x00\x00\x05hello", b"no SMB here", b"\x85\x00\x00\x00"])
def test_streams_without_a_message_are_told_the_same(
    read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch, lead: bytes
) -> None:
    turns = [[("c", lead + b"nothing that is known"), ("s", b"SMB, but no frame: \xffSMB")], [("s", lead + b"alone")]]
    late = [("c", lead + b"first something else"), ("c", framed(header(5, 1) + bytes(60))), ("s", lead)]
    captures = [wire.pcap(wire.session(turn, 445)) for turn in (*turns, late)]
    expected = [read(data) for data in captures]
    assert all(result.weird for result in expected)
    monkeypatch.setattr(exchanges_of, "empty_of", lambda stream: None)
    for data, before in zip(captures, expected, strict=True):
        found = read(data)
        assert told(found, FAMILIES) == told(before, FAMILIES)
        assert found.reasons == before.reasons
