"""TCP segments that say other things about the same bytes."""

from __future__ import annotations

from typing import Any

import pytest

from parsers.network import overlaps
from parsers.network.capture import OTHER_BYTES

SENT = [("c", b"USER alice\r\n"), ("c", b"PASS wonder\r\n")]  # at 1001 and 1013 of the client's sequence


def _again(wire: Any, *segments: tuple[int, bytes]) -> list[bytes]:
    up = (wire.client, 40000, wire.server, 9)
    packets: list[bytes] = wire.session(SENT, port=9)
    return [*packets[:-3], *(wire.tcp(up, at, wire.ack, data) for at, data in segments), *packets[-3:]]


@pytest.mark.parametrize(
    ("at", "data", "told"),
    [
        (1001, b"USER alice\r\n", None),  # the same again
        (1001, b"USER mallo\r\n", 6),  # other bytes of the same length
        (1006, b"alice\r\nPASS", None),  # over the border of two segments
        (1006, b"alice\r\nPOSS", 6),  # begins earlier than the segment it contradicts, but came later
        (1000, b"\0", None),  # keep-alives repeat the byte before
        (1025, b"\0", None),
    ],
)
def test_repeated_bytes_are_compared(read: Any, wire: Any, at: int, data: bytes, told: int | None) -> None:
    result = read(wire.pcap(_again(wire, (at, data))))
    (row,) = result.conn
    assert ("overlap-conflict" in row["flags"].split(",")) is (told is not None)
    assert [(w["name"], w["source"], w["record"]) for w in result.weird] == (
        [("rexmit_inconsistency", "tcp", told)] if told else []
    )
    assert [r for r in result.reasons if r.startswith(OTHER_BYTES)] == (
        [f"{OTHER_BYTES}; 1 times, first in packet {told}"] if told else []
    )
    assert (row["orig_bytes"], row["history"]) == (25, "ShADTFf" if told is None else row["history"])


def test_a_range_that_is_missing_is_no_conflict(read: Any, wire: Any) -> None:
    """1100 to 1109 come, then 1095 to 1119: the ends of the second are fresh, its middle repeats the first."""
    fine = [(1100, b"0123456789"), (1095, b"abcde0123456789fghij")]
    result = read(wire.pcap(_again(wire, *fine)))
    assert "overlap-conflict" not in result.conn[0]["flags"]


def test_many_at_once_are_compared_in_portions(read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlaps, "COMPARED", 16)
    segments = [
        (1001, b"USER alice\r\n"),
        (1013, b"PASS wander\r\n"),
        (1001, b"USER alicf\r\n"),
        (1013, b"PASS wonder\r\n"),
    ]
    result = read(wire.pcap(_again(wire, *segments)))
    assert [row["record"] for row in result.weird] == [7, 8]


def test_what_was_before_may_be_missing_from_the_capture(read: Any, wire: Any) -> None:
    """The first segment was cut by the snap length, so the second cannot be compared with it."""
    up = (wire.client, 40000, wire.server, 9)
    first, second = wire.tcp(up, 1001, wire.ack, b"0123456789"), wire.tcp(up, 1003, wire.ack, b"xx")
    cut = wire.pcap_record(first[:-10], wire.start, wire=len(first))
    result = read(wire.pcap_head() + cut + wire.pcap_record(second, wire.start + 1))
    assert "overlap-conflict" not in result.conn[0]["flags"]


def test_a_repetition_of_bytes_that_the_capture_does_not_hold(read: Any, wire: Any) -> None:
    """The first segment was cut to its headers (54 bytes), the second brings its bytes: there is nothing to compare."""
    packet = wire.tcp((wire.client, 40000, wire.server, 9), 1001, wire.ack, b"USER alice\r\n")
    cut = wire.pcap_record(packet[:54], wire.start, wire=len(packet))
    result = read(wire.pcap_head() + cut + wire.pcap_record(packet, wire.start + 1))
    (row,) = result.conn
    assert row["orig_pkts"] == 2
    assert "overlap-conflict" not in row["flags"]
