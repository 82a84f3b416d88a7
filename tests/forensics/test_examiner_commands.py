"""The examiner's commands: who and why are asked for, mistakes are one clear line, and the listing shows what was decided."""

from __future__ import annotations

import hashlib
import json

import pyarrow as pa
import pytest

from cases import findings
from cases.case import Case, CaseInfo, Question
from forensics import open_case, pipeline
from timelines.findings import MATCH_COLUMNS, Finding

LINES = (
    '192.0.2.1 - - [14/Jan/2026:08:00:01 +0000] "GET /a HTTP/1.1" 200 5 "-" "Mozilla/5.0"\n'
    '203.0.113.9 - - [14/Jan/2026:08:00:02 +0000] "GET /b HTTP/1.1" 404 7 "-" "Mozilla/5.0"\n'
)
A, B = "F-00000000aa", "F-00000000bb"
BY = ("--who", "A. Analyst", "--why", "looked at it")
HOSTILE = "<b>=1+1</b> \u202e\x1b[2J"


@pytest.fixture
def case(tmp_path):
    """Two web requests, read; two findings over them, kept as `athar analyze` keeps them."""
    log = tmp_path / "access.log"
    log.write_text(LINES, encoding="utf-8", newline="")
    made = Case.create(tmp_path / "case", CaseInfo(number="7", questions=(Question("Q1", "Was it entered?"),)))
    pipeline.add(made, log)
    pipeline.ingest(made, workers=1)
    rows = open_case(made.folder).sql("select row_id from timeline order by time")["row_id"].tolist()
    found = [
        Finding(key, "match", key, f"Rule {key}", "high", "supported", 0, 0, {}, tuple(rows), (), "why", families=("web/access",))
        for key in (A, B)
    ]  # fmt: skip
    empty = pa.table(
        {name: pa.array([], pa.timestamp("ns", "UTC") if name == "time" else pa.string()) for name in MATCH_COLUMNS}
    )
    made.log("rules-run", {}, findings.save(made.findings_folder, found, empty, []))
    return made.folder


def test_the_listing_is_what_it_was_with_the_review_beside(case, athar):
    plain, named = athar("findings", case), athar("findings", "list", case)
    assert plain == named
    assert plain.out.splitlines()[0].split("\t") == [
        "id",
        "level",
        "grade",
        "first",
        "rows",
        "technique",
        "review",
        "title",
    ]
    assert athar("findings", "--level", "critical", case).out.count("F-") == 0
    assert [row["review"] for row in json.loads(athar("findings", case, "--json").out)] == ["open", "open"]
    assert open_case(case).findings()["review"].tolist() == ["open", "open"]


def test_decisions_show_in_the_listing_and_on_the_finding(case, athar):
    assert athar("findings", "reject", case, A, *BY).code == 0
    assert athar("findings", "edit", case, B, "--title", HOSTILE, "--lang", "en", *BY).code == 0
    out = athar("findings", case).out
    aside = out.split("\n\n")[1]
    assert f"{A}\trejected\tA. Analyst\t" in aside
    assert "looked at it" in aside
    assert "<b>=1+1</b> ⟨U+202E⟩⟨U+001B⟩[2J (examiner)" in out.split("\n\n")[0]
    one = athar("findings", case, B).out
    assert f"title\tRule {B}" in one
    assert "title (examiner)\t<b>=1+1</b> ⟨U+202E⟩⟨U+001B⟩[2J" in one
    told = json.loads(athar("findings", case, B, "--json").out)
    assert (told["title"], told["words"]) == (f"Rule {B}", {"en": {"title": HOSTILE}})
    assert [(d["action"], d["who"], d["why"]) for d in told["decisions"]] == [("edit", "A. Analyst", "looked at it")]
    assert open_case(case).findings().set_index("finding_id")["review"].to_dict() == {A: "rejected", B: "open"}


def test_a_finding_is_added_and_merged_from_the_command_line(case, athar):
    row = open_case(case).sql("select row_id from timeline limit 1")["row_id"][0]
    ran = athar("findings", "add", case, "--row", row[:12], "--level", "low", "--title", "Seen by eye", *BY)
    assert (ran.code, ran.err) == (0, "")
    added = ran.out.split(":")[0]
    assert athar("findings", "merge", case, added, A, B, *BY).out == f"{added}: 2 joined to it\n"
    frame = open_case(case).findings()
    assert frame["kind"].tolist() == ["match", "match", "human"]
    assert frame["review"].tolist() == ["merged", "merged", "added"]
    view = open_case(case).sql("select finding_id from findings where review = 'added'")
    assert view["finding_id"].tolist() == [added]
    assert athar("verify", case, "--quiet").code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("findings", "accept", "CASE", A, "--who", "A. Analyst"), "Missing option '--why'"),
        (("findings", "accept", "CASE", A, "--why", "x"), "Missing option '--who'"),
        (("findings", "accept", "CASE", A, "--who", " ", "--why", "x"), "--who: empty"),
        (("findings", "accept", "CASE", A, "--who", "x", "--why", ""), "--why: empty"),
        (("findings", "acept", "CASE", A, *BY), "did you mean 'accept'?"),
        (("findings", "accept", "CASE", "F-00000000ab", *BY), "did you mean F-00000000"),
        (("findings", "CASE", "F-none"), "no finding 'F-none' in this case"),
        (("findings", "edit", "CASE", A, *BY), "nothing to edit; give one of title"),
        (("findings", "add", "CASE", "--row", "zz", "--level", "low", "--title", "x", *BY), "no row of this case"),
        (("case", "answer", "CASE", "Q7", "Yes.", "--who", "x"), "did you mean Q1?"),
        (("case", "answer", "CASE", "Q1", "Yes."), "Missing option '--who'"),
        (("case", "note", "CASE", "x", "--finding", "F-none", "--who", "x"), "no finding 'F-none'"),
        (("case", "set", "CASE"), "nothing to set"),
        (("case", "set", "CASE", "--tz", "Mars/Base"), "Mars/Base"),
        (("case", "exhibit", "CASE", "E001"), "nothing to change"),
        (("case", "exhibit", "CASE", "E009", "--seal", "x"), "exhibit 'E009' is not in this case"),
        (("case", "exhibit", "CASE", "E001", "--clock-offset", "nan"), "expected a number of seconds"),
        (("case", "handover", "CASE", "E001", "--giver", "a", "--receiver", "b", "--sha256", "1"), "64 hexadecimal"),
        (("case", "handover", "CASE", "E001", "--giver", "a"), "Missing option '--receiver'"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(case, athar, arguments, said):
    before = (case / "custody.jsonl").read_bytes()
    ran = athar(*(case if word == "CASE" else word for word in arguments))
    assert ran.code == 2
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert (case / "custody.jsonl").read_bytes() == before


def test_details_answers_and_notes_reach_the_summary(case, athar):
    assert (
        athar("case", "set", case, "--authority", HOSTILE, "--question", "What left?", "--who", "A. Analyst").code == 0
    )
    assert athar("case", "answer", case, "q2", "Nothing that the records show.", "--who", "A. Analyst").code == 0
    assert athar("case", "note", case, "Seen twice.", "--finding", A, "--who", HOSTILE).out == f"noted on {A}\n"
    assert athar("case", "exhibit", case, "E001", "--seal", "SC-9", "--clock-offset", "-2.5").code == 0
    ran = athar("report", case, "--date", "2026-01-20", "--format", "json")
    told = json.loads((case / "reports" / "summary-en-v1.json").read_bytes())
    assert ran.out.strip().endswith("summary-en-v1.json")
    asked = {"id": "Q2", "text": "What left?", "texts": {}}
    assert (told["case"]["authority"], told["case"]["questions"][1]) == (HOSTILE, asked)
    assert [(o["role"], o["who"]) for o in told["opinions"]] == [("answer", "A. Analyst"), ("note", HOSTILE)]
    assert (told["exhibits"][0]["seal"], told["exhibits"][0]["clock_offset_s"]) == ("SC-9", -2.5)
    shown = json.loads(athar("case", "show", case, "--opinions", "--json").out)
    assert [(o["question"], o["finding"], o["text"]) for o in shown] == [
        ("Q2", None, "Nothing that the records show."),
        (None, A, "Seen twice."),
    ]
    assert "⟨U+202E⟩" in athar("case", "show", case, "--opinions").out
    assert athar("case", "set", case, "--authority", "").code == 0
    assert Case.open(case).info.authority is None
    assert athar("verify", case, "--quiet").code == 0


def test_a_hand_over_with_another_hash_is_recorded_and_said(case, athar):
    own = hashlib.sha256(LINES.encode()).hexdigest()
    given = ("case", "handover", case, "E001", "--giver", "Clerk", "--receiver", "A. Analyst", "--seal", "SC-9")
    same = athar(*given, "--sha256", own, "--when", "2026-01-20T10:00+01:00")
    assert (same.code, same.err) == (0, "")
    assert same.out == "E001: Clerk to A. Analyst, 2026-01-20T09:00:00Z; the stated hashes are the one computed\n"
    other = athar(*given, "--sha256", "0" * 64)
    assert other.code == 1
    assert f"the hashes differ: the giver states {'0' * 64}; computed when it was taken in: {own}" in other.err
    acts = [entry.act for entry in Case.open(case).custody.entries() if entry.act.action == "exhibit-handed-over"]
    assert [act.options["agreement"] for act in acts] == ["same", "different"]
    shown = json.loads(athar("case", "show", case, "--handovers", "--json").out)
    assert [(h["giver"], h["agreement"]) for h in shown] == [("Clerk", "same"), ("Clerk", "different")]


def test_a_new_version_needs_a_reason(case, athar):
    def issue(*more):
        return athar("report", case, "--lang", "fr", "--date", "2026-01-20", *more)

    assert issue().out.strip().endswith("summary-fr-v1.html")
    assert athar("findings", "accept", case, A, *BY).code == 0
    refused = issue()
    assert refused.code == 2
    assert "say why it is issued again: --reason TEXT" in refused.err
    assert issue("--reason", "a finding was accepted").out.strip().endswith("summary-fr-v2.html")
    first = hashlib.sha256((case / "reports" / "summary-fr-v1.html").read_bytes()).hexdigest()
    assert first in (case / "reports" / "summary-fr-v2.html").read_text("utf-8")


@pytest.mark.parametrize("group", [("findings",), ("case",)])
def test_every_new_command_helps_with_an_example(group, athar):
    names = {
        "findings": ("accept", "reject", "edit", "merge", "add"),
        "case": ("note", "answer", "set", "exhibit", "handover"),
    }
    for name in names[group[0]]:
        ran = athar(*group, name, "--help")
        assert ran.code == 0
        assert f"athar {group[0]} {name} CASE" in ran.out
