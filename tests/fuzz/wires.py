"""What is said in real captures, flow by flow, as seeds for the fuzzing of protocol readers; and captures made around what is said."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from parsers.base import Evidence
from parsers.network import reading
from parsers.network.capture import PARSER
from parsers.network.protocols import Conversation

EVIDENCE = Path(__file__).resolve().parents[3] / "shared" / "evidence" / "network"
TURNS, TURN_BYTES = 40, 4_000  # kept of one conversation, and of one of its turns
KEPT = 12  # conversations of one service
_HEAD = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1)
_ETHERNET = b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0"
_HOSTS = (b"\xc0\0\x02\x0a", b"\xc6\x33\x64\x14")  # 192.0.2.10 and 198.51.100.20
START = 1_767_323_045  # 2026-01-02T03:04:05Z


@dataclass(frozen=True)
class Said:
    """What two sides say: the originator's turns are True."""

    service: str
    tcp: bool
    ports: tuple[int, int]
    turns: tuple[tuple[bool, bytes], ...]


def evidence_of(path: Path, data: bytes) -> Evidence:
    path.unlink(missing_ok=True)  # a file that is written over is waited for: the disk is to have it
    path.write_bytes(data)
    return Evidence("E001", path.name, path, len(data), hashlib.sha256(data).hexdigest())


def said_in(data: bytes, scratch: Path) -> list[Said]:
    """What the flows of a capture say that a protocol reader is given."""
    found: list[Said] = []
    read = reading._read_talk

    def noted(out: Any, dissector: Any, talk: Conversation, packet_time: Any, depth: int = 0) -> None:
        if turns := tuple(_turns(talk)):
            found.append(Said(dissector.service, talk.tcp, (talk.orig_port, talk.resp_port), turns))
        read(out, dissector, talk, packet_time, depth)

    evidence = evidence_of(scratch, data)
    with patch.object(reading, "_read_talk", noted):
        for piece in PARSER.slices(evidence):
            for _ in PARSER.parse(evidence, piece):
                pass
    return found


def _turns(talk: Conversation) -> Iterator[tuple[bool, bytes]]:
    if not talk.tcp:
        for gram in talk.datagrams[:TURNS]:
            yield gram.forward, talk.payload(gram)[:TURN_BYTES]
        return
    pieces = []
    for forward, stream in ((True, talk.orig), (False, talk.resp)):
        if stream is not None:
            held = zip(stream._start, stream._length, stream._packet, strict=True)
            pieces += [(packet, forward, stream, start, length) for start, length, packet in held]
    for _, forward, stream, start, length in sorted(pieces, key=lambda piece: piece[0])[:TURNS]:
        yield forward, stream.read(start, min(length, TURN_BYTES))


def real_talks(scratch: Path, every: int) -> dict[str, list[Said]]:
    """By service, what flows of each so manieth real capture say, the short ones first."""
    found: dict[str, list[Said]] = {}
    for path in sorted(EVIDENCE.glob("*.pcap*"))[::every]:
        for said in said_in(path.read_bytes(), scratch):
            found.setdefault(said.service, []).append(said)
    for service, talks in found.items():
        apart = {said.turns: said for said in talks}.values()
        found[service] = sorted(apart, key=lambda said: sum(len(turn) for _, turn in said.turns))[-KEPT:]
    return found


def capture_of(said: Said, shuffle: Callable[[list[bytes]], list[bytes]] = lambda packets: packets) -> bytes:
    """A capture file in which this is said, TCP with its handshake; `shuffle` may put its records in another order."""
    packets = [_stamped(packet, number) for number, packet in enumerate(_packets(said))]
    return _HEAD + b"".join(shuffle(packets))


def capture_of_all(talks: Iterable[Said]) -> bytes:
    """A capture file in which all of this is said, one behind the other; their ports tell them apart."""
    packets = (packet for said in talks for packet in _packets(said))
    return _HEAD + b"".join(_stamped(packet, number) for number, packet in enumerate(packets))


def _stamped(packet: bytes, number: int) -> bytes:
    return struct.pack("<IIII", START + number // 1000, number % 1000 * 1000, len(packet), len(packet)) + packet


def _packets(said: Said) -> Iterator[bytes]:
    if not said.tcp:
        for forward, turn in said.turns:
            sport, dport = said.ports if forward else said.ports[::-1]
            yield _ip(forward, 17, struct.pack(">HHHH", sport, dport, 8 + len(turn[:60_000]), 0) + turn[:60_000])
        return
    at = {True: 1_000, False: 6_000}
    yield _segment(said.ports, True, at, 0x02, b"")
    at[True] += 1
    yield _segment(said.ports, False, at, 0x12, b"")
    at[False] += 1
    for forward, turn in said.turns:
        for begin in range(0, len(turn), 60_000):
            piece = turn[begin : begin + 60_000]
            yield _segment(said.ports, forward, at, 0x18, piece)
            at[forward] += len(piece)


def _segment(ports: tuple[int, int], forward: bool, at: dict[bool, int], flags: int, data: bytes) -> bytes:
    sport, dport = ports if forward else ports[::-1]
    head = struct.pack(">HHIIBBHHH", sport, dport, at[forward], at[not forward], 5 << 4, flags, 65_535, 0, 0)
    return _ip(forward, 6, head + data)


def _ip(forward: bool, proto: int, data: bytes) -> bytes:
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(data), 1, 0, 64, proto, 0)
    source, target = _HOSTS if forward else _HOSTS[::-1]
    return _ETHERNET + head + source + target + data
