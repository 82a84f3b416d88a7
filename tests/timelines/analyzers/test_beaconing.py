"""Even contacts are found, with jitter and gaps; the rhythm of people, pages and time servers is left alone."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from timelines.analyzers.beaconing import ANALYZER

from .conftest import Rows

SERVER = "203.0.113.9"


def contacts(seconds: Sequence[float], sizes: Sequence[int] | int = 500, **more: Any) -> Rows:
    count = len(seconds)
    columns: dict[str, Any] = {
        "event": ["conn"] * count,
        "src_ip": ["192.0.2.10"] * count,
        "dst_ip": [SERVER] * count,
        "dst_port": [443] * count,
        "proto": ["tcp"] * count,
        "service": ["ssl"] * count,
        "orig_bytes": [sizes] * count if isinstance(sizes, int) else list(sizes),
        **{name: [value] * count if not isinstance(value, list) else value for name, value in more.items()},
    }
    return Rows("net/conn", "capture.pcap", list(seconds), columns)


def every(step: float, count: int, jitter: float = 0.0) -> list[float]:
    chance, at, out = random.Random(4), 0.0, []
    for _ in range(count):
        out.append(at)
        at += step * (1 + chance.uniform(-jitter, jitter))
    return out


def test_a_beacon_is_found_and_worded(made):
    (finding,) = ANALYZER.find(made(contacts(every(60, 30))))
    assert (finding.level, finding.grade, len(finding.rows)) == ("medium", "indication", 30)
    assert finding.texts["en"]["shows"] == (
        "The machine 192.0.2.10 opened 30 connections to 203.0.113.9, port 443 (ssl), between 2026-01-01 00:00:00 UTC and "
        "2026-01-01 00:29:00 UTC: 100 of 100 intervals lie near 60 seconds, and in 100 of 100 connections it sent about 500 bytes."
    )
    assert finding.entities["ips"] == ("192.0.2.10", SERVER)


@pytest.mark.parametrize(
    "rows",
    [
        contacts(every(600, 40, 0.25)),  # varied by a quarter
        contacts([at for n, at in enumerate(every(60, 60)) if n % 20]),  # one in twenty missed
        contacts(every(60, 40), [500 + n for n in range(40)]),  # sizes differ a little
        contacts(every(3600, 24), dst_port=8443, service=None),
        contacts(every(60, 40), proto="udp", dst_port=4000, service=None),
    ],
    ids=["jitter", "missed", "sizes", "hourly", "udp"],
)
def test_beacons(made, rows):
    assert len(list(ANALYZER.find(made(rows)))) == 1


def test_a_service_inside_weighs_less(made):
    (finding,) = ANALYZER.find(made(contacts(every(60, 30), dst_ip="10.1.2.3")))
    assert finding.level == "low"


def poisson(mean: float, count: int) -> list[float]:
    chance, at, out = random.Random(7), 0.0, []
    for _ in range(count):
        at += chance.expovariate(1 / mean)
        out.append(at)
    return out


@pytest.mark.parametrize(
    "rows",
    [
        contacts([]),
        contacts(every(60, 19)),  # few
        contacts(every(1, 200)),  # the rhythm of one program at work
        contacts(poisson(60, 200)),  # by accident
        contacts(every(60, 40), [100 * n * n for n in range(40)]),  # what is sent differs
        contacts([60.0 * (n // 10) * 10 + n % 10 for n in range(100)]),  # ten at once, then a pause
        contacts(every(64, 40), proto="udp", dst_port=123, service="ntp"),
        contacts(every(60, 40), proto="udp", dst_ip="224.0.0.251", service=None),
        contacts(every(60, 40), proto="udp", dst_ip="192.0.2.255", service=None),
        contacts(every(60, 40), dst_port=list(range(40))),  # each to another service
        contacts(every(60, 40), proto="icmp", service=None),
    ],
    ids=["none", "few", "quick", "accident", "sizes", "bursts", "clock", "many", "all", "ports", "icmp"],
)
def test_other_rhythms(made, rows):
    assert list(ANALYZER.find(made(rows))) == []


def test_order_and_parts_change_nothing(made):
    rows = contacts(every(60, 150, 0.2))
    straight = list(ANALYZER.find(made(rows)))
    assert len(straight[0].rows) == 100
    assert list(ANALYZER.find(made(rows, slices=9, turned=True))) == straight
