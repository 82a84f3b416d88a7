"""The checklist of what a tool for courts must do: one named test a row, through the commands and the Python face.

The docstring of each test is its row; `docs/validation/README.md` is made from them. A row that does not hold has no test here.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import shutil
import socket
import stat
import time
import tomllib
import zipfile
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from cases.custody import JOURNAL
from forensics import open_case
from forensics.demo import TRUTH
from forensics.demo.binxml_values import Kind
from forensics.demo.evtx_writer import Event, write_log

NOON = 1_768_392_000_000_000_000  # 2026-01-14 12:00:00 UTC, in ns
AGENT = "Mozilla/5.0"
OVERRIDE = "<script>alert(1)</script>\u202egpj.exe"
LANGUAGES = ("en", "fr", "ar")
DAY = ("--date", "2026-02-01")


def lines() -> str:
    """Requests a second apart: ordinary ones, a scanner's, and one whose agent is hostile to whoever shows it."""
    agents = [AGENT] * 20 + [f"Mozilla/5.00 (Nikto/2.5.0) (Test:{n:06d})" for n in range(20)] + [OVERRIDE]
    shape = (
        '203.0.113.9 - - [14/Jan/2026:13:{m:02d}:{s:02d} +0100] "GET /page/{n}.php HTTP/1.1" 404 512 "-" "{agent}"\n'
    )
    return "".join(shape.format(m=n // 60, s=n % 60, n=n, agent=agent) for n, agent in enumerate(agents))


def put_evidence(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "access.log").write_text(lines(), encoding="utf-8", newline="")
    (folder / "notes.bin").write_bytes(bytes(range(256)) * 4)  # of no format that is known
    data = (("TargetUserName", Kind.UNICODE, "operator"), ("LogonType", Kind.UINT32, 3))
    cleared = (("SubjectUserName", Kind.UNICODE, "operator"),)
    events = [
        Event(
            provider="Microsoft-Windows-Security-Auditing",
            provider_guid="{54849625-5478-4994-A5BA-3E3B0328C30D}",
            event_id=event,
            time_ns=NOON + n * 10**9,
            record_id=n + 1,
            computer="SRV.example",
            data=cleared if event == 1102 else data,
        )
        for n, event in enumerate((4624, 4625, 4624, 1102))
    ]
    write_log(folder / "Security.evtx", "Security", events)
    return folder


def snapshot(folder: Path) -> dict[str, tuple[object, ...]]:
    """Name, bytes, modification time and mode of everything below a folder."""
    found = {}
    for path in sorted([folder, *folder.rglob("*")]):
        about = path.stat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[path.relative_to(folder).as_posix()] = (content, about.st_mtime_ns, stat.S_IMODE(about.st_mode))
    return found


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """A folder with `seized` and, made of it, `case`. Shared: a test that changes either works on `copy`."""
    from forensics import run

    folder = tmp_path_factory.mktemp("checklist")
    put_evidence(folder / "seized")
    run([folder / "seized"], folder / "case", workers=1)
    return folder


@pytest.fixture
def copy(small: Path, tmp_path: Path) -> Path:
    shutil.copytree(small / "case", tmp_path / "case")
    return tmp_path / "case"


@pytest.fixture
def issued(athar) -> Callable[..., Any]:
    """The summary of a case, as read back from the file that `athar report` wrote: a dict for JSON, text for HTML."""

    def issue(case: Path, lang: str = "en", form: str = "json", *more: object) -> Any:
        ran = athar("report", case, "--lang", lang, "--format", form, *DAY, *more)
        assert ran.code == 0, ran.err
        text = sorted((case / "reports").glob(f"summary-{lang}*.{form}"))[-1].read_text("utf-8")
        return json.loads(text) if form == "json" else text

    return issue


def entries(case: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (case / JOURNAL).read_text("utf-8").splitlines()]


def failed(ran: Any) -> list[str]:
    return [f"{c['subject']} {c['detail']}" for c in json.loads(ran.out)["checks"] if c["state"] == "failed"]


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


def test_row_04_every_action_is_logged_with_who_what_when_why_and_how(copy, athar):
    """Log who/what/when/why/how + tool, per action."""
    finding = open_case(copy).findings()["finding_id"][0]
    for missing in (("--who", "A. Analyst"), ("--why", "our own scan")):
        assert athar("findings", "reject", copy, finding, *missing).code == 2
    assert athar("findings", "reject", copy, finding, "--who", "A. Analyst", "--why", "our own scan").code == 0
    for entry in entries(copy):
        assert all(entry[name] for name in ("who", "action", "time", "tool", "version", "subjects")), entry
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", entry["time"])
    assert entries(copy)[-1]["who"] == "A. Analyst"
    assert "our own scan" in json.dumps(entries(copy)[-1])


def _cut(lines: list[str]) -> list[str]:
    return lines[:-1]


def _delete(lines: list[str]) -> list[str]:
    return lines[:2] + lines[3:]


def _swap(lines: list[str]) -> list[str]:
    return [lines[0], lines[2], lines[1], *lines[3:]]


def _edit(lines: list[str]) -> list[str]:
    return [*lines[:2], lines[2].replace('"tool":"athar"', '"tool":"other"'), *lines[3:]]


@pytest.mark.parametrize(("tamper", "named"), [(_edit, "3"), (_delete, "3"), (_swap, "2"), (_cut, None)])
def test_row_05_custody_that_was_edited_names_its_first_bad_entry(copy, athar, tamper, named):
    """Chain entries; `verify` names first bad entry; head anchored outside (signature, RFC 3161, paper)."""
    held = (copy / JOURNAL).read_text("utf-8").splitlines()
    (copy / JOURNAL).write_text("\n".join(tamper(held)) + "\n", encoding="utf-8", newline="")
    ran = athar("verify", copy, "--json", "--quiet")
    told = [line for line in failed(ran) if "entr" in line or "head" in line]
    assert ran.code == 1
    assert told
    assert named is None or named in re.findall(r"\d+", told[0])


def test_row_05_the_head_is_printed_and_a_signature_outside_shows_a_cut_tail(copy, tmp_path, athar, issued):
    """Chain entries; `verify` names first bad entry; head anchored outside (signature, RFC 3161, paper)."""
    head = entries(copy)[-1]
    assert head["hash"] in issued(copy, form="html")
    key, safe = tmp_path / "laboratory", tmp_path / "safe"
    ran = athar("case", "keygen", key)
    assert ran.code == 0, ran.err
    private = next(p for p in tmp_path.glob("laboratory*") if "PRIVATE" in p.read_text("utf-8"))
    public = next(p for p in tmp_path.glob("laboratory*") if "PUBLIC" in p.read_text("utf-8"))
    before = (copy / JOURNAL).read_bytes(), (copy / "custody.head").read_bytes()
    assert athar("case", "note", copy, "Seen.", "--who", "A. Analyst").code == 0
    ran = athar("case", "sign", copy, "--key", private)
    assert ran.code == 0, ran.err
    shutil.move(copy / "signatures", safe)
    (copy / JOURNAL).write_bytes(before[0])
    (copy / "custody.head").write_bytes(before[1])
    (signature,) = safe.glob("*.sig")
    ran = athar("verify", copy, "--public-key", public, "--signed", signature, "--json", "--quiet")
    assert ran.code == 1
    assert any("sig" in line or "entr" in line for line in failed(ran))


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


def test_row_07_tools_rules_and_options_are_recorded_with_versions_and_hashes(small, issued, copy):
    """Record tool, rule, parser versions and hashes, options after defaults."""
    (ran,) = [entry for entry in entries(small / "case") if entry["action"] == "rules-run"]
    (read,) = [entry for entry in entries(small / "case") if entry["action"] == "evidence-read"]
    assert re.fullmatch(r"[0-9a-f]{64}", ran["options"]["rules_sha256"]["athar"])
    assert {"workers", "scheduler"} <= set(read["options"])
    assert all(subject["sha256"] for entry in (ran, read) for subject in entry["subjects"])
    summary = issued(copy)
    assert summary["tool"]["version"] == ran["version"] == read["version"]
    assert {line["parser"] for line in summary["exhibits"][0]["entries"]} == {"", "web-access", "windows/evtx"}


def test_row_08_the_same_case_gives_the_same_bytes_anywhere(small, tmp_path, athar, monkeypatch):
    """Same inputs → same bytes; report date is an input."""
    found = []
    for name, zone in (("here", "UTC"), ("elsewhere/deeper", "Pacific/Kiritimati")):
        monkeypatch.setenv("TZ", zone)
        monkeypatch.setenv("LC_ALL", "C")
        if hasattr(time, "tzset"):
            time.tzset()
        case = tmp_path / name / "case"
        shutil.copytree(small / "case", case)
        assert athar("report", case, "--lang", "ar", "--format", "html", *DAY).code == 0
        assert athar("report", case, "--lang", "fr", "--format", "json", *DAY).code == 0
        found.append([path.read_bytes() for path in sorted((case / "reports").iterdir()) if path.is_file()])
    monkeypatch.undo()
    if hasattr(time, "tzset"):
        time.tzset()
    assert len(found[0]) == 4  # two summaries, each with its annex
    assert found[0] == found[1]


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


def test_row_11_rules_without_hits_are_listed_with_what_they_saw(copy, issued):
    """Rules run with 0 hits listed; "not found" bounded by source + window."""
    rules = issued(copy)["rules"]
    by_fate = {
        fate: [line for line in rules["lines"] if line["fate"] == fate] for fate in ("silent", "no-data", "matched")
    }
    assert all(by_fate.values())
    assert all(line["rows_seen"] > 0 for line in by_fate["silent"])
    assert all(line["rows_seen"] == 0 for line in by_fate["no-data"])  # nothing to look at is not "nothing found"
    assert rules["silences"]
    assert all(silence["rows"] > 0 and silence["first"] and silence["last"] for silence in rules["silences"])


def test_row_12_observed_inferred_and_said_are_separate_records(copy, athar, issued):
    """Observed / inferred / human opinion as separate record types."""
    found = (copy / "findings" / "findings.json").read_bytes()
    assert athar("case", "note", copy, "The scan was announced.", "--who", "A. Analyst").code == 0
    summary = issued(copy)
    assert [said["text"] for said in summary["opinions"]] == ["The scan was announced."]
    assert summary["inferences"]
    for inference in summary["inferences"]:
        assert inference["rule_id"]
        assert all(seen["row_id"] and seen["sentences"]["fr"] for seen in inference["observations"])
    assert (copy / "findings" / "findings.json").read_bytes() == found


RULE = """title: Page one
id: 11111111-2222-4333-8444-555555555555
status: test
logsource: {category: webserver}
detection: {sel: {cs-uri-stem|contains: '/page/1.php'}, condition: sel}
level: low
"""


def test_row_13_a_finding_without_its_limits_keeps_the_summary_a_draft(small, copy, tmp_path, athar, issued):
    """Each finding: alternatives, what would change it, "shows / does not show"."""
    needed = {"shows", "does_not_show", "alternatives", "would_change"}
    own = issued(copy)
    assert all(needed <= set(i["texts"][lang]) for i in own["inferences"] for lang in LANGUAGES)
    assert own["draft"]["limits"] == {}
    (tmp_path / "rule.yml").write_text(RULE, encoding="utf-8")
    assert athar("analyze", copy, "--rules", tmp_path / "rule.yml", "--quiet").code == 0
    summary = issued(copy, "en", "json", "--reason", "a rule more")
    assert {i["title"] for i in summary["inferences"] if not needed <= set(i["texts"].get("fr", ()))} == {"Page one"}
    (number,) = [i["number"] for i in summary["inferences"] if i["title"] == "Page one"]
    assert set(summary["draft"]["limits"]) == set(LANGUAGES)
    assert all(numbers == [number] for numbers in summary["draft"]["limits"].values())
    assert 'class="watermark"' in issued(copy, form="html")


NAMING = {
    "en": r"\b(?:the|an) (?:attacker|hacker|culprit|criminal|suspect|perpetrator)\b|\bbelongs to (?:Mr|Mrs|the person)",
    "fr": r"\b(?:l['’]attaquant|le pirate|le coupable|le suspect|l['’]auteur des faits|le délinquant)\b",
    "ar": "المهاجم|الجاني|المخترق|المجرم|المشتبه",
}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_row_14_no_sentence_makes_a_person_of_an_address_or_an_account(demo, tmp_path, lang, athar):
    """No identity claim from an IP or account."""
    shutil.copytree(demo.case, tmp_path / "case")
    assert athar("report", tmp_path / "case", "--lang", lang, "--format", "html", *DAY).code == 0
    (page,) = (tmp_path / "case" / "reports").glob("*.html")
    text = re.sub(r"<[^>]+>", " ", page.read_text("utf-8"))
    assert re.findall(NAMING[lang], text, re.IGNORECASE) == []
    assert len(text) > 10_000


@pytest.mark.parametrize("lang", LANGUAGES)
def test_row_15_a_missing_field_prints_as_not_supplied(copy, issued, lang):
    """Missing field prints "not supplied", never guessed."""
    words = tomllib.loads((resources.files("cases.languages") / f"{lang}.toml").read_text("utf-8"))
    (absent,) = [
        words[table]["not_supplied"]
        for table in words
        if isinstance(words[table], dict) and "not_supplied" in words[table]
    ]
    summary = issued(copy, lang)
    blank = ("number", "request_number", "authority", "examiner", "laboratory")
    assert [summary["case"][name] for name in blank] == [None] * len(blank)
    assert issued(copy, lang, "html").count(absent) >= len(blank)


def test_row_16_an_issued_summary_is_never_edited(copy, athar, issued):
    """Issued report never edited: new version, reason, predecessor hash."""
    issued(copy)
    (first,) = (copy / "reports").glob("*.json")
    before = first.read_bytes()
    assert athar("case", "note", copy, "Seen.", "--who", "A. Analyst").code == 0
    refused = athar("report", copy, "--lang", "en", "--format", "json", *DAY)
    assert refused.code == 2
    assert "--reason" in refused.err
    second = issued(copy, "en", "json", "--reason", "a note was added")
    digest = hashlib.sha256(before).hexdigest()
    assert second["issue"] == {"version": 2, "reason": "a note was added", "predecessor": digest}
    assert first.read_bytes() == before


def test_row_17_a_redacted_copy_holds_no_value_that_it_replaced(copy, issued, athar):
    """Redaction = allow-list; hashes stay; log what/why/who; full copy sealed; derived text, metadata too."""
    full = json.dumps(issued(copy))
    digest = hashlib.sha256((put := copy / "reports" / "summary-en-v1.json").read_bytes()).hexdigest()
    assert put.is_file()
    assert "203.0.113.9" in full
    ran = athar("report", copy, "--lang", "en", "--format", "html", "--redact", "public", *DAY)
    assert ran.code == 0, ran.err
    page = Path(ran.out.strip()).read_text("utf-8")
    ran = athar("report", copy, "--lang", "en", "--format", "json", "--redact", "public", *DAY)
    told = json.loads(Path(ran.out.strip()).read_text("utf-8"))
    assert "203.0.113.9" not in page + json.dumps(told)
    hashes = {entry["sha256"] for entry in told["exhibits"][0]["entries"]}
    assert {entry["sha256"] for entry in json.loads(full)["exhibits"][0]["entries"]} == hashes
    log = told["redaction"]
    assert all(log[name] for name in ("profile", "why", "who"))
    assert digest in json.dumps(log)
    assert put.is_file()


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


def test_row_20_what_could_not_be_read_is_printed(copy, issued):
    """Deviations and untested formats printed."""
    (entry,) = [e for e in issued(copy)["exhibits"][0]["entries"] if e["file"] == "notes.bin"]
    assert (entry["status"], entry["unsupported"], bool(entry["reason"])) == ("unrecognised", 1_024, True)
    page = issued(copy, form="html")
    assert "notes.bin" in page
    assert entry["reason"] in page


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


def test_row_22_a_handover_keeps_giver_receiver_seal_and_both_hashes(copy, athar, issued):
    """Transfers: giver, receiver, seal no., hash both sides."""
    hashes = ("--sha256", "a" * 64, "--received-sha256", "b" * 64)
    named = ("--giver", "Clerk of the court", "--receiver", "A. Analyst", "--seal", "SC-02", "--who", "A. Analyst")
    assert (
        athar("case", "handover", copy, "E001", *named, *hashes, "--when", "2026-01-20T10:00+01:00").code == 1
    )  # they differ
    (over,) = issued(copy)["custody"]["hand_overs"]
    text = json.dumps(over)
    assert all(
        value in text
        for value in ("Clerk of the court", "A. Analyst", "SC-02", "a" * 64, "b" * 64, "2026-01-20T09:00:00Z")
    )
