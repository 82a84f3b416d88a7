"""Analyzers asked of whole cases: outcomes, the demo's truth, and the real files."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from cases import findings as kept
from cases.case import Case
from cases.summarise import summarise
from forensics import open_case, pipeline, row_sheet
from forensics.demo.cast import CONTROL_IP
from forensics.demo.scenario import (
    BEACON_BEGIN,
    BEACON_END,
    BEACON_JITTER_MS,
    BEACON_PERIOD_S,
    CLEARED,
    HOLE_BEGIN,
    HOLE_END,
    SECOND,
    TUNNEL_BEGIN,
    TUNNEL_QUERIES,
)
from timelines.analyzers import analyze
from timelines.query import Filter, Timeline

from .conftest import Rows

SHARED = Path(__file__).resolve().parents[4] / "shared"


def test_every_analyzer_has_an_outcome(made):
    findings, outcomes = analyze(made())
    assert findings == ()
    assert [(o.rule_id, o.kind, o.fate, o.rows_seen) for o in outcomes] == [
        ("beaconing", "analyzer", "no-data", 0),
        ("clock_offset", "analyzer", "no-data", 0),
        ("dns_tunnelling", "analyzer", "no-data", 0),
        ("event_record_gap", "analyzer", "no-data", 0),
        ("new_web_script", "analyzer", "no-data", 0),
        ("web_data_volume", "analyzer", "no-data", 0),
        ("web_log_hole", "analyzer", "no-data", 0),
        ("web_log_odd_lines", "analyzer", "no-data", 0),
        ("web_log_repeated", "analyzer", "no-data", 0),
        ("web_log_rotation", "analyzer", "no-data", 0),
        ("web_log_time_order", "analyzer", "no-data", 0),
        ("web_log_zone_shift", "analyzer", "no-data", 0),
        ("web_logins_failing", "analyzer", "no-data", 0),
    ]
    _, outcomes = analyze(made(Rows("web/access", "access.log", [1.0], {"src_ip": ["198.51.100.1"]})))
    assert [(o.rule_id, o.fate, o.families, o.rows_seen) for o in outcomes] == [
        ("beaconing", "no-data", (), 0),
        ("clock_offset", "no-data", (), 0),  # a log alone says nothing of two clocks
        ("dns_tunnelling", "no-data", (), 0),
        ("event_record_gap", "no-data", (), 0),
        ("new_web_script", "silent", ("web/access",), 1),
        ("web_data_volume", "silent", ("web/access",), 1),
        ("web_log_hole", "silent", ("web/access",), 1),
        ("web_log_odd_lines", "silent", ("web/access",), 1),
        ("web_log_repeated", "silent", ("web/access",), 1),
        ("web_log_rotation", "silent", ("web/access",), 1),
        ("web_log_time_order", "silent", ("web/access",), 1),
        ("web_log_zone_shift", "silent", ("web/access",), 1),
        ("web_logins_failing", "silent", ("web/access",), 1),
    ]


@pytest.fixture(scope="module")
def told(demo):
    return {f.rule_id: f for f in kept.load_findings(demo.case / "findings") if f.kind == "analyzer"}


def test_the_demo_has_one_finding_of_each_and_two_even_rhythms(told, demo):
    listed = [f.rule_id for f in kept.load_findings(demo.case / "findings") if f.kind == "analyzer"]
    assert sorted(listed) == sorted([*told, "beaconing"])
    assert sorted(told) == ["beaconing", "clock_offset", "dns_tunnelling", "event_record_gap", "web_log_hole"]
    fates = {o.rule_id: (o.fate, o.matches) for o in kept.load_outcomes(demo.case / "findings") if o.kind == "analyzer"}
    quiet = dict.fromkeys(
        ("new_web_script", "web_data_volume", "web_logins_failing"), ("silent", 0)
    )  # the demo's log covers a few hours
    names = ("web_log_odd_lines", "web_log_repeated", "web_log_rotation", "web_log_time_order", "web_log_zone_shift")
    quiet |= dict.fromkeys(names, ("silent", 0))  # and nobody touched its files
    assert fates == {**dict.fromkeys(told, ("matched", 1)), "beaconing": ("matched", 2), **quiet}


def test_the_demo_beacon_is_the_one_that_was_made(demo):
    """Beside it, a machine of the network asks the web server for a page every few minutes."""
    found = [f for f in kept.load_findings(demo.case / "findings") if f.rule_id == "beaconing"]
    (finding,) = [f for f in found if CONTROL_IP in f.entities["ips"]]
    assert abs(finding.first - BEACON_BEGIN) < BEACON_PERIOD_S * SECOND  # the first contact fetched the program
    assert finding.last <= BEACON_END
    interval = re.search(r"median interval ([0-9.]+) s", finding.why)
    assert interval is not None
    assert abs(float(interval[1]) - BEACON_PERIOD_S) < BEACON_JITTER_MS / 1000


def test_the_demo_tunnel_is_the_one_that_was_made(told):
    assert f"sent {TUNNEL_QUERIES} DNS queries for {TUNNEL_QUERIES} different names" in told["dns_tunnelling"].why
    assert told["dns_tunnelling"].first >= TUNNEL_BEGIN


def test_the_demo_hole_is_the_one_that_was_made(told, demo):
    finding = told["web_log_hole"]
    rows = Timeline(demo.case / "timeline").frame(Filter(row_ids=finding.rows), ["time", "family", "file"])
    log = rows[rows["family"] == "web/access"]
    fast = 187 * SECOND
    before, after = (value.value - fast for value in log["time"])
    assert set(log["file"]) == {"apache/access.log"}
    assert HOLE_BEGIN - 60 * SECOND < before < HOLE_BEGIN
    assert HOLE_END <= after < HOLE_END + 60 * SECOND
    wire = rows[rows["family"] == "net/http"]["time"]
    assert len(wire) == 246
    assert all(HOLE_BEGIN <= value.value <= HOLE_END for value in wire)
    assert (finding.level, finding.grade, finding.attack) == ("high", "corroborated", ("T1070",))
    assert "203.0.113.66" in finding.entities["ips"]  # whose requests to the web shell the log no longer holds


def test_the_demo_clock_is_187_seconds_fast(told):
    assert "E001/apache/access.log runs 187 s ahead of E003" in told["clock_offset"].why
    assert told["clock_offset"].entities["ips"] == ("192.0.2.20", "2001:db8:20::20")


def test_the_demo_records_between_export_and_clearing_are_lost(told):
    finding = told["event_record_gap"]
    assert (finding.level, finding.grade, finding.attack) == ("high", "supported", ("T1070.001",))
    assert finding.last is not None
    assert finding.last // SECOND == CLEARED // SECOND
    assert "30 records are in neither" in finding.why


def test_a_row_tells_which_analyzer_cites_it(told, demo):
    finding = told["event_record_gap"]
    sheet = row_sheet.find(open_case(demo.case), finding.rows[-1])
    assert {"rule_title": finding.title, "level": "high", "why": finding.why} in sheet.cited


@pytest.mark.evidence
def test_real_files_give_no_false_finding(windows_case, tmp_path):
    """Chosen events, exported and renumbered; two web logs of a scanner and a sampled one: none of them has a hole that is one. What is
    told of the web logs is true of them: one was shuffled within each minute, one was joined from four."""
    case = Case.open(shutil.copytree(windows_case, tmp_path / "case"))
    pipeline.add(case, SHARED / "evidence" / "web")
    pipeline.ingest(case, workers=1)
    findings, outcomes = analyze(Timeline(case.timeline_folder))
    assert sorted((f.rule_id, f.title, f.why.partition(":")[0]) for f in findings) == [
        (  # line 3935: from there on LF alone
            "web_log_odd_lines",
            "Line ends or encoding change within a web server log",
            "E002/ocatak-w3af-scan-apache.log",
        ),
        (  # line 8899 ends inside its last value
            "web_log_odd_lines",
            "Lines cut off, run into one another, or holes in a web server log",
            "E002/elastic-examples-apache-combined.log",
        ),
        (
            "web_log_time_order",
            "Lines of a web server log not in the order of time throughout",
            "E002/elastic-examples-apache-combined.log",
        ),
        (
            "web_log_time_order",
            "Time goes back in a web server log, which goes on from there",
            "E002/ocatak-w3af-scan-apache.log",
        ),
    ]
    assert {o.rule_id: o.fate for o in outcomes}["event_record_gap"] == "silent"


@pytest.mark.parametrize(("third", "expected"), [(b"", []), (None, ["web_log_rotation"])])
def test_an_empty_rotated_file_of_a_case_is_not_missing(tmp_path, third, expected):
    """One file a day, access.log.3 empty or not handed in; of another the bytes are those of a file before."""
    logs = tmp_path / "logs"
    logs.mkdir()
    for number in range(7):
        lines = [
            f"198.51.100.{minute % 9} - - [{10 - number:02d}/Jan/2026:{minute // 60:02d}:{minute % 60:02d}:00 +0000] "
            f'"GET /{number}/{minute} HTTP/1.1" 200 5 "-" "Agent/1"\n'
            for minute in range(0, 1440, 30)
        ]
        (logs / ("access.log" if not number else f"access.log.{number}")).write_text("".join(lines))
    (logs / "access.log.3").unlink()
    if third is not None:
        (logs / "access.log.3").write_bytes(third)
    case = Case.create(tmp_path / "case")
    pipeline.add(case, logs)
    pipeline.ingest(case, workers=1)
    pipeline.analyze(case)
    told = [f for f in kept.load_findings(case.findings_folder) if f.kind == "analyzer"]
    assert [f.rule_id for f in told] == expected
    again = open_case(case.folder).stats("integrity")
    assert list(again["kind"]) == ["rotation"] * len(expected)
    assert summarise(case, "2026-02-01").limits.logs == tuple("C-01" for _ in expected)
