"""The demo evidence, that of the demo case which all tests share, that of another seed, and what tools that know nothing of our
writers read in it."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from forensics.demo import exercise
from forensics.demo import scenario as story
from forensics.demo.cast import SRV02
from tests.made_once import made_once

ACCESS_LINE = re.compile(r'(\S+) - \S+ \[([^\]]+)\] "(\S+) (\S+) HTTP/1\.1" (\d{3}) (\d+|-) "([^"]*)" "([^"]*)"')
ReadLog = Callable[[Path], list[dict[str, Any]]]


@pytest.fixture(scope="session")
def evidence(demo: Any) -> Path:
    path: Path = demo.evidence
    return path


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exercise of another seed, made once a run. Shared and read only."""
    return made_once(tmp_path_factory, "exercise", _make_exercise)


def _make_exercise(folder: Path) -> None:
    exercise.make_exercise(folder, 7, ("en", "fr", "ar"))


@pytest.fixture(scope="session")
def access_rows(evidence: Path) -> list[tuple[int, str, str]]:
    """(Unix seconds by the server's clock, client, target) of each access-log line; one that does not parse fails the test."""
    rows = []
    for line in (evidence / story.ACCESS_LOG).read_text().splitlines():
        match = ACCESS_LINE.fullmatch(line)
        assert match, line
        rows.append((int(datetime.strptime(match[2], "%d/%b/%Y:%H:%M:%S %z").timestamp()), match[1], match[4]))
    return rows


@pytest.fixture(scope="session")
def frames(evidence: Path) -> list[tuple[int, bytes]]:
    """(time in ns, frame) of the capture, by dpkt."""
    import dpkt

    with (evidence / story.CAPTURE).open("rb") as handle:
        return [(round(float(time) * 1_000_000) * 1_000, raw) for time, raw in dpkt.pcap.Reader(handle)]


@pytest.fixture(scope="session")
def wire_requests(frames: list[tuple[int, bytes]]) -> list[tuple[int, str, str]]:
    """(time in ns, client address, target) of every HTTP request to the portal in the capture, by dpkt."""
    import dpkt

    out = []
    for time, raw in frames:
        packet = dpkt.ethernet.Ethernet(raw).data
        segment = packet.data
        if not isinstance(segment, dpkt.tcp.TCP) or segment.dport != 80 or segment.data[:5] not in (b"GET /", b"POST "):
            continue
        if packet.dst == socket.inet_aton(SRV02.ip):
            continue
        kind = socket.AF_INET if isinstance(packet, dpkt.ip.IP) else socket.AF_INET6
        out.append((time, socket.inet_ntop(kind, packet.src), segment.data.split(b" ", 2)[1].decode()))
    return out


@pytest.fixture(scope="session")
def read_log() -> ReadLog:
    """Reads the events of a Windows log with the Rust reader, each with `id` (its EventID as a number) beside its own keys."""
    evtx = pytest.importorskip("evtx", reason="the Rust reader is a development dependency on Linux only")

    def read(path: Path) -> list[dict[str, Any]]:
        records, out = evtx.PyEvtxParser(str(path)).records_json(), []
        while True:
            try:
                event = json.loads(next(records)["data"])["Event"]
            except StopIteration:
                return out
            number = event["System"]["EventID"]
            out.append({**event, "id": int(number["#text"] if isinstance(number, dict) else number)})

    return read
