"""Rows of the checklist on evidence: never written, hashed, cited by byte, dated, counted whole.

The docstring of each test is its row; `docs/validation/README.md` is made from them. A row that does not hold has no test here.
"""

from __future__ import annotations

import hashlib
import random

from forensics import open_case

from .sample import DAY, entries, failed, put_evidence, snapshot


def test_row_01_evidence_is_never_written(tmp_path, athar):
    """Open evidence read-only; never write beside it."""
    seized = put_evidence(tmp_path / "seized")
    for path in seized.iterdir():
        path.chmod(0o444)
    seized.chmod(0o555)
    before = snapshot(seized)
    assert athar("run", seized, "--case", tmp_path / "case", "--workers", "1", "--quiet", *DAY).code == 0
    assert athar("verify", tmp_path / "case", "--quiet").code == 0
    after = snapshot(seized)
    seized.chmod(0o755)
    assert after == before


def test_row_02_evidence_is_hashed_before_and_after_and_a_changed_byte_stops_the_work(tmp_path, athar):
    """SHA-256 before and after each run; mismatch = stop + log."""
    seized, case = put_evidence(tmp_path / "seized"), tmp_path / "case"
    assert athar("case", "new", case).code == 0
    assert athar("add", case, seized, "--quiet").code == 0
    log = bytearray((seized / "access.log").read_bytes())
    log[40] ^= 1
    (seized / "access.log").write_bytes(log)
    ran = athar("ingest", case, "--workers", "1", "--quiet")
    assert ran.code == 1
    assert "access.log" in ran.out + ran.err
    (told,) = [entry for entry in entries(case) if entry["action"] == "evidence-changed"]
    assert told["subjects"]
    assert athar("run", seized, "--case", case, "--workers", "1", "--quiet").code == 1
    assert athar("analyze", case, "--quiet").code == 1
    assert "rules-run" not in [entry["action"] for entry in entries(case)]
    assert any("access.log" in line for line in failed(athar("verify", case, "--json", "--quiet")))


def test_row_03_the_supplied_hash_stands_beside_the_computed_one(tmp_path, athar, issued):
    """Keep supplied acquisition hash apart from computed one."""
    seized, case = put_evidence(tmp_path / "seized"), tmp_path / "case"
    computed, supplied = hashlib.sha256((seized / "access.log").read_bytes()).hexdigest(), "a" * 64
    assert athar("case", "new", case).code == 0
    assert athar("add", case, seized / "access.log", "--sha256", supplied, "--quiet").code == 0
    (exhibit,) = issued(case)["exhibits"]
    assert (exhibit["supplied_sha256"], exhibit["sha256"], exhibit["agreement"]) == (supplied, computed, "different")
    page = issued(case, form="html")
    assert supplied in page
    assert computed in page


def test_row_06_any_row_leads_to_its_bytes(small, tmp_path, athar):
    """Row → exhibit id, hash, record no., byte offset/length; raw bytes re-extracted by command."""
    rows = open_case(small / "case").timeline(columns=["row_id", "exhibit", "file", "record", "offset", "length"])
    for at in random.Random(6).sample(range(len(rows)), 6):
        row = rows.iloc[at]
        out = tmp_path / f"{at}.bin"
        ran = athar("extract", small / "case", row["row_id"], "-o", out, "--json")
        assert ran.code == 0, ran.err
        whole = (small / "seized" / row["file"]).read_bytes()
        assert out.read_bytes() == whole[row["offset"] : row["offset"] + row["length"]] != b""
        assert hashlib.sha256(out.read_bytes()).hexdigest() in ran.out
        assert (row["exhibit"], row["record"] > 0) == ("E001", True)


def test_row_09_clock_offset_and_its_source_are_told_and_times_say_what_they_are(copy, small, athar, issued):
    """Clock skew and its source per exhibit; each time marked UTC/local/unknown; original string kept."""
    told = ("--clock-offset", "37", "--clock-source", "compared with the capture", "--who", "A. Analyst")
    assert athar("case", "exhibit", copy, "E001", *told).code == 0
    (exhibit,) = issued(copy)["exhibits"]
    assert (exhibit["clock_offset_s"], exhibit["clock_source"]) == (37.0, "compared with the capture")
    assert "+37" in issued(copy, form="html")
    times = open_case(copy).sql("select family, time_quality, min(time) as first from timeline group by all order by 1")
    assert times["time_quality"].tolist() == ["offset", "utc"]
    assert str(times["first"][0]) == "2026-01-14 12:00:00+00:00"  # 13:00:00 +0100
    row = open_case(copy).sql('select row_id, time_offset from web_access order by "offset" limit 1')
    assert row["time_offset"][0] == "+0100"
    assert "14/Jan/2026:13:00:00 +0100" in athar(
        "show", copy, row["row_id"][0], "--evidence", small / "seized"
    ).out.replace("\n", "")


def test_row_10_damage_is_counted_with_its_reason_and_no_byte_is_lost(tmp_path, athar):
    """Count parsed, skipped, damaged, truncated, with reason."""
    seized, case = put_evidence(tmp_path / "seized"), tmp_path / "case"
    log = bytearray((seized / "Security.evtx").read_bytes())
    log[4_096 + 600 : 4_096 + 640] = b"\xff" * 40  # inside a record of the first chunk
    (seized / "Security.evtx").write_bytes(log)
    with (seized / "access.log").open("ab") as handle:
        handle.write(b"\x00\x01 no line of any layout\n")
    athar("run", seized, "--case", case, "--workers", "1", "--quiet", *DAY)
    opened = open_case(case)
    problems, ledger = opened.problems(), opened.ledger()
    assert {"access.log", "Security.evtx"} <= set(problems["file"])
    assert (problems["reason"].str.len() > 0).all()
    assert (ledger["size"] == ledger[["read", "free", "unsupported", "damaged"]].sum(axis=1)).all()
    assert ledger["damaged"].sum() > 0


def test_row_20_what_could_not_be_read_is_printed(copy, issued):
    """Deviations and untested formats printed."""
    (entry,) = [e for e in issued(copy)["exhibits"][0]["entries"] if e["file"] == "notes.bin"]
    assert (entry["status"], entry["unsupported"], bool(entry["reason"])) == ("unrecognised", 1_024, True)
    page = issued(copy, form="html")
    assert "notes.bin" in page
    assert entry["reason"] in page
