"""Captures with a few things wrong, as choices decide: real captures changed anywhere, and conversations of each protocol changed in what
is said, so that the changes reach the protocol's reader and not just the layers below it."""

from __future__ import annotations

import random
import tempfile
from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path

from parsers.network.protocols import all_dissectors
from tests.fuzz.mutation import Choices
from tests.fuzz.wires import EVIDENCE, Said, capture_of, real_talks
from tests.parsers.network.protocols.spoken import SERVICES, spoken

SMALL = 24_000  # bytes of a real capture that is changed; larger ones cost time and show nothing new
WORDS = (0, 1, 2, 3, 4, 7, 8, 0x7F, 0x80, 0x81, 0x84, 0x88, 0xC0, 0xC1, 0xFE, 0xFF)
RUNS = (
    b"\0",
    b"\xff",
    b"\x30\x80",
    b"\xc0\x0c",
    b"(",
    b"A",
    b"\r\n",
    b"\x84\xff\xff\xff\xff",
    b"\xa0\x84\0\0\xff\xff",
    b"9",
)
LONGEST = 100_000  # bytes of one changed turn
WHOLE = (
    3_000_000  # bytes of all turns: said over and over they came to 65 MB, which plain Python takes half a minute for
)
Turns = list[tuple[bool, bytes]]


@dataclass(frozen=True)
class Seeds:
    """Real captures; what is said by service; services in order. A service that no real capture speaks gets the talks of others."""

    captures: tuple[bytes, ...]
    talks: dict[str, list[Said]]
    services: tuple[str, ...]


@dataclass(frozen=True)
class Input:
    """A capture, and the service whose reader is given its flows whatever they say ("": those that recognise them)."""

    data: bytes
    service: str


def seeds(every: int) -> Seeds:
    """What there is to begin with: each so manieth real capture, read where it lies."""
    with tempfile.TemporaryDirectory() as folder:
        talks = real_talks(Path(folder) / "seed.pcap", every)
    for service in SERVICES:  # what is made by hand for tests: some protocols are in no real capture
        said = spoken(service)
        turns = tuple((side == "c", data) for side, data in said.turns)
        talks.setdefault(service, []).append(Said(service, said.tcp, (said.client_port, said.port), turns))
    small = (path for path in sorted(EVIDENCE.glob("*.pcap*"))[::every] if path.stat().st_size <= SMALL)
    services = tuple(dissector.service for dissector in all_dissectors())
    return Seeds(tuple(path.read_bytes() for path in small), talks, services)


def mutated(held: Seeds, data: bytes) -> Input:
    """The capture that `data` decides."""
    choices = Choices(data)
    what = choices.below(4)
    if what == 0 and held.captures:
        return Input(_changed_file(held, choices), "")
    service = held.services[choices.below(len(held.services))]
    said = _talk(held, service, choices)
    turns = list(said.turns)
    for _ in range(1 + choices.below(8)):
        if choices.left():
            turns = _bounded(_changed_turns(turns, held, choices))
    order = choices.below(8)
    made = capture_of(replace(said, turns=tuple(turns)), lambda packets: packets[::-1] if order == 1 else packets)
    return Input(made, service if what < 3 else "")


def first(held: Seeds) -> list[bytes]:
    """Choices to begin with: changes of each real capture, and of two conversations of each protocol, given to its reader whatever they
    say and to those that recognise them."""
    chance = random.Random(1)
    captures = [bytes((0, number)) for number in range(min(len(held.captures), 256))]
    readers = [bytes((what, number)) for number in range(len(held.services)) for what in (1, 2, 3)]
    return [start + chance.randbytes(60) for start in captures + readers]


def _talk(held: Seeds, service: str, choices: Choices) -> Said:
    own = held.talks.get(service) or []
    if own and choices.below(8):
        return own[choices.below(len(own))]
    others = [said for talks in held.talks.values() for said in talks]
    if others and choices.below(3):
        return others[choices.below(len(others))]
    raw = tuple((bool(choices.below(2)), _bytes(choices, choices.below(64))) for _ in range(1 + choices.below(4)))
    return Said(service, bool(choices.below(2)), (40_000, 80), raw)


def _bytes(choices: Choices, size: int) -> bytes:
    return bytes(choices.below(256) for _ in range(size))


def _changed_file(held: Seeds, choices: Choices) -> bytes:
    data = bytearray(held.captures[choices.below(len(held.captures))])
    for _ in range(1 + choices.below(12)):
        at, what = choices.below(max(len(data), 1)), choices.below(8)
        if what == 0:
            del data[at : at + 1 + choices.below(200)]
        elif what == 1:
            data[at:at] = data[choices.below(max(len(data), 1)) :][: choices.below(400)]
        elif what == 2:
            del data[max(at, 24) :]
        elif what < 5 and at < len(data):
            data[at] ^= 1 << choices.below(8)
        else:
            data[at : at + 1] = bytes([WORDS[choices.below(len(WORDS))]])
    return bytes(data)


def _changed_turns(turns: Turns, held: Seeds, choices: Choices) -> Turns:
    """One change: of a turn's bytes, or of the turns and their order."""
    if not turns:
        return [(bool(choices.below(2)), _bytes(choices, 8))]
    at, what = choices.below(len(turns)), choices.below(16)
    forward, said = turns[at]
    if what < 11:
        return [*turns[:at], (forward, _changed(said, choices)[:LONGEST]), *turns[at + 1 :]]
    if what == 11:
        return turns[:at] + turns[at + 1 :]
    if what == 12:
        return turns[: at + 1] * (2 + choices.below(6))
    if what == 13:
        return [*turns[:at], (not forward, said), *turns[at + 1 :]]
    if what == 14:
        cut = [(forward, said[place : place + 1]) for place in range(min(len(said), 400))]
        return [*turns[:at], *cut, *turns[at + 1 :]]
    others = [one for talks in held.talks.values() for one in talks]
    return turns[:at] + list(others[choices.below(len(others))].turns if others else ()) + turns[at:]


def _bounded(turns: Turns) -> Turns:
    """The first turns that are no more than WHOLE bytes together."""
    reach = list(accumulate(len(said) for _, said in turns))
    return turns[: bisect_right(reach, WHOLE)]


def _changed(said: bytes, choices: Choices) -> bytes:
    data, size = bytearray(said), max(len(said), 1)
    at, what = choices.below(min(size, 65_535)), choices.below(8)
    if what < 2:
        data[at : at + 1] = bytes([WORDS[choices.below(len(WORDS))]])
    elif what == 2:
        width = (2, 3, 4, 8)[choices.below(4)]
        data[at : at + width] = bytes([WORDS[choices.below(len(WORDS))]]) * width
    elif what == 3:
        del data[at : at + 1 + choices.below(64)]
    elif what == 4:
        data[at:at] = RUNS[choices.below(len(RUNS))] * (1 << choices.below(13))
    elif what == 5:
        del data[at:]
    elif what == 6:
        data[at:at] = _bytes(choices, 1 + choices.below(12))
    elif at < len(data):
        data[at] ^= 1 << choices.below(8)
    return bytes(data)
