"""What holds for every protocol of the folder."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.network.conversations import Conversations
from parsers.network.flows import build as build_flows
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
    from parsers.network.identities import identify
    from parsers.network.ip_packets import RECORD, columns
    from parsers.network.segments import in_sequence
    from parsers.network.space import Space

    starts = (
        b"",
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01\x00\x30\x01",
        b"\x00\x1c\x00\x01\x01\x00\x00\x01",
        b"HTTP/1.1 200\r\n",
        b"EHLO a\r\nMAIL FROM:<a@b.example>\r\nDATA\r\n",
        b"250 ok\r\n354 go\r\n",
        b"+OK <1@a>\r\n+OK\r\n",
        b"USER a\r\nPASS b\r\nRETR 1\r\n",
        b"* OK\r\n* 1 FETCH (BODY[] {9}\r\n",
        b"a LOGIN b c\r\n",
        b"\x05\x01\x00\x05\x01\x00\x03\x01a\x00\x50",
        b"\x05\x00\x05\x00\x00\x01\x01\x02\x03\x04\x00\x50",
        b"*1\r\n$4\r\nPING\r\n",
        b"\x4a\x00\x00\x00\x0a8.0\x00",
        b"\x00\x00\x00\x0c\x00\x03\x00\x00a\x00b\x00Q\x00\x00\x00\x08",
        b"\x10\x10\x00\x04MQTT\x05\xc4\x00\x3c",
        b"\xff\xfa\x18\x00login: Password: ",
        b"NICK a\r\nPRIVMSG b :\x01DCC SEND c 1 2 3\r\n",
        b"INVITE sip:a SIP/2.0\r\nl: 5\r\n",
        b"<34>text\n",
        b"\x00\x01a\x00octet\x00",
    )
    data = [starts[(len(raw) + at) % len(starts)] + raw for at, (_, raw) in enumerate(sent)]
    up = np.array([forward for forward, _ in sent])
    sizes = np.array([len(raw) for raw in data], np.int64)
    begin, count = np.cumsum(sizes) - sizes, len(data)
    view = memoryview(b"".join(data))
    records = np.zeros(count, RECORD)
    records["packet"], records["row"], records["parent"] = np.arange(count), np.arange(count), -1
    records["record"], records["at"], records["time"] = begin, begin, np.arange(count)
    records["timed"], records["version"], records["proto"], records["flags"], records["vlan"] = True, 4, 6, 0x18, -1
    records["src"][:, 1], records["dst"][:, 1] = np.where(up, 1, 2), np.where(up, 2, 1)
    records["sport"], records["dport"] = np.where(up, 40000, port), np.where(up, port, 40000)
    records["seq"] = np.where(up, np.cumsum(sizes * up) - sizes * up, np.cumsum(sizes * ~up) - sizes * ~up)
    records["size"], records["captured"], records["declared"], records["ip_length"] = sizes, sizes, sizes, sizes + 40
    packets = columns(records)
    flows = build_flows(packets)
    segments = in_sequence(packets, flows)
    talks = Conversations(Space(view), packets, identify(packets, flows), flows, segments)
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
