"""Opinions: notes on a case, a finding or a question, and the answers to the questions, each in a person's name."""

from __future__ import annotations

import difflib
from typing import Any, get_args

from cases.case import Case
from cases.errors import CaseError
from cases.examiner import Opinion, Role
from cases.notebook import Notebook, bounded, one_line, texts_of

FILE = "findings/opinions.jsonl"
ACTIONS: dict[Role, str] = {"note": "note-written", "answer": "question-answered"}


def notebook(case: Case) -> Notebook:
    return Notebook(case, FILE)


def note(case: Case, text: str, question: str | None = None, finding: str | None = None) -> Opinion:
    """Write a note, on the whole case or on one question or finding (its full id), in the name of the case's hand."""
    if question is not None:
        question = _question(case, question)
    return _write(case, "note", bounded("the note", text), question, finding)


def answer(case: Case, question: str, text: str) -> Opinion:
    """Answer a question of the request in one sentence. A later answer replaces it; both are kept."""
    return _write(case, "answer", one_line("the answer", text), _question(case, question), None)


def opinions(case: Case) -> tuple[Opinion, ...]:
    """Every note and answer in the order in which they were written. Raises CaseError for a file that was altered beyond reading."""
    found = []
    for number, record in enumerate(notebook(case).records(), 1):
        where = f"{FILE}: line {number}"
        texts = texts_of(record, ("who", "time", "text", "role"), where)
        role = next((role for role in get_args(Role) if role == texts["role"]), None)
        if role is None:
            raise CaseError(f"{where}: role: expected note or answer (edited or damaged); run `athar verify`")
        question, finding = (_optional(record.get(name), f"{where}: {name}") for name in ("question", "finding"))
        found.append(Opinion(texts["who"], texts["time"], texts["text"], question, finding, role))
    return tuple(found)


def _write(case: Case, role: Role, text: str, question: str | None, finding: str | None) -> Opinion:
    record = {"role": role, "text": text, "question": question, "finding": finding}
    written = notebook(case).add(ACTIONS[role], record)
    return Opinion(written["who"], written["time"], text, question, finding, role)


def _question(case: Case, wanted: str) -> str:
    ids = [question.id for question in case.info.questions]
    for known in ids:
        if known.lower() == wanted.lower():
            return known
    near = difflib.get_close_matches(wanted.upper(), ids, 1, 0.5)
    known = ", ".join(ids[:20]) or "none; athar case set CASE --question TEXT adds one"
    hint = f"did you mean {near[0]}? " if near else ""
    raise CaseError(f"no question {wanted!r} in this case; {hint}there are: {known}")


def _optional(value: Any, where: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise CaseError(f"{where}: expected text or null (edited or damaged); run `athar verify`")
