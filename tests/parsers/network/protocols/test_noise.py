"""Whole conversations with any few bytes changed, cut or put in: every reader gives rows of declared columns, and never fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.network.protocols import Datagram, Record, Trouble, all_dissectors
from parsers.network.streams import Held
from tests.parsers.network.protocols import test_dtls, test_rdp, test_ssh, test_ssl, test_xmpp
from tests.parsers.network.protocols.conftest import make_certificate
from timelines.families import all_families
from timelines.schema import CORE_NAMES

CHAIN = test_ssl.handshake(11, test_ssl.vector(test_ssl.vector(make_certificate(), 3), 3))
SESSIONS = {
    "ssl": [
        ("c", test_ssl.record(22, test_ssl.client())),
        ("s", test_ssl.record(22, test_ssl.server() + CHAIN)),
        ("c", test_ssl.FINISHED),
    ],
    "ssl 2": [("c", test_ssl.version2_hello()), ("s", test_ssl.version2_hello(0x0301))],
    "ssh": test_ssh.SENT,
    "rdp": test_rdp.PLAIN,
    "xmpp": [*test_xmpp.SECURED, ("c", test_xmpp.LOGIN)],
}
READERS = {dissector.service: dissector for dissector in all_dissectors()}
EDITS = st.lists(st.tuples(st.booleans(), st.integers(0, 900), st.integers(0, 12), st.binary(max_size=6)), max_size=4)


@dataclass(frozen=True)
class Whole:
    """A stream that one packet brought."""

    data: bytes
    begin: int = 0

    @property
    def end(self) -> int:
        return len(self.data)

    def read(self, position: int, count: int) -> bytes:
        return self.data[position : position + count]

    def packet(self, position: int) -> int:
        return 0

    def segments(self, position: int) -> Iterator[Held]:
        if position < len(self.data):
            yield Held(position, len(self.data) - position, 0)


@dataclass(frozen=True)
class Talk:
    """What readers use of a conversation."""

    orig: Whole | None = None
    resp: Whole | None = None
    sent: tuple[tuple[bool, bytes], ...] = ()
    flow: int = 0
    orig_port: int = 49_152
    resp_port: int = 22

    @property
    def datagrams(self) -> tuple[Datagram, ...]:
        return tuple(Datagram(at, forward, 0, len(data)) for at, (forward, data) in enumerate(self.sent))

    def payload(self, gram: Datagram) -> bytes:
        return self.sent[gram.packet][1]


def edited(sent: list[tuple[str, bytes]], edits: list[tuple[bool, int, int, bytes]]) -> dict[str, bytes]:
    """What each side sent, with edits: at a place, some bytes out and others in."""
    sides = {way: b"".join(data for side, data in sent if side == way) for way in "cs"}
    for client, at, out, more in edits:
        way = "c" if client else "s"
        sides[way] = sides[way][:at] + more + sides[way][at + out :]
    return sides


def check(service: str, talk: Any, packets: int) -> None:
    reader = READERS[service]
    for item in reader.read(talk, np.arange(packets)):
        if isinstance(item, Record):
            columns = {column.name for column in all_families()[item.family or reader.family].columns}
            assert set(item.values) <= columns | set(CORE_NAMES)
            assert 0 <= item.first < packets
            assert 0 <= item.last < packets
        elif isinstance(item, Trouble):
            assert 0 <= item.packet < packets


@pytest.mark.parametrize("name", sorted(SESSIONS))
@settings(max_examples=150, deadline=None)
@given(edits=EDITS, cut=st.integers(0, 2000), reader=st.sampled_from(["ssl", "ssh", "rdp", "xmpp"]))
def test_streams(name: str, edits: list[tuple[bool, int, int, bytes]], cut: int, reader: str) -> None:
    """By its own reader, and by any other: a stream may be handed on to one that it is not for."""
    sides = edited(SESSIONS[name], edits)
    for client, server in ((sides["c"], sides["s"]), (sides["c"][:cut], sides["s"]), (sides["s"], sides["c"][:cut])):
        talk = Talk(Whole(client), Whole(server))
        check(name.split()[0], talk, 1)
        check(reader, talk, 1)


@settings(max_examples=150, deadline=None)
@given(edits=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 120), st.binary(max_size=5)), max_size=4))
def test_datagrams(edits: list[tuple[int, int, bytes]]) -> None:
    sent = [(way == "c", data) for way, data in test_dtls.handshake(make_certificate())]
    for number, at, patch in edits:
        forward, data = sent[number]
        sent[number] = forward, data[:at] + patch + data[at + len(patch) :]
    check("ssl", Talk(sent=tuple(sent)), len(sent))
