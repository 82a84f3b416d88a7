"""Dissectors that read TCP conversations many at a time: what they are given, and what becomes of what they give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from parsers.network import reading
from parsers.network.protocols import Carried, Conversation, Openings, Record, Trouble, Upgrade, Yield
from parsers.network.protocols.tabular import Rows, Streams, Tabulated
from parsers.network.records import Bools, Int64s


@dataclass(frozen=True, slots=True)
class _Alpha:
    """A protocol made up for these tests: it begins with `a`. Conversations whose third byte is `t` it reads together."""

    service: str = "alpha"
    family: str = "net/weird"
    given: list[list[tuple[int, int]]] = field(default_factory=list)
    alone: list[int] = field(default_factory=list)

    def recognise(self, openings: Openings) -> Bools:
        return np.asarray(openings.orig[:, 0] == ord("a"))

    def tabulate_streams(self, streams: Streams, packet_time: Int64s) -> Tabulated:
        held, identities = streams.held, streams.identities
        pieces = np.diff(held.bounds)
        self.given.append([(int(identities.orig_port[flow]), int(pieces[2 * flow])) for flow in streams.flows.tolist()])
        first = held.bounds[2 * streams.flows]
        together = streams.space.buffer[held.at[first] + 2] == ord("t")
        flows, packet = streams.flows[together], held.columns[3][first[together]]
        columns = {name: pa.repeat(name, len(flows)) for name in ("event", "flags", "addl")}
        table = Rows(flows, packet, packet, columns, "net/weird")
        yielded = [one for flow, at in zip(flows.tolist(), packet.tolist(), strict=True) for one in _more(flow, at)]
        return Tabulated((table,), [], flows, yielded=tuple(yielded))

    def read(self, talk: Conversation, packet_time: Int64s) -> Iterator[Yield]:
        self.alone.append(talk.orig_port)
        yield Record(talk.flow, 0, 0, "alone", {})


def _more(flow: int, packet: int) -> Iterator[tuple[int, Yield]]:
    yield flow, Trouble(packet, "alpha is odd: very", "alpha_odd")
    yield flow, Carried(flow, packet, packet, True, lambda: iter((b"%PDF-1.4",)), name="a.pdf")
    yield flow, Upgrade("beta", 3, 0)


@dataclass(frozen=True, slots=True)
class _Beta:
    service: str = "beta"
    family: str = "net/weird"
    letter: str = "b"

    def recognise(self, openings: Openings) -> Bools:
        return np.asarray(openings.orig[:, 1] == ord(self.letter))

    def read(self, talk: Conversation, packet_time: Int64s) -> Iterator[Yield]:
        assert talk.orig is not None
        yield Record(talk.flow, 0, 0, "beta", {"addl": talk.orig.read(0, 9).decode()})


def _capture(wire: Any, *said: bytes) -> bytes:
    flows = [wire.session([("c", one), ("c", b"more")], port=9, sport=40_000 + at) for at, one in enumerate(said)]
    return bytes(wire.pcap([packet for flow in flows for packet in flow]))


@pytest.mark.parametrize("at_once", [1, 4_096])
def test_tables_and_all_else_that_was_yielded_are_kept(
    read: Any, wire: Any, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    alpha = _Alpha()
    monkeypatch.setattr(reading, "all_dissectors", lambda: (alpha, _Beta()))
    monkeypatch.setattr("parsers.network.conversations.STREAMS_AT_ONCE", at_once)
    result = read(_capture(wire, b"a-two", b"a-one", b"a-three"))
    assert [one for some in alpha.given for one in some] == [(40_000, 2), (40_001, 2), (40_002, 2)]
    assert len(alpha.given) == (3 if at_once == 1 else 1)
    assert alpha.alone == [40_001]
    rows = sorted((row["src_port"], row["event"], row.get("addl"), row["uid"]) for row in result.weird)
    uid = {row["src_port"]: row["uid"] for row in result.conn}
    assert rows == [
        (40_000, "beta", "womore", uid[40_000]),
        (40_000, "event", "addl", uid[40_000]),
        (40_000, "weird", "alpha is odd: very", uid[40_000]),
        (40_001, "alone", None, uid[40_001]),
        (40_002, "beta", "hreemore", uid[40_002]),
        (40_002, "event", "addl", uid[40_002]),
        (40_002, "weird", "alpha is odd: very", uid[40_002]),
    ]
    assert sorted((row["uid"], row["filename"]) for row in result.files) == sorted(
        [(uid[40_000], "a.pdf"), (uid[40_002], "a.pdf")]
    )
    assert [row["service"] for row in result.conn] == ["alpha,beta", "alpha", "alpha,beta"]
    assert [one for one in result.reasons if "odd" in one] == ["alpha is odd: very; 2 times, first in packet 4"]


def test_a_conversation_that_another_protocol_claims_too_is_read_alone(
    read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    alpha = _Alpha()
    monkeypatch.setattr(reading, "all_dissectors", lambda: (alpha, _Beta()))
    result = read(_capture(wire, b"a-two", b"abt"))
    assert alpha.given == [[(40_000, 2)]]
    assert alpha.alone == [40_001]
    assert [row["service"] for row in result.conn] == ["alpha,beta", "alpha,beta"]


def test_portions_hold_few_pieces_and_every_flow(read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    alpha, portions = _Alpha(), []

    def tabulate(self: _Alpha, streams: Streams, packet_time: Int64s) -> Tabulated:
        portions.extend(streams.flows[part].tolist() for looked_at in (1, 2) for part in streams.portions(looked_at))
        return Tabulated((), [], np.zeros(0, np.int64))

    monkeypatch.setattr(_Alpha, "tabulate_streams", tabulate)
    monkeypatch.setattr(reading, "all_dissectors", lambda: (alpha,))
    monkeypatch.setattr("parsers.network.protocols.tabular.GATHERED", 2)
    read(_capture(wire, *(b"a-one",) * 3))
    one, two = portions[:2], portions[2:]
    assert [len(part) for part in one] == [2, 1]  # a piece of each flow is looked at
    assert [len(part) for part in two] == [1, 1, 1]  # two pieces of each
    assert [*one[0], *one[1]] == [*two[0], *two[1], *two[2]]
    assert len(alpha.alone) == 3
