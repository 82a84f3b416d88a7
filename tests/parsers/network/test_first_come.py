"""Of bytes that several segments bring, those that arrived first stand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.network.first_come import contested, shares

SEGMENTS = st.lists(
    st.tuples(st.integers(0, 1), st.integers(-3, 30), st.integers(1, 12), st.integers()), min_size=1, max_size=12
)


@given(SEGMENTS)
def test_parts_are_as_if_each_byte_were_written_once(found: list[tuple[int, int, int, int]]) -> None:
    """Written byte by byte in order of arrival into an empty stream, which is what a receiver that keeps the first does."""
    ranked = [row[3] for row in sorted(enumerate_arrivals(found))]
    rows = sorted((s, at, rank, size) for (s, at, size, _), rank in zip(found, ranked, strict=True))
    stream, start, arrival, size = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    owner: dict[tuple[int, int], int] = {}
    for number in np.argsort(arrival).tolist():
        for at in range(max(int(start[number]), 0), int(start[number] + size[number])):
            owner.setdefault((int(stream[number]), at), number)
    segment, begin, stop, fresh = shares(stream, start, start + size, arrival)
    told = [
        (int(number), at, bool(is_fresh))
        for number, first, last, is_fresh in zip(segment, begin.tolist(), stop.tolist(), fresh, strict=True)
        for at in range(first, last)
    ]
    assert sorted(told) == sorted(
        (number, at, owner.get((int(stream[number]), at)) == number)
        for number in range(len(stream))
        for at in range(int(start[number]), int(start[number] + size[number]))
    )


def enumerate_arrivals(found: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """(place in the list, …, rank): ranks are all different, drawn by the last number of each segment."""
    order = sorted(range(len(found)), key=lambda place: (found[place][3], place))
    return [(place, 0, 0, order.index(place)) for place in range(len(found))]


def test_only_streams_in_which_a_later_segment_lies_over_an_earlier_one_are_looked_at() -> None:
    """Streams 0: plain retransmission; 1: out of order without overlap; 2: the lower one came last and reaches into the other."""
    stream = np.array([0, 0, 1, 1, 2, 2])
    start = np.array([0, 0, 0, 10, 5, 8])
    reach = np.array([0, 10, 0, 10, 0, 12])
    arrival = np.array([0, 1, 3, 2, 5, 4])
    assert contested(stream, start, reach, arrival).tolist() == [False] * 4 + [True] * 2


UP = ("192.0.2.10", 40_000, "198.51.100.20", 80)
QUERY = b"GET /first HTTP/1.1\r\nHost: a.example\r\n\r\n"


def _request(read: Any, wire: Any, *segments: tuple[int, bytes]) -> Any:
    """A request whose segments come as given, between a handshake and its end."""
    packets = wire.session([("c", QUERY)], port=80)
    data = [wire.tcp(UP, 1001 + at, wire.psh | wire.ack, raw, 6001) for at, raw in segments]
    return read(wire.pcap([*packets[:3], *data, *packets[4:]]))


@pytest.mark.parametrize(
    ("segments", "uri", "conflicts"),
    [
        ([(0, QUERY)], "/first", []),
        # The end first, then a longer one over it that says another path: what came first is read.
        ([(4, QUERY[4:]), (0, QUERY.replace(b"first", b"other"))], "/first", [5]),
        # The middle first: the other gives what lies before and behind it.
        ([(4, b"/first"), (0, QUERY.replace(b"first", b"other"))], "/first", [5]),
        # Repeated in order: as ever.
        ([(0, QUERY), (0, QUERY.replace(b"first", b"other"))], "/first", [5]),
        ([(0, QUERY[:12]), (4, QUERY[4:].replace(b"first", b"other"))], "/first", [5]),
        # The same bytes: no conflict.
        ([(4, b"/first"), (0, QUERY)], "/first", []),
    ],
)
def test_a_reader_that_keeps_what_came_first(
    read: Any, wire: Any, segments: list[tuple[int, bytes]], uri: str, conflicts: list[int]
) -> None:
    result = _request(read, wire, *segments)
    assert [row["uri"] for row in result.http] == [uri]
    assert [row["record"] for row in result.weird if row["name"] == "rexmit_inconsistency"] == conflicts
    (conn,) = result.conn
    assert (conn["orig_bytes"], conn["missed_bytes"]) == (len(QUERY), 0)
    assert ("T" in conn["history"]) is (len(segments) > 1)


def test_a_gap_before_contested_bytes_is_measured(read: Any, wire: Any) -> None:
    """Bytes 10 to 13 come, then 8 to 15: 0 to 7 are missing."""
    packets = wire.session([], port=9)
    data = [wire.tcp((*UP[:3], 9), 1001 + at, wire.ack, raw, 6001) for at, raw in ((10, b"abcd"), (8, b"xxABCDxx"))]
    (conn,) = read(wire.pcap([*packets[:3], *data])).conn
    assert (conn["orig_bytes"], conn["missed_bytes"], conn["history"]) == (16, 8, "ShADTG")


def test_a_segment_cut_by_the_snap_length_gives_what_it_has(read: Any, wire: Any) -> None:
    """Bytes 4 to 7 come, then 0 to 11 of which the capture holds six: 0 to 3 are read of it, and 4 to 7 of the first."""
    ends = (*UP[:3], 9)
    first, second = (wire.tcp(ends, 1001 + at, wire.ack, raw, 6001) for at, raw in ((4, b"efgh"), (0, b"abcdXXXXijkl")))
    records = [wire.pcap_record(packet, wire.start) for packet in (*wire.session([], port=9)[:3], first)]
    cut = wire.pcap_record(second[:-6], wire.start + 1, wire=len(second))
    result = read(wire.pcap_head() + b"".join(records) + cut)
    (conn,) = result.conn
    assert (conn["orig_bytes"], "overlap-conflict" in conn["flags"]) == (12, True)
