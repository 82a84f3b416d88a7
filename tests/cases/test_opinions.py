"""Notes and answers are opinions: in a name, at a time, apart from what was observed and inferred."""

from __future__ import annotations

import pytest

from cases.case import Case, Question
from cases.errors import CaseError
from cases.opinions import FILE, answer, note, opinions
from cases.phrases import answer as held
from cases.summarise import summarise
from cases.verify import verify

DATE = "2026-03-06"
HOSTILE = '<b>=1+1</b> \u202e\x1b[2J #read("x") \ud800'


@pytest.fixture
def asked(filled: Case) -> Case:
    filled.amend(questions=(Question("Q1", "Was the portal entered?"), Question("Q2", "Which data left?")))
    return filled


def test_a_question_is_answered_in_one_sentence_and_the_last_answer_holds(asked: Case) -> None:
    answer(asked, "q1", "Yes, on 3 March 2026.")
    assert asked.custody.entries()[-1].act.action == "question-answered"
    last = answer(asked, "Q1", "Yes, on 3 March 2026 at 21:14 UTC.")
    summary = summarise(asked, DATE)
    assert held(summary, "Q1") == last
    assert held(summary, "Q2") is None
    assert [o.text for o in summary.opinions] == ["Yes, on 3 March 2026.", "Yes, on 3 March 2026 at 21:14 UTC."]
    assert verify(asked).ok


def test_a_note_is_no_answer(asked: Case) -> None:
    note(asked, "See the capture.", question="Q1")
    note(asked, f"First paragraph.\n\n{HOSTILE}", finding="F-00000000aa")
    summary = summarise(asked, DATE)
    assert held(summary, "Q1") is None
    assert [(o.question, o.finding, o.role) for o in summary.opinions] == [
        ("Q1", None, "note"),
        (None, "F-00000000aa", "note"),
    ]
    assert summary.opinions[1].text.endswith(HOSTILE)
    assert opinions(asked) == summary.opinions


def test_what_cannot_be_written_is_said(asked: Case) -> None:
    for wanted, text, said in (
        ("Q3", "x", r"no question 'Q3' in this case; did you mean Q\d\? there are: Q1, Q2"),
        ("Q1", "two\nsentences on two lines", "holds a line break"),
        ("Q1", " ", "the answer: empty"),
    ):
        with pytest.raises(CaseError, match=said):
            answer(asked, wanted, text)
    with pytest.raises(CaseError, match="the note: empty"):
        note(asked, "\n")
    assert not (asked.folder / FILE).exists()


def test_an_altered_opinion_is_named(asked: Case) -> None:
    answer(asked, "Q1", "Yes.")
    path = asked.folder / FILE
    path.write_bytes(path.read_bytes().replace(b"Yes.", b"No.."))
    assert [check.subject for check in verify(asked).failed] == [FILE]
    with pytest.raises(CaseError, match="nothing is added"):
        note(asked, "on top")
    for line in (
        '{"who":"x"}',
        '{"who":"x","time":"t","text":"t","role":"oath"}',
        '{"who":"x","time":"t","text":"t","role":"note","finding":4}',
    ):
        path.write_text(line, "utf-8")
        with pytest.raises(CaseError, match=r"opinions\.jsonl: line 1: .*athar verify"):
            opinions(asked)
