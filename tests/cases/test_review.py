"""What the examiner decides stands beside the findings, by name and reason, and survives a new run of the rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from cases import findings, review
from cases.case import Case
from cases.errors import CaseError
from cases.phrases import main_findings
from cases.reviews import FILE, reviews
from cases.summarise import summarise
from cases.verify import verify
from timelines.findings import Finding
from timelines.query import Timeline

DATE = "2026-03-06"
A, B = "F-00000000aa", "F-00000000bb"
HOSTILE = "<script>alert(1)</script> #read(\"x\") \u202egpj\x1b[31m =cmd|' /C calc'!A0"


def rerun(case: Case, made: list[Finding]) -> None:
    """What `athar analyze` does to the kept findings."""
    matches = findings.load_matches(case.findings_folder)
    case.log("rules-run", {}, findings.save(case.findings_folder, made, matches, []))


def row_ids(case: Case) -> list[str]:
    table = Timeline(case.timeline_folder).sql("select row_id from timeline order by time, row_id")
    return [str(row) for row in table.column(0).to_pylist()]


def test_a_decision_bears_name_time_and_reason_and_goes_through_custody(filled: Case) -> None:
    before = (filled.findings_folder / "findings.json").read_bytes()
    review.accept(filled, A, "  read line by line ")
    (decision,) = reviews(filled).find(A).review.decisions
    assert (decision.who, decision.action, decision.why) == ("analyst.one", "accept", "read line by line")
    entry = filled.custody.entries()[-1]
    assert (entry.act.action, entry.act.who, entry.act.subjects[0].name) == ("finding-accepted", "analyst.one", FILE)
    assert entry.act.options["why"] == "read line by line"
    assert decision.time <= entry.act.time
    assert (filled.findings_folder / "findings.json").read_bytes() == before
    assert verify(filled).ok


def test_the_last_decision_on_a_finding_holds_and_all_are_kept(filled: Case) -> None:
    review.accept(filled, A, "first look")
    review.reject(filled, A, "second look")
    found = reviews(filled).find(A).review
    assert (found.state, found.stands, [d.action for d in found.decisions]) == ("rejected", False, ["accept", "reject"])
    review.accept(filled, A, "third look")
    assert reviews(filled).find(A).review.state == "accepted"


def test_a_rejected_finding_leaves_the_first_page_and_keeps_its_number(filled: Case) -> None:
    review.reject(filled, A, "our own scan")
    summary = summarise(filled, DATE)
    assert [(f.number, f.finding_id) for f in summary.inferences] == [("C-02", B)]
    assert [(f.number, f.finding_id, f.review.decisions[0].why) for f in summary.set_aside] == [
        ("C-01", A, "our own scan")
    ]
    assert A not in {found.found.finding_id for found in main_findings(summary)}
    assert summary.chart is not None
    assert "C-01" not in {mark.number for mark in summary.chart.marks}


def test_edited_words_stand_beside_the_rules_own(filled: Case) -> None:
    review.edit(filled, A, "plainer", {"title": HOSTILE, "shows": "Requests."})
    review.edit(filled, A, "in French", {"title": "Des requêtes"}, "fr")
    found = summarise(filled, DATE).inferences[0]
    assert found.texts == {"en": {"title": "Plain words"}}
    assert found.words("en") == {"title": HOSTILE, "shows": "Requests."}
    assert found.words("fr") == {"title": "Des requêtes", "shows": "Requests."}
    assert found.title == "Title of rule A"
    assert found.review.state == "open"


def test_limits_that_the_examiner_gives_end_the_draft(filled: Case) -> None:
    filled.amend(request_number="2", authority="A court", examiner="Analyst One")
    review.reject(filled, B, "no data")
    assert summarise(filled, DATE).draft.limits == dict.fromkeys(("ar", "en", "fr"), ("C-01",))
    whole = {"shows": "Requests.", "does_not_show": "Who.", "alternatives": "A test.", "would_change": "A capture."}
    for name in whole:  # each of them is asked for
        review.edit(filled, A, "limits", {name: whole[name]}, "en")
        left = set(summarise(filled, DATE).draft.limits)
        assert ("en" in left) == (name != "would_change")
    assert summarise(filled, DATE).draft.limits == dict.fromkeys(("ar", "fr"), ("C-01",))
    review.edit(filled, A, "limits", whole)
    assert not summarise(filled, DATE).draft.applies("ar")


def test_merged_findings_are_told_by_one(filled: Case) -> None:
    review.merge(filled, A, [B], "one act")
    known = reviews(filled)
    assert (known.find(A).review.merged, known.find(B).review.into) == ((B,), A)
    summary = summarise(filled, DATE)
    assert [f.finding_id for f in summary.inferences] == [A]
    assert [(f.finding_id, f.review.state) for f in summary.set_aside] == [(B, "merged")]
    with pytest.raises(CaseError, match=f"{B} is merged into {A}; merge into a finding that stands"):
        review.merge(filled, B, [A], "the other way round")
    with pytest.raises(CaseError, match="not merged into itself"):
        review.merge(filled, A, [A], "a slip")
    review.accept(filled, B, "it is another act after all")
    assert reviews(filled).find(A).review.merged == ()
    assert reviews(filled).find(B).review.stands


def test_what_was_merged_before_goes_along(filled: Case) -> None:
    rows = row_ids(filled)
    third = review.add(filled, review.Added((rows[5],), "low", {"title": "Third"}), "seen by eye").finding_id
    review.merge(filled, A, [B], "one act")
    review.merge(filled, third, [A], "the same act")
    known = reviews(filled)
    assert (known.find(B).review.into, known.find(A).review.into) == (third, third)
    assert set(known.find(third).review.merged) == {A, B}


def test_an_added_finding_cites_rows_and_is_the_examiners(filled: Case) -> None:
    rows = row_ids(filled)
    stated = review.Added((rows[3][:20], rows[1].upper()), "critical", {"title": HOSTILE, "does_not_show": "Who."})
    made = review.add(filled, stated, "no rule looks for it")
    assert (made.kind, made.rule_id, made.level, made.grade) == ("human", "examiner", "critical", "indication")
    assert set(made.rows) == {rows[1], rows[3]}
    assert made.first is not None
    assert made.last is not None
    assert made.families == ("web/access",)
    told = summarise(filled, DATE).inferences[-1]
    assert (told.number, told.finding_id, told.review.state) == ("C-03", made.finding_id, "added")
    assert [seen.row_id for seen in told.observations] == list(made.rows)
    assert findings.load_findings(filled.findings_folder)[-1].finding_id == B
    with pytest.raises(CaseError, match="was added before"):
        review.add(filled, stated, "again")
    assert verify(filled).ok


def test_only_unsound_rows_make_an_added_finding_inconclusive(filled: Case) -> None:
    loose = Timeline(filled.timeline_folder).sql("select row_id from timeline where flags = 'loose' limit 1")
    stated = review.Added((loose.column(0)[0].as_py(),), "high", {"title": "Read loosely"})
    assert review.add(filled, stated, "seen by eye").grade == "inconclusive"


def test_what_the_examiner_answers_for_comes_first(filled: Case) -> None:
    review.accept(filled, B, "checked")
    assert [entry.found.finding_id for entry in main_findings(summarise(filled, DATE))] == [B, A]


def test_reviews_outlive_a_new_run_and_those_without_a_finding_are_named(filled: Case) -> None:
    review.accept(filled, A, "checked")
    review.reject(filled, B, "noise")
    first, second = findings.load_findings(filled.findings_folder)
    rerun(filled, [replace(first, rows=first.rows[:3])])
    known = reviews(filled)
    assert (known.find(A).review.state, known.find(A).review.decisions[0].changed) == ("accepted", True)
    assert [(d.finding, d.why) for d in known.orphans] == [(B, "noise")]
    assert [d.finding for d in summarise(filled, DATE).orphans] == [B]
    rerun(filled, [first, second])
    known = reviews(filled)
    assert known.orphans == ()
    assert [one.review.decisions[0].changed for one in known.findings] == [False, False]
    assert verify(filled).ok


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda c: review.accept(c, A, " \n"), "--why: empty"),
        (lambda c: review.accept(c, A, "two\nlines"), "--why: holds a line break"),
        (lambda c: review.accept(c, A, "x" * 10_001), "10,001 characters"),
        (lambda c: review.accept(c, "F-00000000ab", "x"), r"did you mean F-00000000(aa|bb)\? athar findings CASE"),
        (lambda c: review.accept(c, "F-0", "x"), "more than one finding begins with 'F-0'"),
        (lambda c: review.accept(c, "", "x"), "no finding ''"),
        (lambda c: review.edit(c, A, "x", {}), "nothing to edit; give one of title, shows"),
        (lambda c: review.edit(c, A, "x", {"level": "high"}), "no such words: level"),
        (lambda c: review.edit(c, A, "x", {"title": "x"}, "de"), "no language 'de'"),
        (lambda c: review.add(c, review.Added(("zz",), "low", {"title": "x"}), "x"), "no row of this case"),
        (lambda c: review.add(c, review.Added(("",), "low", {"title": "x"}), "x"), "no row of this case"),
        (lambda c: review.add(c, review.Added((), "low", {"title": "x"}), "x"), "cites no row"),
        (lambda c: review.add(c, review.Added(("a",), "grave", {"title": "x"}), "x"), "level 'grave'"),
        (lambda c: review.add(c, review.Added(("a",), "low", {}), "x"), "has no title"),
        (lambda c: review.merge(c, A, [], "x"), "not merged into itself"),
    ],
)
def test_what_cannot_be_decided_is_said_and_leaves_nothing(
    filled: Case, act: Callable[[Case], object], said: str
) -> None:
    entries = len(filled.custody.entries())
    with pytest.raises(CaseError, match=said):
        act(filled)
    assert len(filled.custody.entries()) == entries
    assert not (filled.folder / FILE).exists()


def test_an_altered_review_is_named_and_nothing_is_written_over_it(filled: Case) -> None:
    review.reject(filled, A, "our own scan")
    review.accept(filled, B, "checked")
    path = filled.folder / FILE
    path.write_bytes(path.read_bytes().replace(b"reject", b"accept"))
    assert [check.subject for check in verify(filled).failed] == [FILE]
    fault = summarise(filled, DATE).custody.faults[0]
    assert FILE in fault.reason
    with pytest.raises(CaseError, match=r"reviews\.jsonl: not what custody entry \d+ recorded; nothing is added"):
        review.accept(filled, A, "on top of it")
    path.unlink()
    with pytest.raises(CaseError, match="not what custody entry"):
        review.accept(filled, A, "on top of nothing")


def test_a_line_that_a_power_cut_left_unrecorded_is_taken_off_and_kept_in_custody(filled: Case) -> None:
    review.accept(filled, A, "checked")
    path = filled.folder / FILE
    line = {"finding": B, "action": "reject", "who": "analyst.one", "time": "2026-03-06T09:00:00Z", "why": "w"}
    path.write_bytes(path.read_bytes() + json.dumps(line).encode() + b"\n")
    assert not verify(filled).ok
    review.reject(filled, A, "looked again")
    assert [d.action for d in reviews(filled).find(A).review.decisions] == ["accept", "reject"]
    assert reviews(filled).find(B).review.decisions == ()
    assert filled.custody.entries()[-1].act.options["interrupted"] == json.dumps(line) + "\n"
    assert verify(filled).ok


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        "[]",
        "{}",
        '{"finding":1}',
        json.dumps({"finding": A, "action": "erase", "who": "x", "time": "t", "why": "w"}),
        json.dumps({"finding": A, "action": "edit", "who": "x", "time": "t", "why": "w", "words": {"title": 1}}),
        json.dumps({"finding": A, "action": "edit", "who": "x", "time": "t", "why": "w", "words": {"level": "x"}}),
        json.dumps({"finding": A, "action": "merge", "who": "x", "time": "t", "why": "w", "into": []}),
        json.dumps({"finding": A, "action": "add", "who": "x", "time": "t", "why": "w"}),
        json.dumps({"finding": A, "action": "add", "who": "x", "time": "t", "why": "w", "added": {"finding_id": 1}}),
    ],
)
def test_lines_that_are_no_decisions_are_one_clear_error(filled: Case, line: str) -> None:
    (filled.folder / FILE).write_text(line + "\n", "utf-8")
    with pytest.raises(CaseError, match=r"reviews\.jsonl: line 1: .*athar verify"):
        reviews(filled)


def test_a_finding_of_the_wrong_types_is_refused(filled: Case) -> None:
    rows = row_ids(filled)
    review.add(filled, review.Added((rows[0],), "low", {"title": "x"}), "seen")
    path = filled.folder / FILE
    whole = json.loads(path.read_bytes())
    for name, value in (
        ("rows", [1]),
        ("rows", "abc1"),
        ("first", "x"),
        ("grade", "sure"),
        ("entities", []),
        ("texts", {"en": 1}),
    ):
        path.write_text(json.dumps({**whole, "added": {**whole["added"], name: value}}) + "\n", "utf-8")
        if (name, value) == ("rows", "abc1"):
            continue
        with pytest.raises(CaseError, match="line 1"):
            reviews(filled)


def test_merges_in_a_circle_hide_nothing(filled: Case) -> None:
    same = {"who": "x", "time": "2026-03-06T09:00:00Z", "why": "w", "action": "merge"}
    lines = [json.dumps({**same, "finding": A, "into": B}), json.dumps({**same, "finding": B, "into": A})]
    (filled.folder / FILE).write_text("\n".join(lines) + "\n", "utf-8")
    assert {f.finding_id for f in summarise(filled, DATE).set_aside} == {A, B}
