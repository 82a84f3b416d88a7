"""Rows about packets in tunnels beside a second reader that opens them, or does not."""

from __future__ import annotations

from forensics.second_reader.comparison import IN_TUNNEL, UNOPENED, Count
from parsers.second.reading import Place, Reading, Tool

OUTER, INNER = ("192.0.2.1 5", "192.0.2.2 4789"), ("203.0.113.1 40001", "203.0.113.2 9")
ROW = {
    "time": "2026-01-02T03:04:05.000000000Z", "src_ip": "203.0.113.1", "src_port": "40001", "dst_ip": "203.0.113.2",
    "dst_port": "9", "proto": "tcp",
}  # fmt: skip
PLACE = Place("r", "net/conn", 24, 60)


def compared(within: tuple[tuple[str, str], ...] | None) -> tuple[Count, list[str]]:
    count = Count(Tool("scapy", "2"))
    reading = Reading({"time": ROW["time"], "proto": "udp"}, ends=OUTER, within=within)
    return count, [difference.field for difference in count.take(PLACE, dict(ROW), reading)]


def test_the_inner_ends_are_compared_and_the_carriers_values_are_not() -> None:
    count, differences = compared((INNER,))
    assert (count.equal, count.different, differences) == (2, 0, [])
    assert count.not_compared == {IN_TUNNEL: 1}


def test_other_inner_ends_are_a_difference() -> None:
    assert compared((("203.0.113.1 40001", "203.0.113.9 9"),))[1] == ["addresses and ports"]


def test_a_tunnel_that_is_not_opened_is_said() -> None:
    count, differences = compared(())
    assert (differences, count.not_compared[UNOPENED]) == ([], 1)


def test_outside_tunnels_other_ends_stay_a_difference() -> None:
    assert "addresses and ports" in compared(None)[1]
