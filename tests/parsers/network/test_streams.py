"""TCP payload in sequence order: reordering, retransmission, overlap, gaps, wrap-around, seen through net/conn and net/http."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parsers.network.segments import _running_max

REQUEST = b"GET /a/long/path?with=query HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Agent/1.0\r\n\r\n"


def segments(wire: Any, pieces: list[tuple[int, bytes]], isn: int = 1000) -> list[bytes]:
    """A handshake and then pieces of the client's stream: (relative position, bytes) in order of arrival."""
    up, down = (wire.client, 40000, wire.server, 80), (wire.server, 80, wire.client, 40000)
    opening = [
        wire.tcp(up, isn, wire.syn),
        wire.tcp(down, 7, wire.syn | wire.ack, ack=isn + 1),
        wire.tcp(up, isn + 1, wire.ack),
    ]
    return opening + [wire.tcp(up, isn + 1 + at, wire.psh | wire.ack, data) for at, data in pieces]


def cut(data: bytes, *places: int) -> list[tuple[int, bytes]]:
    bounds = [0, *places, len(data)]
    return [(a, data[a:b]) for a, b in pairwise(bounds)]


@pytest.mark.parametrize("isn", [1000, 2**32 - 20, 2**31 - 20, 2**32 - 1])
def test_sequence_numbers_wrap(read: Any, wire: Any, isn: int) -> None:
    result = read(wire.pcap(segments(wire, cut(REQUEST, 10, 30, 50), isn)))
    assert result.http[0]["user_agent"] == "Agent/1.0"
    assert (result.conn[0]["orig_bytes"], result.conn[0]["history"]) == (len(REQUEST), "ShAD")


def test_segments_out_of_order(read: Any, wire: Any) -> None:
    pieces = cut(REQUEST, 10, 30, 50)
    result = read(wire.pcap(segments(wire, [pieces[2], pieces[0], pieces[3], pieces[1]])))
    (row,) = result.http
    assert (row["uri"], row["host_"]) == ("/a/long/path?with=query", "www.example.com")
    assert (row["packet_first"], row["packet_last"]) == (5, 6)  # the packets that hold its first and last byte


def test_retransmissions_count_once(read: Any, wire: Any) -> None:
    pieces = cut(REQUEST, 10, 30)
    result = read(wire.pcap(segments(wire, [pieces[0], pieces[0], pieces[1], pieces[2], pieces[1]])))
    assert (result.conn[0]["orig_bytes"], result.conn[0]["history"]) == (len(REQUEST), "ShADT")
    assert len(result.http) == 1


def test_overlaps_are_trimmed(read: Any, wire: Any) -> None:
    result = read(wire.pcap(segments(wire, [(0, REQUEST[:40]), (20, REQUEST[20:60]), (50, REQUEST[50:])])))
    assert (result.http[0]["user_agent"], result.conn[0]["orig_bytes"]) == ("Agent/1.0", len(REQUEST))


def test_a_gap_is_measured(read: Any, wire: Any) -> None:
    result = read(wire.pcap(segments(wire, [(0, REQUEST), (len(REQUEST) + 100, b"later")])))
    row = result.conn[0]
    assert (row["missed_bytes"], row["orig_bytes"], row["history"]) == (100, len(REQUEST) + 105, "ShADG")
    assert result.http[0]["uri"] == "/a/long/path?with=query"


def test_a_body_with_a_gap_does_not_hide_the_next_request(read: Any, wire: Any) -> None:
    post = b"POST /up HTTP/1.1\r\nHost: www.example.com\r\nContent-Length: 1000\r\n\r\n"
    pieces = [(0, post + b"x" * 300), (len(post) + 600, b"y" * 400), (len(post) + 1000, REQUEST)]
    first, second = read(wire.pcap(segments(wire, pieces))).http
    assert (first["method"], first["request_body_len"], first["flags"]) == ("POST", 700, "truncated")
    assert (second["method"], second["trans_depth"], second["flags"]) == ("GET", 2, "")


def test_a_wild_sequence_number_is_no_gap(read: Any, wire: Any) -> None:
    result = read(wire.pcap(segments(wire, [(0, REQUEST), (2**31 - 100, b"spoofed")])))
    assert (result.conn[0]["missed_bytes"], result.conn[0]["orig_bytes"]) == (0, len(REQUEST) + 7)


def test_midstream_begins_with_the_lowest_byte_seen(read: Any, wire: Any) -> None:
    up = (wire.client, 40000, wire.server, 80)
    pieces = cut(REQUEST, 30, 60)
    order = [pieces[1], pieces[0], pieces[2]]
    result = read(wire.pcap([wire.tcp(up, 5000 + at, wire.ack, data) for at, data in order]))
    assert (result.http[0]["uri"], result.conn[0]["missed_bytes"]) == ("/a/long/path?with=query", 0)


def test_payload_beyond_the_snap_length_is_not_made_up(read: Any, wire: Any) -> None:
    packets = segments(wire, [(0, REQUEST)])
    records = [wire.pcap_record(p[:90], wire.start, at, wire=len(p)) for at, p in enumerate(packets)]
    result = read(wire.pcap_head(snaplen=90) + b"".join(records))
    assert (result.conn[0]["orig_bytes"], result.conn[0]["flags"]) == (len(REQUEST), "snapped")
    (row,) = result.http
    assert (row["uri"], row["flags"], "host_" in row) == ("/a/long/path?with=query", "truncated", False)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_order_and_repetition_gives_the_same_request(read: Any, wire: Any, data: st.DataObject) -> None:
    places = sorted(data.draw(st.sets(st.integers(1, len(REQUEST) - 1), max_size=8)))
    pieces = cut(REQUEST, *places)
    extra = data.draw(st.lists(st.sampled_from(pieces), max_size=4))
    arrival = data.draw(st.permutations(pieces + extra))
    result = read(wire.pcap(segments(wire, arrival, isn=data.draw(st.integers(0, 2**32 - 1)))))
    assert [row["user_agent"] for row in result.http] == ["Agent/1.0"]
    assert (result.conn[0]["orig_bytes"], result.conn[0]["missed_bytes"]) == (len(REQUEST), 0)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2**60)), min_size=1, max_size=40))
def test_running_maximum_of_groups(pairs: list[tuple[int, int]]) -> None:
    """Against the obvious loop, with values so large that the groups cannot be lifted apart in 64 bits at once."""
    pairs.sort(key=lambda pair: pair[0])
    number = np.unique([group for group, _ in pairs], return_inverse=True)[1]
    expected: list[int] = []
    for at, (group, value) in enumerate(pairs):
        follows = at and pairs[at - 1][0] == group
        expected.append(max(value, expected[-1]) if follows else value)
    assert _running_max(np.array([value for _, value in pairs]), number.astype(np.int64)).tolist() == expected
