"""A question of the request is put in the reader's language where it is translated, else as the authority put it."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import pytest

from cases.case import Question
from cases.exporters import exporter
from cases.languages import language
from cases.typesetting import press

ASKED = Question("Q1", "Qui est entré ?", {"fr": "Qui est entré ?", "ar": "من ولج؟"})


@pytest.mark.parametrize(
    ("code", "put", "other"),
    [("ar", "من ولج؟", "Qui"), ("fr", "Qui est entré ?", "من ولج"), ("en", "Qui est entré ?", "من ولج")],
)
def test_a_question_is_put_in_the_readers_language(synthetic: ModuleType, code: str, put: str, other: str) -> None:
    summary = synthetic.summary("x")
    summary = replace(summary, case=replace(summary.case, questions=(ASKED,)))
    for text in (
        exporter("html").render(summary, language(code)).decode(),
        repr(press.content(summary, language(code))),
    ):
        assert text.count(put) == 2  # on the first page and in the mandate
        assert other not in text
