"""What a packet's block needs before it, found by following blocks; damage is told, not stepped over."""

from __future__ import annotations

import struct

import pytest

from parsers.second.blocks import Preambles


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    size = 12 + len(body)
    return struct.pack(f"{order}II", kind, size) + body + struct.pack(f"{order}I", size)


def section(order: str = "<") -> bytes:
    return block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link: int, order: str = "<") -> bytes:
    return block(1, struct.pack(f"{order}HHI", link, 0, 0), order)


NAMES = block(4, bytes(4))  # name resolution: not needed to read a packet
PACKET = block(6, bytes(20))


@pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
def test_section_and_interfaces_are_kept_and_packets_left_out(order: str) -> None:
    packet = block(6, bytes(20), order)
    data = section(order) + interface(1, order) + packet + interface(113, order) + packet
    assert Preambles(memoryview(data)).before(len(data) - len(packet)) == section(order) + interface(
        1, order
    ) + interface(113, order)


def test_a_new_section_forgets_the_interfaces_before_it() -> None:
    data = section() + interface(1) + NAMES + PACKET + section(">") + interface(113, ">")
    assert Preambles(memoryview(data + PACKET)).before(len(data)) == section(">") + interface(113, ">")


def test_a_broken_chain_is_told() -> None:
    data = section() + interface(1)
    damaged = bytearray(data + PACKET)
    damaged[len(section()) + 4] = 13  # the interface's length now leads inside it
    for view, offset in ((damaged, len(data)), (data, len(data) + 8), (b"\n\r\r\n", 20)):
        with pytest.raises(ValueError, match=f"does not lead to byte {offset}"):
            Preambles(memoryview(bytes(view))).before(offset)


def test_one_walk_answers_for_many_blocks_in_any_order() -> None:
    data = section() + interface(1) + PACKET + interface(113) + PACKET
    first, second = len(section() + interface(1)), len(data) - len(PACKET)
    walk = Preambles(memoryview(data))
    expected = {first: section() + interface(1), second: section() + interface(1) + interface(113)}
    assert [walk.before(at) == expected[at] for at in (first, second, first)] == [True] * 3
