"""A summary that lacks what the court needs says so on its first page and across every printed one."""

from __future__ import annotations

import json
from dataclasses import replace
from types import ModuleType

import pytest

from cases.case import CaseInfo
from cases.drafts import draft
from cases.exporters import exporter
from cases.languages import codes, language
from cases.summary import Draft, Summary

WHOLE = CaseInfo(number="1", request_number="2", authority="A court", examiner="Analyst One")


def test_required_fields_and_limits_of_findings_are_named(synthetic: ModuleType) -> None:
    found = synthetic.summary().inferences
    assert draft(CaseInfo(number=" ", authority="A court"), ()) == Draft(("number", "request_number", "examiner"))
    assert draft(WHOLE, found[:1]) == Draft()
    assert draft(WHOLE, found).limits == dict.fromkeys(codes(), ("C-02", "C-03"))
    halves = {"en": {**found[0].texts["en"]}, "fr": {"shows": "Cela montre.", "does_not_show": " "}}
    assert draft(WHOLE, [replace(found[0], texts=halves)]).limits == {"ar": ("C-01",), "fr": ("C-01",)}


@pytest.mark.parametrize("code", codes())
def test_a_draft_is_marked_on_the_page_and_in_print(synthetic: ModuleType, code: str) -> None:
    words, whole = language(code), synthetic.summary()
    marked: Summary = replace(whole, draft=Draft(("authority",), {code: ("C-02",)}))
    page = exporter("html").render(marked, words).decode()
    first = page[page.index("<main>") : page.index('<h2 id="summary">')]
    for key in ("draft.mark", "draft.is", "case.authority"):
        assert words.word(key) in first
    assert ">C-02<" in first
    assert f'class="watermark" aria-hidden="true">{words.word("draft.mark")}<' in page
    other = next(c for c in codes() if c != code)
    assert "watermark" not in exporter("html").render(
        replace(whole, draft=Draft((), {other: ("C-02",)})), words
    ).decode().replace(".watermark", "")


def test_programs_read_why_it_is_a_draft(synthetic: ModuleType) -> None:
    marked = replace(synthetic.summary(), draft=Draft(("authority",), {"fr": ("C-02",)}))
    assert json.loads(exporter("json").render(marked, language("fr")))["draft"] == {
        "fields": ["authority"],
        "limits": {"fr": ["C-02"]},
    }
