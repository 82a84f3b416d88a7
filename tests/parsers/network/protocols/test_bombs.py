"""What is made to cost more than it weighs: one-byte segments, lengths beyond all bytes, nesting without end. Counted, never timed."""

from __future__ import annotations

import struct
from pathlib import Path
from unittest.mock import patch

import pytest

from parsers.network.protocols import Conversation, Datagram
from parsers.network.protocols.http1.messages import SEARCHED
from parsers.network.streams import Stream
from tests.fuzz.capture_checks import check
from tests.fuzz.wires import Said, capture_of
from tests.parsers.network.conftest import Wire
from tests.parsers.network.protocols.hardships import moved
from tests.parsers.network.protocols.spoken import SERVICES, Spoken, spoken
from tests.parsers.network.protocols.test_contract import in_records

SEGMENTS = 20_000
READ_AGAIN = 40  # times that a reader may look at a byte: an opening, a head, its body …
STREAMS = [service for service in SERVICES if spoken(service).tcp]
HUGE = (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x84\xff\xff\xff\xff")
NESTED = {
    "sequences": b"\x30\x80" * 12_000,
    "sequences with lengths": b"".join(b"\x30\x83" + struct.pack(">I", 60_000 - 5 * at)[1:] for at in range(12_000)),
    "choices": b"\xa0\x84\x00\x00\xea\x60" * 10_000,
}


class Looked:
    """Counts the bytes that readers take from streams and datagrams."""

    def __init__(self) -> None:
        self.bytes = 0
        self._read, self._payload = Stream.read, Conversation.payload

    def read(self, stream: Stream, position: int, count: int) -> bytes:
        taken = self._read(stream, position, count)
        self.bytes += len(taken)
        return taken

    def payload(self, talk: Conversation, gram: Datagram) -> bytes:
        taken = self._payload(talk, gram)
        self.bytes += len(taken)
        return taken


def looked_at(data: bytes, folder: Path, service: str) -> tuple[int, dict[str, int], list[str]]:
    """Bytes that the reader took, rows by family, and problems."""
    looked = Looked()
    with (
        patch.object(Stream, "read", lambda stream, position, count: looked.read(stream, position, count)),
        patch.object(Conversation, "payload", lambda talk, gram: looked.payload(talk, gram)),
    ):
        rows, problems = check(data, folder, service)
    return looked.bytes, rows, problems


def _turns(said: Spoken) -> list[tuple[bool, bytes]]:
    return [(side == "c", data) for side, data in said.turns]


@pytest.mark.parametrize("service", STREAMS)
def test_one_byte_segments_cost_no_more_than_their_bytes(tmp_path: Path, service: str) -> None:
    said = spoken(service)
    single = [(forward, data[at : at + 1]) for forward, data in _turns(said) for at in range(len(data))]
    flood = (single * (SEGMENTS // len(single) + 1))[:SEGMENTS]
    taken, rows, _ = looked_at(
        capture_of(Said(service, True, (said.client_port, said.port), tuple(flood))), tmp_path, service
    )
    searched = (
        2 * SEARCHED if service in ("http", "socks") else 0
    )  # HTTP looks for its next message, so far and no further
    assert taken <= READ_AGAIN * SEGMENTS + searched
    assert sum(rows.values()) <= SEGMENTS


def with_huge_lengths(said: Spoken) -> list[list[tuple[bool, bytes]]]:
    """The conversation with a length beyond all bytes, each at another place of one of its first turns."""
    turns, out = _turns(said), []
    for turn, (forward, data) in list(enumerate(turns))[:4]:
        for at in range(0, min(len(data), 64), 8):
            huge = HUGE[at // 8 % len(HUGE)]
            out.append([*turns[:turn], (forward, data[:at] + huge + data[at + len(huge) :]), *turns[turn + 1 :]])
    return out


@pytest.mark.parametrize("service", SERVICES)
def test_lengths_beyond_all_bytes(tmp_path: Path, service: str) -> None:
    """All in one capture, each between hosts of its own; and every eighth alone."""
    said = spoken(service)
    many = with_huge_lengths(said)
    captures = [capture_of(Said(service, said.tcp, (said.client_port, said.port), tuple(changed))) for changed in many]
    for changed, data in list(zip(many, captures, strict=True))[SERVICES.index(service) % 8 :: 8]:
        taken, rows, _ = looked_at(data, tmp_path, service)
        assert taken <= READ_AGAIN * 1000 + READ_AGAIN * sum(len(words) for _, words in changed)
        assert sum(rows.values()) <= 100
    among = [moved(packet, by) for by, data in enumerate(captures) for packet in in_records(data)]
    taken, rows, _ = looked_at(Wire().pcap(among), tmp_path, service)
    said_bytes = sum(len(words) for changed in many for _, words in changed)
    assert (
        taken <= READ_AGAIN * 1000 + 2 * said_bytes
    )  # so that one of them that is read over and over is told by the sum
    assert sum(rows.values()) <= 12 * len(many)


@pytest.mark.parametrize("service", ["kerberos", "ldap", "snmp"])
@pytest.mark.parametrize("kind", NESTED)
@pytest.mark.parametrize("tcp", [True, False])
def test_nesting_without_end(tmp_path: Path, service: str, kind: str, tcp: bool) -> None:
    bomb = NESTED[kind][:60_000]
    if service == "kerberos":
        bomb = b"\x6a\x83" + struct.pack(">I", len(bomb))[1:] + bomb  # a request for a ticket (RFC 4120 section 5.4.1)
    framed = struct.pack(">I", len(bomb)) + bomb if tcp and service == "kerberos" else bomb
    taken, rows, problems = looked_at(
        capture_of(Said(service, tcp, (40_000, 88), ((True, framed),))), tmp_path, service
    )
    assert taken <= READ_AGAIN * len(framed)
    assert sum(rows.values()) <= 3
    if service == "kerberos" or (service == "ldap") == tcp:  # LDAP is read over TCP alone, SNMP over UDP alone
        assert problems or rows.get("net/weird"), "a bomb is told"
