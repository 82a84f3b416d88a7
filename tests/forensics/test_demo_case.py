"""The demo case from end to end: what happened is found, whatever the number of workers, and every claim can be checked."""

from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest

from forensics import demo as demo_package
from forensics import demo_case, open_case

FOUND = {  # step of the truth -> a word of the title of a finding that shows it
    "scan": "scanning tool",
    "upload": "File sent to the site",
    "web-shell": "Command of the operating system",
    "shell": "hidden command",
    "implant": "Unusual program",
    "beacon": "again and again",
    "spray": "many different accounts",
    "valid-account": "then a successful one",
    "rdp": "Remote Desktop session",
    "service": "Installed service",
    "archive": "archive",
    "exfiltration-https": "sent out",
    "exfiltration-dns": "DNS names",
    "log-cleared": "log cleared",
}


@pytest.fixture(scope="module")
def case(demo):
    return open_case(demo.case)


def test_everything_is_read_and_accounted_for(case):
    files = case.files()
    assert set(files["status"]) == {"evidence", "container", "unrecognised"}
    ledger = case.ledger()
    assert (ledger["size"] == ledger[["read", "free", "unsupported", "damaged"]].sum(axis=1)).all()
    assert ledger["damaged"].sum() == 0
    assert len(case.problems()) == 0
    rows = case.query.counts()
    assert sum(rows.values()) >= 50_000
    assert {family.partition("/")[0] for family in rows} == {"net", "web", "windows"}


@pytest.mark.parametrize(("step", "title"), FOUND.items())
def test_each_step_of_the_truth_is_found_at_its_time(case, step, title):
    (truth,) = [s for s in demo_package.TRUTH if s.name == step]
    at = pd.Timestamp(truth.time_ns, unit="ns", tz="UTC")
    findings = case.findings()
    near = findings[
        (findings["first"] <= at + pd.Timedelta(minutes=20)) & (findings["last"] >= at - pd.Timedelta(minutes=5))
    ]
    assert near["title"].str.contains(title, case=False).any(), near["title"].tolist()


def test_two_findings_join_sources(case):
    titles = case.findings().query("grade == 'corroborated'")["title"].tolist()
    assert any("interpreter started by the web server" in title for title in titles)  # web log and Windows logs
    assert any("repeated contacts" in title for title in titles)  # Windows logs and the capture


def test_the_background_raises_nothing_grave(case):
    begin = pd.Timestamp(min(s.time_ns for s in demo_package.TRUTH), unit="ns", tz="UTC") - pd.Timedelta(minutes=1)
    findings = case.findings()
    quiet = findings[findings["first"] < begin]
    assert set(quiet["level"]) <= {"low", "informational"}


def test_findings_list_rows_that_exist_and_every_match_says_why(case):
    cited = {row for rows in case.findings()["rows"] for row in rows}
    held = set(case.timeline(columns=["row_id"])["row_id"])
    assert cited <= held
    matches = case.matches()
    assert (matches["why"].str.len() > 0).all()
    assert set(matches["row_id"]) <= held


def test_two_workers_give_the_same_rows_matches_and_findings(demo, tmp_path):
    (tmp_path / "evidence").symlink_to(demo.evidence, target_is_directory=True)
    demo_case.run(tmp_path, ["en", "fr", "ar"], workers=2)
    one, two = open_case(demo.case), open_case(tmp_path / "case")
    columns = ["row_id", "time", "exhibit", "file", "offset", "length", "event", "message"]
    assert one.timeline(columns=columns).equals(two.timeline(columns=columns))
    assert one.matches().equals(two.matches())
    assert one.findings().equals(two.findings())
    assert one.rules().equals(two.rules())


def test_a_copied_case_verifies_and_one_flipped_byte_is_named(demo, tmp_path, athar):
    shutil.copytree(demo.folder, tmp_path / "copy")
    case = tmp_path / "copy" / "case"
    arguments = ("verify", case, "--evidence", tmp_path / "copy" / "evidence", "--json")
    yes = athar(*arguments)
    assert (yes.code, json.loads(yes.out)["verdict"]) == (0, "ok")
    victim = tmp_path / "copy" / "evidence" / "WEB01" / "apache" / "access.log"
    data = bytearray(victim.read_bytes())
    data[1000] ^= 1
    victim.write_bytes(data)
    no = athar(*arguments, "--limit", 60)
    assert (no.code, json.loads(no.out)["verdict"]) == (1, "failed")
    failed = [check for check in json.loads(no.out)["checks"] if check["state"] == "failed"]
    assert len(failed) == 1
    assert "E001" in failed[0]["subject"]
    assert "access.log" in failed[0]["subject"] + failed[0]["detail"]


def test_the_ledger_in_detail_adds_up_to_the_ledger(demo):
    case = open_case(demo.case)
    sums = case.ledger().set_index(["exhibit", "file"])
    detail = case.ledger(detail=True)
    assert list(detail.columns) == ["exhibit", "file", "kind", "part", "bytes", "ranges"]
    by_kind = detail.pivot_table(index=["exhibit", "file"], columns="kind", values="bytes", aggfunc="sum", fill_value=0)
    for kind in by_kind.columns:
        assert (by_kind[kind] == sums[kind]).all()
    logs = detail[detail["file"].str.endswith(".evtx")]
    assert set(logs["part"]) >= {
        "file header",
        "chunk headers",
        "name tables",
        "template tables",
        "records",
        "free space",
    }
    files = detail.groupby(["exhibit", "file"])["bytes"].sum()
    assert (files == sums["size"][sums["size"] > 0]).all()
