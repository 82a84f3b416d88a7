"""SMB messages found for many connections at once: the same as frame by frame, however little room there is for them."""

from __future__ import annotations

import hashlib
import random
import struct
from typing import Any

import numpy as np
import pytest

from parsers.network.protocols.smb import exchanges as exchanges_of
from parsers.network.protocols.smb import messages
from parsers.network.protocols.smb.exchanges import Ahead
from parsers.network.protocols.smb.message_kernels import (
    COLUMNS,
    FIELDS,
    GO_ON,
    HEAD,
    LEFT,
    POSITION,
    ROW,
    STRANGE,
    TOLD,
    UNCUT,
    WHY,
    walk_all,
)
from parsers.network.protocols.smb.plain import PlainSteps
from parsers.network.protocols.smb.step_kernels import CLOSE, MAP, OPEN, READ
from parsers.network.protocols.smb.steps import Plain
from tests.parsers.network.protocols.hardships import told
from tests.parsers.network.protocols.smb_messages import (
    FILE_ID,
    close_pair,
    conversation,
    create_answer,
    create_request,
    framed,
    header,
    read_pair,
    write_pair,
)
from tests.parsers.network.protocols.test_smb import exchanges, smb1_pairs

FAMILIES = ("smb_files", "smb_mapping", "files", "weird")


def compound(number: int) -> tuple[bytes, bytes]:
    """An opening and a closing in one frame, and a third message whose header is none."""
    ask = create_request(number, "x.txt", following=64 + 56 + 10 + 6) + bytes(6)
    closing = header(6, number + 1, 4, following=88) + b"\x18\0" + bytes(6) + b"\xff" * 16
    return ask + closing + bytes(64), create_answer(number, 5)


def packets(wire: Any, seed: int) -> list[bytes]:
    """Several connections: both versions, compounds, gaps, bytes that are nothing, what is encrypted, cut headers."""
    dice = random.Random(seed)
    found: list[bytes] = []
    for port in range(40_000, 40_006):
        pairs = [*exchanges(), compound(20)] if port % 2 else smb1_pairs()
        turns = [turn for ask, answer in pairs for turn in (("c", framed(ask)), ("s", framed(answer)))]
        for _ in range(4):
            at = dice.randrange(len(turns))
            side, data = turns[at]
            odd = [
                data[: dice.randrange(len(data))] + b".",
                b"\xff" * 9,
                b"\0\0\0\0",
                b"\x85\0\0\0",
                framed(b"\xfdSMB" + bytes(9)),
            ]
            turns.insert(at, (side, dice.choice(odd)))
        sent = wire.session(turns, 445, port)
        del sent[dice.randrange(4, len(sent))]
        found += sent
    return found


@pytest.mark.parametrize("room", [1, 2, 3, 7])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_little_room_gives_the_same(
    read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch, room: int, seed: int
) -> None:
    data = wire.pcap(packets(wire, seed))
    expected = read(data)
    assert len(expected.smb_files) > 20
    assert len(expected.weird) > 4
    monkeypatch.setattr(messages, "ROOM", room)
    found = read(data)
    assert told(found, FAMILIES) == told(expected, FAMILIES)
    assert found.reasons == expected.reasons


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_frame_by_frame_gives_the_same(read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    data = wire.pcap(packets(wire, seed))
    expected = read(data)

    def nothing(stream: Any, at: int, left: int) -> messages.Rows:
        return np.empty((COLUMNS, 0), np.int64), [0, at, left, 0, STRANGE]

    monkeypatch.setattr(Ahead, "forward", lambda *_: None)
    monkeypatch.setattr(Ahead, "exchanges", lambda *_: None)
    monkeypatch.setattr(messages, "_rows", nothing)
    found = read(data)
    assert told(found, FAMILIES) == told(expected, FAMILIES)
    assert found.reasons == expected.reasons


def transfers(dice: random.Random) -> list[tuple[bytes, bytes]]:
    """A file of SMB 2 that is read and written piece by piece, with questions, calls, failures and numbers used twice in between."""
    pairs, number = [*exchanges()[:2]], 3
    for at in range(60):
        ask, answer = dice.choice((read_pair, read_pair, write_pair))(
            number, at * 8, bytes([at] * dice.randrange(1, 9))
        )
        if dice.random() < 0.2:
            ask, answer = header(16, number) + bytes(40), header(16, number, 1) + bytes(8)
        if dice.random() < 0.1:
            answer = header(8, number, 1, 0xC0000011) + bytes(9)
        if dice.random() < 0.1:  # another says what it does not answer
            answer = header(dice.choice((6, 8, 11)), number, 1) + bytes(dice.choice((8, 40)))
        if dice.random() < 0.1:  # a control that is no call, or one through a pipe
            body = struct.pack("<HHI16sIIII", 57, 0, dice.choice((0x0011C017, 0x00060194)), FILE_ID, 120, 9, 0, 0)
            ask = header(11, number) + body + bytes(40)
        if dice.random() < 0.1:  # a second reading goes on in the same frame
            after, _ = read_pair(number, 700, b"same")
            ask = ask[:20] + struct.pack("<I", len(ask)) + ask[24:] + after[:16] + struct.pack("<I", 4) + after[20:]
        pairs.append((ask, answer))
        number += dice.random() < 0.9
    return pairs


@pytest.mark.parametrize("seed", range(6))
def test_pieces_of_a_file_are_the_same_together_and_one_by_one(
    read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    dice = random.Random(seed)
    sent = [packet for port in range(3) for packet in conversation(wire, transfers(dice), 40_000 + port)]
    data = wire.pcap(sent)
    expected = read(data)
    assert sum(row["moved_bytes"] or 0 for row in expected.smb_files if row["event"] == "smb.read") > 100

    monkeypatch.setattr(Ahead, "forward", lambda *_: None)
    monkeypatch.setattr(Ahead, "exchanges", lambda *_: None)
    monkeypatch.setattr(messages, "_rows", _uncut(messages._rows))
    found = read(data)
    assert told(found, FAMILIES) == told(expected, FAMILIES)
    assert found.reasons == expected.reasons


def _uncut(rows: Any) -> Any:
    """Messages without the fields that were found with them, so that each is looked at as it is read."""

    def found(*given: Any) -> messages.Rows:
        columns, told_ = rows(*given)
        columns[FIELDS] = UNCUT
        return columns, told_

    return found


def test_reads_that_follow_one_another_are_told_at_once(read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[int] = []
    step = PlainSteps.step

    def counted(self: PlainSteps, plain: Plain) -> None:
        steps.append(plain.verb)
        step(self, plain)

    monkeypatch.setattr(PlainSteps, "step", counted)
    reads = [read_pair(3 + at, at * 8, bytes([at] * 8)) for at in range(20)]
    asked = (header(16, 30) + bytes(40), header(16, 30, 1) + bytes(8))  # what is not looked at
    result = read(wire.pcap(conversation(wire, [*exchanges()[:2], *reads[:9], asked, *reads[9:], close_pair(31)])))
    assert steps == [MAP, OPEN, READ, CLOSE]
    (moved,) = (row for row in result.smb_files if row["event"] == "smb.read")
    (file,) = result.files
    assert (moved["moved_bytes"], moved["packet_first"], moved["packet_last"]) == (160, 8, 49)
    assert file["sha256"] == hashlib.sha256(b"".join(bytes([at] * 8) for at in range(20))).hexdigest()


def test_too_many_answers_are_said(read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchanges_of, "LIMIT", 4)
    monkeypatch.setattr(Ahead, "forward", lambda *_: None)
    monkeypatch.setattr(Ahead, "exchanges", lambda *_: None)
    result = read(wire.pcap(conversation(wire, exchanges())))
    assert [row["name"] for row in result.weird] == ["smb_too_much"]
    assert [row["status"] for row in result.smb_files if row["event"] == "smb.open"] == ["SUCCESS"]
    assert [row.get("status") for row in result.smb_files if row["event"] == "smb.close"] == [None]


def test_what_lies_outside_the_file_is_left_alone() -> None:
    frame = framed(header(5, 1))
    buffer = np.frombuffer(frame + frame[:30], np.uint8)
    size = len(frame)
    pieces = np.array([[0, size], [size, size], [0, size], [3, 4]], np.int64)  # the second runs beyond the file
    told_ = np.zeros((1, TOLD), np.int64)
    told_[0, LEFT] = 9
    out = np.zeros((COLUMNS, 4), np.int64)
    walk_all(buffer, pieces, np.array([0, 2]), np.zeros(1, np.int64), GO_ON, told_, out, np.zeros(HEAD, np.uint8))
    assert (told_[0, POSITION], told_[0, ROW], told_[0, WHY]) == (size, 1, STRANGE)


def test_a_stream_that_is_no_longer_at_hand_is_looked_at_again(read: Any, wire: Any) -> None:
    result = read(wire.pcap(conversation(wire, exchanges())))
    assert len(result.smb_files) == 5
    ahead = Ahead.__new__(Ahead)
    ahead._found, ahead._streams, ahead._next = {}, np.array([4, 5], np.int64), 2
    assert ahead.forward(2) is None


@pytest.mark.parametrize("together", [True, False])
def test_what_answers_a_broken_frame_answers_nothing_later(
    read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch, together: bool
) -> None:
    if not together:
        monkeypatch.setattr(Ahead, "forward", lambda *_: None)
        monkeypatch.setattr(Ahead, "exchanges", lambda *_: None)
    broken = bytearray(create_request(2, "cut.txt", following=64 + 56 + 14 + 2) + bytes(2))
    broken[110:112] = b"\xff\xff"  # a name that runs beyond the message: what follows in the frame is passed over
    turns = [
        ("c", framed(bytes(broken) + create_request(3, "passed-over.txt"))),
        ("s", framed(create_answer(3, 5))),
        ("c", framed(create_request(3, "later.txt"))),
    ]
    result = read(wire.pcap(wire.session(turns, 445)))
    assert [row["name"] for row in result.weird] == ["smb_malformed"]
    assert [(row["name"], row.get("status"), row.get("size")) for row in result.smb_files] == [
        ("later.txt", None, None)
    ]
