"""The demo evidence read back with tools that know nothing of how it was written: does it tell the story?"""

from __future__ import annotations

import gzip
import hashlib
import itertools
import re
import socket
import struct
import zipfile
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from forensics.demo import TRUTH, case_details, exhibits, make_evidence
from forensics.demo import scenario as story
from forensics.demo.cast import ATTACKER_IP, CONTROL_IP, SRV02, WEB01
from forensics.demo.scenario import SECOND

CONTROL_ADDRESS = socket.inet_aton(CONTROL_IP)
ACCESS_LINE = re.compile(r'(\S+) - \S+ \[([^\]]+)\] "(\S+) (\S+) HTTP/1\.1" (\d{3}) (\d+|-) "([^"]*)" "([^"]*)"')


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def access_rows(text: str) -> list[tuple[int, str, str]]:
    """(Unix seconds by the server's clock, client, target) of each line; a line that does not parse fails the test."""
    rows = []
    for line in text.splitlines():
        match = ACCESS_LINE.fullmatch(line)
        assert match, line
        rows.append((int(datetime.strptime(match[2], "%d/%b/%Y:%H:%M:%S %z").timestamp()), match[1], match[4]))
    return rows


def windows_events(path: Path) -> list[dict[str, Any]]:
    evtx = pytest.importorskip("evtx", reason="the Rust reader is a development dependency on Linux only")
    import json

    records, out = evtx.PyEvtxParser(str(path)).records_json(), []
    while True:
        try:
            out.append(json.loads(next(records)["data"])["Event"])
        except StopIteration:
            return out


def event_id(event: dict[str, Any]) -> int:
    value = event["System"]["EventID"]
    return int(value["#text"] if isinstance(value, dict) else value)


def test_the_same_seed_gives_the_same_bytes(evidence: Path, tmp_path: Path) -> None:
    make_evidence(tmp_path / "again", seed=1)
    assert digests(tmp_path / "again") == digests(evidence)


def test_another_seed_gives_other_bytes(evidence: Path, tmp_path: Path) -> None:
    make_evidence(tmp_path / "other", seed=2)
    other, first = digests(tmp_path / "other"), digests(evidence)
    assert other.keys() == first.keys()
    assert [name for name in first if first[name] == other[name]] == [story.NOTE]


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(FileExistsError, match="is not empty; give a folder that does not exist yet or is empty"):
        make_evidence(tmp_path)
    with pytest.raises(NotADirectoryError, match="is a file"):
        make_evidence(tmp_path / "mine.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    make_evidence(tmp_path / "new", progress=told.append)
    assert told == ["web logs", "event logs of WEB01", "event logs of SRV02", "network capture"]


def test_there_is_enough_ordinary_life(evidence: Path) -> None:
    access = (evidence / story.ACCESS_LOG).read_text().count("\n")
    access += gzip.decompress((evidence / story.OLD_ACCESS_LOG).read_bytes()).count(b"\n")
    iis = sum(path.read_text().count("\n") - 4 for path in (evidence / "SRV02/inetpub/W3SVC1").iterdir())
    with zipfile.ZipFile(evidence / story.EXPORT) as archive:
        assert archive.testzip() is None
        exported = archive.read(story.EXPORT_MEMBER)
    # next record id of each log less one: event headers of the exported log count from 1
    windows = struct.unpack_from("<Q", exported, 24)[0] - 1
    for path in evidence.rglob("*.evtx"):
        last, first = struct.unpack_from("<Q", path.read_bytes(), 24)[0] - 1, first_record(path.read_bytes())
        windows += last - first + 1
    assert access >= 24_000
    assert iis >= 9_000
    assert windows >= 14_000


def first_record(raw: bytes) -> int:
    """The record id in the first record's header: after the file header, the chunk header, `**` and the size."""
    return int(struct.unpack_from("<Q", raw, 4096 + 512 + 8)[0])


def test_every_trace_of_the_truth_names_a_file_that_exists(evidence: Path) -> None:
    for step in TRUTH:
        assert step.time_utc.startswith("2026-01-21T")
        for trace in step.traces:
            file = trace.file.replace(f"/{story.EXPORT_MEMBER}", "")
            assert (evidence / file).is_file(), trace
    assert [step.time_ns for step in TRUTH if step.name != "beacon"] == sorted(
        s.time_ns for s in TRUTH if s.name != "beacon"
    )


def test_windows_traces_of_the_truth_are_in_the_logs(evidence: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(evidence / story.EXPORT) as archive:
        archive.extract(story.EXPORT_MEMBER, tmp_path)
    logs: dict[str, Counter[int]] = {}
    for step in TRUTH:
        for trace in step.traces:
            if not trace.kind.isdigit():
                continue
            name = trace.file
            if name not in logs:
                path = tmp_path / story.EXPORT_MEMBER if name.endswith(story.EXPORT_MEMBER) else evidence / name
                logs[name] = Counter(event_id(event) for event in windows_events(path))
            assert logs[name][int(trace.kind)], (step.name, trace)
    assert logs[story.EXPORTED_SECURITY][4625] >= 56
    assert logs[story.SRV_SYSTEM][7045] == 1
    assert logs[story.SRV_SECURITY][1102] == 1
    assert logs[story.SRV_SYSTEM][104] == 1


def test_the_cleared_log_begins_with_its_clearing(evidence: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(evidence / story.EXPORT) as archive:
        archive.extract(story.EXPORT_MEMBER, tmp_path)
    before, after = windows_events(tmp_path / story.EXPORT_MEMBER), windows_events(evidence / story.SRV_SECURITY)
    assert event_id(after[0]) == 1102
    assert after[0]["UserData"]["LogFileCleared"]["SubjectUserName"] == "svc_sauvegarde"
    assert first_record((evidence / story.SRV_SECURITY).read_bytes()) == 1
    lost = after[0]["System"]["EventRecordID"] - before[-1]["System"]["EventRecordID"] - 1
    assert lost > 10  # what was logged between the export and the clearing


def test_the_access_log_has_a_hole_in_a_steady_rate(evidence: Path) -> None:
    rows = access_rows((evidence / story.ACCESS_LOG).read_text())
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


def test_the_removed_requests_are_still_on_the_wire(evidence: Path) -> None:
    asked = [(time, target) for time, client, target in requests_on_the_wire(evidence) if client == ATTACKER_IP]
    shell = [time for time, target in asked if target.startswith(story.SHELL_PAGE + "?cmd=")]
    logged = [
        row
        for row in access_rows((evidence / story.ACCESS_LOG).read_text())
        if row[2].startswith(story.SHELL_PAGE + "?")
    ]
    inside = [time for time in shell if story.HOLE_BEGIN <= time < story.HOLE_END]
    assert len(shell) == len(story.SHELL_COMMANDS)
    assert len(inside) == 8
    assert len(logged) == len(shell) - len(inside)


def test_the_web_servers_clock_is_187_seconds_fast(evidence: Path) -> None:
    """The same request in the access log (the server's clock) and in the capture (true time)."""
    logged = {
        target: time
        for time, client, target in access_rows((evidence / story.ACCESS_LOG).read_text())
        if client == ATTACKER_IP
    }
    seen = {target: time for time, client, target in requests_on_the_wire(evidence) if client == ATTACKER_IP}
    once = [target for target in logged if target in seen and target.startswith(story.SHELL_PAGE)]
    assert len(once) > 5
    assert {logged[target] - seen[target] // SECOND for target in once} == {187}


def test_log_and_wire_tell_of_the_same_requests(evidence: Path) -> None:
    """While the capture ran, every line of the access log is a request on the wire, and only the hole is missing."""
    ahead, begin, end = WEB01.clock_ahead_s, story.CAPTURE_BEGIN // SECOND + 1, story.CAPTURE_END // SECOND - 5
    logged = Counter(
        (time - ahead, client, target)
        for time, client, target in access_rows((evidence / story.ACCESS_LOG).read_text())
        if begin <= time - ahead < end
    )
    seen = Counter((time // SECOND, client, target) for time, client, target in requests_on_the_wire(evidence))
    removed = seen - logged
    assert logged - seen == Counter()
    assert len(removed) > 100
    assert {story.HOLE_BEGIN // SECOND <= time < story.HOLE_END // SECOND for time, _, _ in removed} == {True}


def test_the_implants_calls_are_in_the_event_log_and_in_the_capture(evidence: Path) -> None:
    """The same source ports in Sysmon 3 and on the wire, in the same order, until the capture stops."""
    import dpkt

    logged = [
        event["EventData"]["SourcePort"]
        for event in windows_events(evidence / story.WEB_SYSMON)
        if event_id(event) == 3 and event["EventData"]["Image"] == story.IMPLANT
    ]
    seen = []
    for _, raw in frames(evidence):
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


def requests_on_the_wire(evidence: Path) -> list[tuple[int, str, str]]:
    """(time in ns, client address, target) of every HTTP request to the portal in the capture, by dpkt."""
    import dpkt

    out = []
    for time, raw in frames(evidence):
        packet = dpkt.ethernet.Ethernet(raw).data
        segment = packet.data
        if not isinstance(segment, dpkt.tcp.TCP) or segment.dport != 80 or segment.data[:5] not in (b"GET /", b"POST "):
            continue
        if packet.dst == socket.inet_aton(SRV02.ip):
            continue
        kind = socket.AF_INET if isinstance(packet, dpkt.ip.IP) else socket.AF_INET6
        out.append((time, socket.inet_ntop(kind, packet.src), segment.data.split(b" ", 2)[1].decode()))
    return out


def frames(evidence: Path) -> list[tuple[int, bytes]]:
    """(time in ns, frame) of the capture, by dpkt."""
    import dpkt

    with (evidence / story.CAPTURE).open("rb") as handle:
        return [(round(float(time) * 1_000_000) * 1_000, raw) for time, raw in dpkt.pcap.Reader(handle)]


def test_the_capture_holds_conversations_whose_checksums_are_right(evidence: Path) -> None:
    import dpkt

    kinds: Counter[str] = Counter()
    last = 0
    for number, (time, raw) in enumerate(frames(evidence)):
        assert time >= last
        last = time
        packet = dpkt.ethernet.Ethernet(raw).data
        kinds[type(packet).__name__ + type(packet.data).__name__] += 1
        if number % 50 == 0:
            kept = packet.data.sum
            packet.data.sum = 0
            if isinstance(packet, dpkt.ip.IP):
                # dpkt computes an IP header's checksum, and its payload's, only when they are zero.
                header, packet.sum = packet.sum, 0
                again = dpkt.ip.IP(bytes(packet))
                assert (again.sum, again.data.sum) == (header, kept)
            else:
                again = dpkt.ip6.IP6(bytes(packet))
                assert pseudo_sum(again, kept) == 0xFFFF
    assert kinds["IPTCP"] > 20_000
    assert kinds["IP6TCP"] > 1_000
    assert kinds["IPUDP"] > 4_000


def pseudo_sum(packet: Any, checksum: int) -> int:
    """RFC 1071 over the IPv6 pseudo header and the segment with its checksum: all ones when it is right."""
    segment = bytes(packet.data)
    segment = segment[:16] + struct.pack("!H", checksum) + segment[18:]
    words = packet.src + packet.dst + struct.pack("!IHH", len(segment), 0, 6) + segment + b"\0" * (len(segment) % 2)
    total = sum(struct.unpack(f"!{len(words) // 2}H", words))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def test_the_beacon_is_regular_and_names_its_server(evidence: Path) -> None:
    import dpkt

    hellos = []
    for time, raw in frames(evidence):
        segment = dpkt.ethernet.Ethernet(raw).data.data
        if (
            isinstance(segment, dpkt.tcp.TCP)
            and segment.dport == 443
            and segment.data[:1] == b"\x16"
            and b"status.cdn-relay.example" in segment.data
        ):
            records, _ = dpkt.ssl.tls_multi_factory(segment.data)
            if segment.data[5] == 1:  # ClientHello
                assert dpkt.ssl.TLSHandshake(records[0].data).data.ciphersuites
                hellos.append(time)
    steps = [(b - a) / SECOND for a, b in itertools.pairwise(hellos[1:])]  # the first is the download
    assert len(hellos) > 130
    assert 56 < min(steps) <= max(steps) < 64


def test_the_tunnel_asks_for_long_names(evidence: Path) -> None:
    import dpkt

    names = set()
    for _, raw in frames(evidence):
        datagram = dpkt.ethernet.Ethernet(raw).data.data
        if isinstance(datagram, dpkt.udp.UDP) and 53 in (datagram.sport, datagram.dport):
            names.add(dpkt.dns.DNS(datagram.data).qd[0].name)
    long = [name for name in names if len(name) > 100]
    assert len(long) == story.TUNNEL_QUERIES
    assert max(len(label) for name in long for label in name.split(".")) <= 63
    assert max(len(name) for name in names if name not in long) < 50


def test_exhibits_and_case(tmp_path: Path) -> None:
    listed = exhibits(tmp_path)
    assert [(path.name, offset) for path, _, offset, _ in listed] == [
        ("WEB01", 187.0),
        ("SRV02", 0.0),
        ("capture", 0.0),
    ]
    details = case_details()
    questions = details["questions"]
    assert isinstance(questions, tuple)
    assert all(question[language] for question in questions for language in ("en", "fr", "ar"))
