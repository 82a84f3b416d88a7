"""What the intruder did, and what was done to hide it, as an examiner would find it by comparing sources."""

from __future__ import annotations

import itertools
import socket
import struct
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from forensics.demo import scenario as story
from forensics.demo.cast import ATTACKER_IP, CONTROL_IP, WEB01
from forensics.demo.scenario import SECOND

CONTROL_ADDRESS = socket.inet_aton(CONTROL_IP)
Rows = list[tuple[int, str, str]]
Frames = list[tuple[int, bytes]]
ReadLog = Callable[[Path], list[dict[str, Any]]]


def test_the_cleared_log_begins_with_its_clearing(evidence: Path, tmp_path: Path, read_log: ReadLog) -> None:
    with zipfile.ZipFile(evidence / story.EXPORT) as archive:
        archive.extract(story.EXPORT_MEMBER, tmp_path)
    before, after = read_log(tmp_path / story.EXPORT_MEMBER), read_log(evidence / story.SRV_SECURITY)
    assert after[0]["id"] == 1102
    assert after[0]["UserData"]["LogFileCleared"]["SubjectUserName"] == "svc_sauvegarde"
    assert struct.unpack_from("<Q", (evidence / story.SRV_SECURITY).read_bytes(), 4096 + 512 + 8) == (
        1,
    )  # number in the first header
    lost = after[0]["System"]["EventRecordID"] - before[-1]["System"]["EventRecordID"] - 1
    assert lost > 10  # what was logged between the export and the clearing


def test_the_access_log_has_a_hole_in_a_steady_rate(access_rows: Rows) -> None:
    rows = access_rows
    times = [time for time, _, _ in rows]
    assert times == sorted(times)
    gaps = sorted(((b - a, a) for a, b in itertools.pairwise(times)), reverse=True)
    widest, begin = gaps[0]
    assert widest > 18 * 60
    assert gaps[1][0] < 4 * 60
    ahead = WEB01.clock_ahead_s
    assert 0 <= story.HOLE_BEGIN // SECOND + ahead - begin < 60
    hour = [time for time in times if begin - 3600 < time <= begin]
    ten_minutes = Counter((begin - time) // 600 for time in hour)
    assert min(ten_minutes.values()) > 60


def test_the_removed_requests_are_still_on_the_wire(access_rows: Rows, wire_requests: Rows) -> None:
    asked = [(time, target) for time, client, target in wire_requests if client == ATTACKER_IP]
    shell = [time for time, target in asked if target.startswith(story.SHELL_PAGE + "?cmd=")]
    logged = [row for row in access_rows if row[2].startswith(story.SHELL_PAGE + "?")]
    inside = [time for time in shell if story.HOLE_BEGIN <= time < story.HOLE_END]
    assert len(shell) == len(story.SHELL_COMMANDS)
    assert len(inside) == 8
    assert len(logged) == len(shell) - len(inside)


def test_the_web_servers_clock_is_187_seconds_fast(access_rows: Rows, wire_requests: Rows) -> None:
    """The same request in the access log (the server's clock) and in the capture (true time)."""
    logged = {target: time for time, client, target in access_rows if client == ATTACKER_IP}
    seen = {target: time for time, client, target in wire_requests if client == ATTACKER_IP}
    once = [target for target in logged if target in seen and target.startswith(story.SHELL_PAGE)]
    assert len(once) > 5
    assert {logged[target] - seen[target] // SECOND for target in once} == {187}


def test_log_and_wire_tell_of_the_same_requests(access_rows: Rows, wire_requests: Rows) -> None:
    """While the capture ran, every line of the access log is a request on the wire, and only the hole is missing."""
    ahead, begin, end = WEB01.clock_ahead_s, story.CAPTURE_BEGIN // SECOND + 1, story.CAPTURE_END // SECOND - 5
    logged = Counter(
        (time - ahead, client, target) for time, client, target in access_rows if begin <= time - ahead < end
    )
    seen = Counter((time // SECOND, client, target) for time, client, target in wire_requests)
    removed = seen - logged
    assert logged - seen == Counter()
    assert len(removed) > 100
    assert {story.HOLE_BEGIN // SECOND <= time < story.HOLE_END // SECOND for time, _, _ in removed} == {True}


def test_the_implants_calls_are_in_the_event_log_and_in_the_capture(
    evidence: Path, frames: Frames, read_log: ReadLog
) -> None:
    """The same source ports in Sysmon 3 and on the wire, in the same order, until the capture stops."""
    import dpkt

    logged = [
        event["EventData"]["SourcePort"]
        for event in read_log(evidence / story.WEB_SYSMON)
        if event["id"] == 3 and event["EventData"]["Image"] == story.IMPLANT
    ]
    seen = []
    for _, raw in frames:
        packet = dpkt.ethernet.Ethernet(raw).data
        if (
            isinstance(packet.data, dpkt.tcp.TCP)
            and packet.data.flags == dpkt.tcp.TH_SYN
            and packet.dst == CONTROL_ADDRESS
        ):
            seen.append(packet.data.sport)
    from_web01 = [port for port in seen if port in logged]
    assert len(from_web01) > 130
    assert from_web01 == logged[: len(from_web01)]
