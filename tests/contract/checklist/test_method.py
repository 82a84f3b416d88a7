"""Rows of the checklist on method: versions, a second reader, known answers, offline and inert.

The docstring of each test is its row; `docs/validation/README.md` is made from them. A row that does not hold has no test here.
"""

from __future__ import annotations

import json
import re
import socket
import zipfile

import pytest

from forensics import open_case
from forensics.demo import TRUTH

from .sample import DAY, entries, put_evidence


def test_row_07_tools_rules_and_options_are_recorded_with_versions_and_hashes(small, issued, copy):
    """Record tool, rule, parser versions and hashes, options after defaults."""
    (ran,) = [entry for entry in entries(small / "case") if entry["action"] == "rules-run"]
    (read,) = [entry for entry in entries(small / "case") if entry["action"] == "evidence-read"]
    assert re.fullmatch(r"[0-9a-f]{64}", ran["options"]["rules_sha256"]["athar"])
    assert {"workers", "scheduler"} <= set(read["options"])
    assert all(subject["sha256"] for entry in (ran, read) for subject in entry["subjects"])
    summary = issued(copy)
    assert summary["tool"]["version"] == ran["version"] == read["version"]
    assert {line["parser"] for line in summary["exhibits"][0]["entries"]} == {"", "web/log", "windows/evtx"}


def test_row_18_a_second_tool_reads_the_cited_rows_and_its_counts_are_stored(copy, athar):
    """Second-tool check stored (tool, version, query, counts, differences)."""
    ran = athar("verify", copy, "--rows", "--quiet")
    assert ran.code == 0, ran.out
    kept = json.loads((copy / "findings" / "second_reading.json").read_text("utf-8"))
    assert kept["cited"] == kept["chosen"] > 0
    assert kept["tallies"]
    for tally in kept["tallies"]:
        assert tally["tool"]
        assert tally["version"]
        assert tally["how"]
        assert tally["rows"] == tally["read"] > 0
        assert tally["equal"] + sum(tally["agreed"].values()) == tally["fields"] > 0
    assert kept["differences"] == []
    assert any("second_reading.json" in json.dumps(entry["subjects"]) for entry in entries(copy))


@pytest.mark.parametrize("step", TRUTH, ids=[step.name for step in TRUTH])
def test_row_19_the_known_answers_of_the_demo_are_in_its_timeline(demo, step):
    """Ship known-answer sets with published results and limits; tested by someone else."""
    case = open_case(demo.case)
    found = {}
    for trace in step.traces:
        if trace.kind == "gap":
            continue
        folder, _, file = trace.file.partition("/")
        ahead = 187 if folder == "WEB01" else 0
        at = (trace.time_ns or step.time_ns) + ahead * 10**9
        where = f"event = '{trace.kind}' and file = '{file}' and abs(epoch_ns(time) - {at}) < 60000000000"
        found[trace.file, trace.kind] = case.sql(f"select count(*) as n from timeline where {where}")["n"][0]
    assert found
    assert [trace for trace, rows in found.items() if rows == 0] == []


def test_row_21_nothing_asks_the_network_and_evidence_text_is_inert(tmp_path, athar, issued, monkeypatch):
    """Offline; archive limits; evidence text inert; bidi controls shown as ⟨U+202E⟩."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    seized = put_evidence(tmp_path / "seized")
    with zipfile.ZipFile(seized / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("access.log", bytes(80_000_000))  # 1,000 times its packed size, above the floor
    case = tmp_path / "case"
    ran = athar("run", seized, "--case", case, "--workers", "1", "--quiet", *DAY)
    assert "Traceback" not in ran.err
    assert "bomb.zip" in set(open_case(case).problems()["file"].str.partition("/")[0])
    page = issued(case, "ar", "html")
    assert "<script>alert" not in page
    assert "\u202e" not in page
    timeline = athar(
        "timeline", case, "--grep", "alert", "--columns", "cs_user_agent", "--family", "web/access", "--format", "table"
    )
    assert "\u202e" not in timeline.out
    assert "U+202E" in timeline.out
