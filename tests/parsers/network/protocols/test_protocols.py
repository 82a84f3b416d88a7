"""What holds for every protocol of the folder."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.network.conversations import Conversations
from parsers.network.flows import build as build_flows
from parsers.network.headers import empty
from parsers.network.protocols import Dissector, Record, Yield, all_dissectors
from timelines.families import all_families
from timelines.schema import CORE_NAMES


def test_the_protocols_that_are_there() -> None:
    services = [dissector.service for dissector in all_dissectors()]
    assert services == sorted(set(services))
    assert {"dns", "http", "ssl"} <= set(services)


@pytest.mark.parametrize("dissector", all_dissectors(), ids=lambda dissector: dissector.service)
def test_each_fills_a_declared_family(dissector: Dissector) -> None:
    family = all_families()[dissector.family]
    assert {"uid", "packet_first", "packet_last"} <= {column.name for column in family.columns}


def test_a_capture_without_packets(read: Any, wire: Any) -> None:
    result = read(wire.pcap([]))
    assert (result.rows, result.problems, result.ledger.read) == ({}, [], 24)


@pytest.mark.parametrize("port", [53, 80, 443])
@settings(max_examples=60, deadline=None)
@given(sent=st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=60)), min_size=1, max_size=6))
def test_any_payload_gives_records_of_declared_columns(port: int, sent: list[tuple[bool, bytes]]) -> None:
    """Payloads that begin as a protocol does and go on at random; every protocol reads every conversation."""
    from parsers.network import streams
    from parsers.network.identities import identify
    from parsers.network.records import Packets
    from parsers.network.space import Space
    from parsers.network.tables import Sources

    starts = (
        b"",
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01\x00\x30\x01",
        b"\x00\x1c\x00\x01\x01\x00\x00\x01",
        b"HTTP/1.1 200\r\n",
    )
    data = [starts[(len(raw) + at) % len(starts)] + raw for at, (_, raw) in enumerate(sent)]
    up = np.array([forward for forward, _ in sent])
    sizes = np.array([len(raw) for raw in data], np.int64)
    begin, count = np.cumsum(sizes) - sizes, len(data)
    view = memoryview(b"".join(data))
    no = np.zeros(count, np.bool_)
    packets = Packets(begin, sizes, begin, sizes, sizes, np.arange(count), ~no, np.ones(count, np.int32), no)
    ends = np.zeros((count, 2), np.uint64)
    ends[:, 1] = np.where(up, 1, 2)
    sport, dport = np.where(up, 40000, port).astype(np.uint16), np.where(up, port, 40000).astype(np.uint16)
    sequence = np.where(up, np.cumsum(sizes * up) - sizes * up, np.cumsum(sizes * ~up) - sizes * ~up).astype(np.uint32)
    narrow = sizes.astype(np.int32)
    headers = replace(
        empty(count), version=np.full(count, 4, np.uint8), proto=np.full(count, 6, np.int16), src=ends, dst=3 - ends,
        sport=sport, dport=dport, seq=sequence, flags=np.full(count, 0x18, np.uint8), at=begin, captured=narrow, declared=narrow,
        ip_length=narrow + 40, packet=np.arange(count),
    )  # fmt: skip
    flows = build_flows(headers, packets)
    segments = streams.build(headers, flows)
    talks = Conversations(Space(view), Sources(packets, headers, identify(headers, packets, flows)), flows, segments)
    for dissector in all_dissectors():
        claimed = dissector.recognise(talks.openings())
        assert claimed.dtype == np.bool_
        for talk in map(talks.talk, range(len(flows))):
            for item in dissector.read(talk, packets.time):
                assert isinstance(item, Yield)
                if isinstance(item, Record):
                    family = all_families()[item.family or dissector.family]
                    assert set(item.values) <= {column.name for column in family.columns} | set(CORE_NAMES)
                    assert 0 <= item.first < count
