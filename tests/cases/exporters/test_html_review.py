"""What the examiner brings is on the page, marked as the examiner's, and as inert as evidence."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cases.exporters import exporter
from cases.languages import codes, language


def _beside(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"athar_{path.stem}_for_review", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


HERE = Path(__file__).parent
PAGES, REVIEWED = _beside(HERE / "test_html.py"), _beside(HERE.parent / "reviewed.py")
TEXTS = _beside(HERE.parent / "synthetic.py").TEXTS
Rendered = Callable[[str], str]


@pytest.fixture(scope="session")
def rendered(synthetic: ModuleType) -> Rendered:
    summary = REVIEWED.summary(synthetic, synthetic.HOSTILE)
    return cache(lambda code: exporter("html").render(summary, language(code)).decode("utf-8"))


def page(html: str) -> Any:
    return PAGES.Page(html)


def words(html: str) -> str:
    return re.sub("[ \n]+", " ", page(html).words)


def part(html: str, begin: str, end: str) -> str:
    return html[html.index(begin) : html.index(end, html.index(begin) + 1)]


@pytest.mark.parametrize("code", codes())
def test_what_the_examiner_writes_is_inert(rendered: Rendered, code: str) -> None:
    html = rendered(code)
    found = page(html)
    assert found.unbalanced == []
    assert not {"script", "img"} & set(found.tags)
    assert not [name for _, name, _ in found.attributes if name.startswith("on") or name == "style"]
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]", html)
    assert html.count("⟨U+202E⟩gpj.exe") > 20
    ids = found.values("id")
    assert len(ids) == len(set(ids))
    assert {href[1:] for href in found.values("href")} <= set(ids)


def test_arabic_isolates_every_token_of_it(rendered: Rendered) -> None:
    skipped = {"style", "title", "desc"}
    loose = [
        text
        for text, around, isolated in page(rendered("ar")).texts
        if PAGES.TURNS.search(text) and not isolated and not skipped & set(around)
    ]
    assert loose == []


@pytest.mark.parametrize("code", codes())
def test_the_examiners_words_are_marked_and_the_rules_own_stand_beside(rendered: Rendered, code: str) -> None:
    say = language(code).word
    html = rendered(code)
    card = words(part(html, '<article class="finding" id="F-0a1b2c3d4e"', '<article class="finding" id="F-9999999999"'))
    theirs = TEXTS[code]
    for mark in ("T", "S", "N", "A", "W"):
        assert f"{mark} <script>alert(1)</script>" in card
    assert card.count(f"({say('review.own')})") == 5
    assert card.count(say("review.original")) == 5
    for name in ("title", "shows", "does_not_show", "alternatives", "would_change"):
        assert re.sub("[\u2066-\u2069]", "", theirs[name])[:40] in card
    assert say("state.accepted") in card
    assert say("review.changed") in card
    assert card.index(say("review.merged_here")) < card.index("C-02", card.index(say("review.merged_here")))


@pytest.mark.parametrize("code", codes())
def test_an_added_finding_is_said_to_be_the_examiners(rendered: Rendered, code: str) -> None:
    say = language(code).word
    card = words(part(rendered(code), '<article class="finding" id="F-9999999999"', "</article>"))
    for key in ("state.added", "decision.add", "review.stated", "review.why", "kind.human", "review.not_given"):
        assert say(key) in card
    assert say("finding.inferred") not in card
    assert say("finding.rule") not in re.sub(say("review.stated"), "", card).split(say("finding.observed"))[1]
    assert say("common.not_supplied") in card


@pytest.mark.parametrize("code", codes())
def test_what_was_set_aside_has_its_own_list_with_who_and_why(rendered: Rendered, code: str) -> None:
    say = language(code).word
    html = rendered(code)
    first = words(part(html, "<main>", '<h2 id="mandate">'))
    assert say("first.set_aside").format(n="2") in first
    assert "C-03" not in first
    aside = words(part(html, f"<h3>{say('review.set_aside')}</h3>", '<h2 id="timeline">'))
    for text in ("C-02", "C-03", say("decision.merge"), say("decision.reject"), "Analyst One", "2026-03-06 09:00:00"):
        assert text in aside
    assert say("review.into").format(number="C-01") in aside
    assert say("review.orphans") in aside
    assert "F-8888888888" in aside


@pytest.mark.parametrize("code", codes())
def test_each_question_has_one_answer_or_says_that_it_has_none(rendered: Rendered, code: str) -> None:
    say = language(code).word
    first = part(rendered(code), '<ol class="questions">', "</ol>")
    assert first.count('<p class="answer') == 2
    assert "Yes. &lt;script&gt;" in first
    assert "Perhaps." not in first
    assert say("first.no_answer") in first
    opinion = words(part(rendered(code), '<h2 id="opinion">', '<h2 id="negative">'))
    assert opinion.index("Perhaps.") > opinion.index(say("opinion.replaced"))
    for text in ("First paragraph.", "Second:", "On the whole."):
        assert text in opinion


@pytest.mark.parametrize("code", codes())
def test_hand_overs_and_the_issue_are_printed(rendered: Rendered, code: str) -> None:
    say = language(code).word
    custody = part(rendered(code), '<h2 id="custody">', '<h2 id="method">')
    assert f'<div class="warning"><dt>{say("exhibit.agreement")}</dt><dd>{say("hand_over.different")}' in custody
    for text in ("a" * 64, "d" * 64, "e" * 64, say("hand_over.giver"), say("issue.reason")):
        assert text in custody
    assert say("hand_over.none") not in custody
    assert f"<dt>{say('issue.version')}</dt>" in rendered(code)
