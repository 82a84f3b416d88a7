"""The commands on a small case: what they print, what they return, and that bad input is one line."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections import Counter

import pyarrow.parquet as pq
import pytest

import forensics
from cases.case import Case

LINES = (
    '192.0.2.1 - - [14/Jan/2026:08:00:01 +0000] "GET /a HTTP/1.1" 200 5 "-" "Mozilla/5.0"\n'
    '203.0.113.9 - anna [14/Jan/2026:08:00:02 +0000] "GET /=cmd HTTP/1.1" 404 7 "-" "=HYPERLINK(1)"\n'
    '203.0.113.9 - - [14/Jan/2026:08:00:03 +0000] "GET /c%0d HTTP/1.1" 404 7 "-" "x\x1b[2J\u202ey"\n'
)


def put_log(folder):
    (folder / "evidence").mkdir()
    (folder / "evidence" / "access.log").write_text(LINES, encoding="utf-8", newline="")


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A case of three access-log lines, to ask and not to change."""
    folder = tmp_path_factory.mktemp("asked")
    put_log(folder)
    forensics.run([folder / "evidence"], folder / "case", workers=1)
    return folder / "case"


def run_of(folder, athar, languages):
    put_log(folder)
    ran = athar(
        *("run", folder / "evidence", "--case", folder / "case"),
        *("--workers", 1, "--date", "2026-01-20", "--lang", languages),
    )
    assert (ran.code, ran.err) == (0, "")
    return folder / "case"


@pytest.fixture
def case(tmp_path, athar):
    """The same of the test's own, run by `athar run`; the evidence lies beside it."""
    return run_of(tmp_path, athar, "fr")


def test_run_writes_summaries_in_each_language(tmp_path, athar):
    case = run_of(tmp_path, athar, "en,fr,ar")
    names = sorted(p.name for p in (case / "reports").iterdir())
    kinds = Counter(name.rpartition(".")[2] for name in names)
    assert kinds == {
        "html": 3,
        "json": 3,
        "pdf": 3,
        "csv": 3,
    }  # the terminal's escapes in line 3 are a finding, so its record has an annex


def test_rules_that_could_not_be_run_are_told(case, athar, tmp_path):
    (tmp_path / "bad.yml").write_text("title: Not a rule\n")
    ran = athar("run", tmp_path / "evidence", "--case", case, "--workers", 1, "--rules", tmp_path / "bad.yml")
    assert (ran.code, "1 could not be run" in ran.out) == (0, True)
    assert "could not be run" not in athar("findings", case).out


def test_run_again_goes_on_and_reads_nothing_twice(case, athar, tmp_path):
    again = athar("run", tmp_path / "evidence", "--case", case, "--workers", 1, "--json")
    assert again.code == 0
    assert json.loads(again.out)["rows"] == {"web/access": 3}


def test_timeline_to_csv_neutralises_formulas_and_controls(asked, athar):
    ran = athar("timeline", asked, "--family", "web/access", "--columns", "time,record,user,cs_uri,cs_user_agent")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [r["record"] for r in rows] == ["1", "2", "3"]
    assert rows[1]["user"] == "anna"
    assert rows[1]["cs_user_agent"] == "'=HYPERLINK(1)"
    assert "\x1b" not in ran.out
    assert "\u202e" not in ran.out


def test_timeline_filters(asked, athar):
    def records(*options):
        ran = athar("timeline", asked, "--json", *options)
        assert ran.code == 0, ran.err
        return [json.loads(line)["record"] for line in ran.out.splitlines()]

    assert records() == [1, 2, 3]
    assert records("--ip", "203.0.113.9") == [2, 3]
    assert records("--user", "ANNA") == [2]
    assert records("--from", "2026-01-14T08:00:02", "--to", "2026-01-14T08:00:03Z") == [2]
    assert records("--where", "outcome = 'failure'", "--limit", 1) == [2]
    assert records("--grep", "/A ") == []
    assert records("--grep", "=CMD") == [2]
    assert records("--event", "4625") == []


def test_timeline_to_parquet_and_its_suffix(asked, athar, tmp_path):
    assert athar("timeline", asked, "-o", tmp_path / "t.parquet").code == 0
    assert pq.read_table(tmp_path / "t.parquet").num_rows == 3


def test_search_finds_text_patterns_and_nothing(asked, athar):
    ran = athar("search", asked, "hyperlink", "--json")
    hits = [json.loads(line) for line in ran.out.splitlines()]
    assert [(h["column"], h["value"]) for h in hits] == [("cs_user_agent", "=HYPERLINK(1)")]
    assert athar("search", asked, "--regex", r"c%0[dD]$").code == 0
    assert athar("search", asked, "nowhere").code == 1
    assert "expected RE2 syntax" in athar("search", asked, "--regex", "(").err


def test_show_leads_back_to_the_bytes(asked, athar):
    row_id = json.loads(athar("timeline", asked, "--json", "--user", "anna").out)["row_id"]
    ran = athar("show", asked, row_id[:12])
    assert ran.code == 0
    start = len(LINES.splitlines(keepends=True)[0])
    assert f"E001/access.log, bytes {start:,} to" in ran.out
    assert f"{start:08x}  32 30 33 2e 30 2e 31 31" in ran.out  # "203.0.11"
    shown = json.loads(athar("show", asked, row_id, "--json").out)
    assert (shown["user"], shown["record"]) == ("anna", 2)
    hostile = json.loads(athar("timeline", asked, "--json", "--where", "record = 3").out)["row_id"]
    out = athar("show", asked, hostile).out
    assert "\x1b" not in out
    assert "⟨U+001B⟩[2J⟨U+202E⟩y" in out


def test_verify_says_yes_then_names_what_changed(case, athar, tmp_path):
    yes = athar("verify", case)
    assert (yes.code, yes.out.splitlines()[-1]) == (0, "Verdict: ok")
    log = tmp_path / "evidence" / "access.log"
    data = bytearray(log.read_bytes())
    data[3] ^= 1
    log.write_bytes(data)
    no = athar("verify", case)
    assert no.code == 1
    assert "E001" in no.out
    assert "access.log" in no.out
    shutil.rmtree(tmp_path / "evidence")
    away = athar("verify", case, "--json")
    assert (away.code, json.loads(away.out)["verdict"]) == (1, "incomplete")


def test_reports_are_reproducible_and_never_overwritten(case, athar, tmp_path):
    paths = [tmp_path / "one.html", tmp_path / "two.html"]
    for path in paths:
        assert athar("report", case, "--lang", "fr", "--date", "2026-01-20", "-o", path).code == 0
    assert paths[0].read_bytes() == paths[1].read_bytes()
    again = athar("report", case, "--lang", "fr", "--date", "2026-01-20", "-o", paths[0])
    assert again.code == 2
    assert len(again.err.splitlines()) == 1


def test_case_show_lists(asked, athar):
    for name in ("files", "problems", "ledger", "rules"):
        ran = athar("case", "show", asked, f"--{name}", "--json")
        assert ran.code == 0
        assert isinstance(json.loads(ran.out), list)
    assert json.loads(athar("case", "show", asked, "--json").out)["files"] == {"evidence": 1}


def test_a_case_made_step_by_step(tmp_path, athar):
    log = tmp_path / "access.log"
    log.write_text(LINES, encoding="utf-8", newline="")
    case = tmp_path / "case"
    assert athar("case", "new", case, "--number", "2026/17", "--question", "Who?", "--lang", "ar").code == 0
    added = athar("add", case, log, "--seal", "SC-02", "--clock-offset", 187, "--clock-source", "capture", "--json")
    assert [(t["exhibit"]["seal"], [f["status"] for f in t["files"]]) for t in json.loads(added.out)] == [
        ("SC-02", ["evidence"])
    ]
    assert json.loads(athar("ingest", case, "--workers", 1, "--json").out)["rows"] == 3
    assert json.loads(athar("analyze", case, "--json").out) == json.loads(athar("findings", case, "--json").out)
    assert athar("findings", case, "--json").code == 0
    assert athar("verify", case).code == 0


@pytest.mark.parametrize(
    ("given", "held"),
    [
        ((), ()),
        (("--lang", "fr,ar"), ("fr", "ar")),
        (("--lang", "fr", "--lang", "ar,fr", "--lang", "en"), ("fr", "ar", "en")),
    ],
)
def test_languages_are_a_list_or_the_option_again(tmp_path, athar, given, held):
    assert athar("case", "new", tmp_path / "case", *given).code == 0
    assert Case.open(tmp_path / "case").info.languages == held


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run", "missing", "--case", "c"], "missing: no such file or folder"),
        (["run"], "Missing argument"),
        (["timelin"], "did you mean 'timeline'?"),
        (["timeline", "nowhere"], "not a case"),
        (["verify", "nowhere"], "not a case"),
        (["report", "nowhere"], "not a case"),
        (["run", ".", "--case", "c", "--rules", "norules"], "norules: no such file or folder"),
        (["run", ".", "--case", "c", "--tz", "Mars/Base"], "unknown time zone 'Mars/Base'"),
        (["run", ".", "--case", "c", "--lang", "xx"], "no language 'xx'; there are ar, en, fr"),
        (["run", ".", "--case", "c", "--workers", "0"], "--workers 0: expected 1 or more"),
        (["run", ".", "--case", "c", "--date", "tomorrow"], "expected YYYY-MM-DD"),
    ],
)
def test_wrong_usage_is_told_in_words_and_exits_2(tmp_path, monkeypatch, athar, arguments, expected):
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "access.log").write_text(LINES, encoding="utf-8")
    monkeypatch.chdir(folder)
    arguments = [str(tmp_path / "c") if a == "c" else a for a in arguments]
    ran = athar(*arguments)
    assert ran.code == 2
    assert expected in ran.err
    assert "Traceback" not in ran.err


def test_wrong_questions_to_a_case_are_told_in_words(asked, athar):
    for arguments, expected in (
        (["timeline", asked, "--from", "noon"], "'noon' is not an instant"),
        (["timeline", asked, "--where", "nonsense +"], "Parser Error"),
        (["timeline", asked, "--columns", "nope"], "no column 'nope'"),
        (["timeline", asked, "--family", "webb"], "no family 'webb'; this case has web/access"),
        (["timeline", asked, "--format", "parquet"], "needs -o FILE"),
        (["show", asked, "ffffffffffff"], "no row"),
        (["findings", asked, "F-none"], "no finding 'F-none'"),
    ):
        ran = athar(*arguments)
        assert (ran.code, expected in ran.err, len(ran.err.splitlines())) == (2, True, 1), ran


@pytest.mark.parametrize(
    "name",
    [
        "run",
        "demo",
        "case",
        "add",
        "ingest",
        "analyze",
        "timeline",
        "search",
        "findings",
        "show",
        "report",
        "verify",
        "doctor",
    ],
)
def test_every_command_has_examples(athar, name):
    ran = athar(name, "--help")
    assert ran.code == 0
    assert f"athar {name}" in ran.out


def test_doctor_finds_the_installation_whole(athar):
    ran = athar("doctor")
    assert ran.code == 0, ran.out
