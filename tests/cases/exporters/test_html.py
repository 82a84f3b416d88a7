"""The page is whole, inert and turned the right way, whatever the evidence holds."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from types import ModuleType

import pytest

from cases import captions
from cases.exporters import exporter
from cases.languages import codes, language
from cases.summary import Summary

VOID = {"meta", "br", "img", "link", "input", "hr"}
HEADINGS = (
    "summary",
    "mandate",
    "exhibits",
    "custody",
    "method",
    "findings",
    "timeline",
    "opinion",
    "negative",
    "limits",
)
ORDER = (
    *HEADINGS,
    "statement",
    "glossary",
    *(f"annex_{name}" for name in ("files", "custody", "versions", "excerpts", "redactions", "verification")),
)
# What a right-to-left paragraph would show with its parts in another order.
TURNS = re.compile(
    r"\d{4}-\d\d-\d\d|\d\d:\d\d|[0-9a-f]{12,}|::|[A-Za-z]:\\|/[a-z]+/|\d+\.\d+\.\d+\.\d+|[CF]-\d+|E\d{3}"
)


class Page(HTMLParser):
    """Elements, attributes and text of a page; text with whether an element around it isolates it."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[tuple[str, tuple[str, ...], bool]] = []
        self._open: list[tuple[str, bool]] = []
        self.unbalanced: list[str] = []
        self.feed(html)
        self.close()
        self.unbalanced += [tag for tag, _ in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        directed = dict(attrs).get("dir") in ("ltr", "auto") or dict(attrs).get("direction") == "ltr" or tag == "bdi"
        if tag not in VOID:
            self._open.append((tag, directed))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            self.unbalanced.append(tag)
            return
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((data, tuple(tag for tag, _ in self._open), any(directed for _, directed in self._open)))

    def values(self, name: str) -> list[str]:
        return [value for _, found, value in self.attributes if found == name]

    @property
    def words(self) -> str:
        return " ".join(text for text, around, _ in self.texts if "style" not in around)


@pytest.fixture(scope="session")
def rendered(synthetic: ModuleType) -> Callable[[str], str]:
    return cache(lambda code: exporter("html").render(synthetic.summary(), language(code)).decode("utf-8"))


@pytest.mark.parametrize("code", codes())
def test_hostile_evidence_is_inert(rendered: Callable[[str], str], code: str) -> None:
    page = Page(rendered(code))
    assert page.unbalanced == []
    assert not {"script", "img", "iframe", "object", "embed", "link", "form", "base"} & set(page.tags)
    assert not [name for _, name, _ in page.attributes if name.startswith("on") or name == "style"]
    assert "{{7*7}}" in page.words
    assert "49" not in re.findall(r"'>(\S+) ⟨U\+202E⟩", page.words)


@pytest.mark.parametrize("code", codes())
def test_nothing_in_the_file_hides_or_turns_text(rendered: Callable[[str], str], code: str) -> None:
    html = rendered(code)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]", html)
    assert "⟨U+202E⟩gpj.exe⟨U+202C⟩ ⟨U+001B⟩[31m" in Page(html).words


@pytest.mark.parametrize("code", codes())
def test_the_policy_allows_this_style_and_nothing_else(rendered: Callable[[str], str], code: str) -> None:
    html = rendered(code)
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert policy in Page(html).values("content")
    assert html.index("Content-Security-Policy") < html.index("<style>")


@pytest.mark.parametrize("code", codes())
def test_nothing_is_fetched(rendered: Callable[[str], str], code: str) -> None:
    html = rendered(code)
    page = Page(html)
    assert all(href.startswith("#") for href in page.values("href"))
    assert page.values("src") == []
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert not re.search(r"url\(|@import|@font-face|expression", style)
    assert set(re.findall(r"https?://[^\s\"<]+", html)) == {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("code", codes())
def test_links_lead_somewhere_once(rendered: Callable[[str], str], code: str) -> None:
    page = Page(rendered(code))
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {href[1:] for href in page.values("href")} <= set(ids)


@pytest.mark.parametrize("code", codes())
def test_sections_come_in_the_agreed_order(rendered: Callable[[str], str], code: str) -> None:
    html = rendered(code)
    places = [html.index(f'<h2 id="{name}">') for name in ORDER]
    assert places == sorted(places)
    for name in ORDER:
        assert language(code).word(f"section.{name}") in Page(html).words
    levels = [int(tag[1]) for tag in Page(html).tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_arabic_reads_from_right_to_left_and_isolates_every_token(rendered: Callable[[str], str]) -> None:
    page = Page(rendered("ar"))
    assert ("html", "dir", "rtl") in page.attributes
    assert ("html", "lang", "ar") in page.attributes
    skipped = {"style", "title", "desc"}
    loose = [
        text
        for text, around, isolated in page.texts
        if TURNS.search(text) and not isolated and not skipped & set(around)
    ]
    assert loose == []


def test_arabic_words_in_other_languages_are_isolated_too(synthetic: ModuleType) -> None:
    html = exporter("html").render(synthetic.summary("الخادم"), language("en")).decode()
    page = Page(html)
    assert [
        t
        for t, around, isolated in page.texts
        if re.search("[\u0600-\u06ff]", t) and not isolated and "style" not in around
    ] == []
    assert "الخادم" in page.words


@pytest.mark.parametrize("code", codes())
def test_hashes_and_locators_are_printed_in_full(
    rendered: Callable[[str], str], synthetic: ModuleType, code: str
) -> None:
    words = Page(rendered(code)).words
    summary: Summary = synthetic.summary()
    for sheet in summary.exhibits:
        for value in (sheet.sha256, sheet.supplied_sha256, *(line.sha256 for line in sheet.entries)):
            assert (value or "") in words
    assert summary.custody.head is not None
    assert summary.custody.head.hash in words
    for found in summary.inferences:
        assert found.finding_id in words
        for seen in found.observations:
            assert seen.row_id in words
            assert language(code).number(seen.offset) in words


@pytest.mark.parametrize("code", codes())
def test_what_was_not_supplied_says_so(rendered: Callable[[str], str], code: str) -> None:
    words = language(code).word
    legal = rendered(code).split(f">{words('case.legal_basis')}<")[1]
    assert legal.index(words("common.not_supplied")) < 60
    assert words("first.no_answer") in Page(rendered(code)).words


@pytest.mark.parametrize("code", codes())
def test_the_first_page_names_no_rule(rendered: Callable[[str], str], synthetic: ModuleType, code: str) -> None:
    html = rendered(code)
    first = Page(html[html.index("<main>") : html.index('<h2 id="method">')]).words
    for found in synthetic.summary("no such text").inferences:
        assert found.title not in first
        assert found.rule_id not in first
    assert language(code).word("finding.not_person") in first


@pytest.mark.parametrize("code", codes())
def test_every_finding_says_what_it_does_not_show(rendered: Callable[[str], str], code: str) -> None:
    html = rendered(code)
    cards = html.split('<article class="finding"')[1:]
    assert len(cards) == 3
    for card in cards:
        for key in (
            "finding.shows",
            "finding.does_not_show",
            "finding.not_person",
            "finding.alternatives",
            "finding.would_change",
            "finding.observed",
            "finding.inferred",
        ):
            assert language(code).word(key) in Page(card).words


@pytest.mark.parametrize("code", codes())
def test_a_finding_has_its_chart_before_its_records(
    rendered: Callable[[str], str], synthetic: ModuleType, code: str
) -> None:
    first, second, _ = rendered(code).split('<article class="finding"')[1:]
    chart = synthetic.summary().inferences[0].chart
    assert f"<desc>{captions.finding_alt(synthetic.summary().inferences[0], chart, language(code))}</desc>" in first
    assert first.index('<svg class="chart"') < first.index('<table class="records">')
    told = Page(first).words
    for key in ("chart.cited", "chart.timeless"):
        assert language(code).word(key).partition("{")[0].strip() in told
    assert "<svg" not in second


def test_a_finding_without_words_in_this_language_is_marked_as_the_rules_own(rendered: Callable[[str], str]) -> None:
    card = rendered("fr").split('<article class="finding"')[2]
    assert "Detects a command line that hides what it runs." in card
    assert language("fr").word("common.own_words") in Page(card).words
    assert language("fr").word("finding.would_change_general") in Page(card).words
    assert (
        language("fr").word("finding.would_change_general")
        not in Page(rendered("fr").split('<article class="finding"')[1]).words
    )


def test_same_summary_same_bytes(synthetic: ModuleType) -> None:
    for code in codes():
        once, again = (exporter("html").render(synthetic.summary(), language(code)) for _ in range(2))
        assert once == again


def test_long_lists_are_bounded_and_counted(synthetic: ModuleType) -> None:
    summary: Summary = synthetic.summary("x")
    sheet = summary.exhibits[0]
    entries = tuple(replace(sheet.entries[0], file=f"log/{n}", status="unreadable") for n in range(6_000))
    html = (
        exporter("html").render(replace(summary, exhibits=(replace(sheet, entries=entries),)), language("en")).decode()
    )
    words = re.sub(r"\s+", " ", Page(html).words)
    assert "5,500 more not printed here" in words
    assert "1,000 more not printed here" in words
    assert html.count('<tr id="E001-') == 5_000


def test_counts_of_long_entity_lists_are_told(rendered: Callable[[str], str]) -> None:
    words = re.sub(r"\s+", " ", Page(rendered("en").split('<article class="finding"')[1]).words)
    assert "/upload/ and 72 more" in words
    assert "objects_total" not in words


def test_findings_of_a_log_itself_stand_among_the_limits(synthetic: ModuleType) -> None:
    summary = synthetic.summary()
    first = summary.inferences[0]
    doubted = replace(summary, limits=replace(summary.limits, logs=(first.number,)))
    for code in codes():
        words = language(code)
        plain, page = (exporter("html").render(one, words).decode() for one in (summary, doubted))
        bounds = page[page.index('<h2 id="limits"') : page.index('<h2 id="statement"')]
        assert words.word("limits.logs") in bounds
        assert f'<th scope="row"><a href="#{first.finding_id}">' in bounds
        assert words.word("limits.logs") not in plain
