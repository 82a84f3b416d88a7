"""SMB messages found for many connections at once: the same as frame by frame, however little room there is for them."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from parsers.network.protocols.smb import messages
from parsers.network.protocols.smb.message_kernels import COLUMNS, HEAD, LEFT, POSITION, ROW, STRANGE, TOLD, WHY, walk
from tests.parsers.network.protocols.hardships import told
from tests.parsers.network.protocols.smb_messages import conversation, create_answer, create_request, framed, header
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
        return [[] for _ in range(COLUMNS)], [0, at, left, 0, STRANGE]

    monkeypatch.setattr(messages.Ahead, "rows", lambda *_: None)
    monkeypatch.setattr(messages, "_rows", nothing)
    found = read(data)
    assert told(found, FAMILIES) == told(expected, FAMILIES)
    assert found.reasons == expected.reasons


def test_what_lies_outside_the_file_is_left_alone() -> None:
    frame = framed(header(5, 1))
    buffer = np.frombuffer(frame + frame[:30], np.uint8)
    size = len(frame)
    pieces = np.array([[0, size], [size, size], [0, size], [3, 4]], np.int64)  # the second runs beyond the file
    told_ = np.zeros((1, TOLD), np.int64)
    told_[0, LEFT] = 9
    out = np.zeros((COLUMNS, 4), np.int64)
    walk(buffer, pieces, 0, 2, told_, 0, out, np.zeros(HEAD, np.uint8))
    assert (told_[0, POSITION], told_[0, ROW], told_[0, WHY]) == (size, 1, STRANGE)


def test_a_stream_that_is_no_longer_at_hand_is_looked_at_again(read: Any, wire: Any) -> None:
    result = read(wire.pcap(conversation(wire, exchanges())))
    assert len(result.smb_files) == 5
    ahead = messages.Ahead.__new__(messages.Ahead)
    ahead._found, ahead._streams, ahead._next = {}, np.array([4, 5], np.int64), 2
    assert ahead.rows(4) is None
