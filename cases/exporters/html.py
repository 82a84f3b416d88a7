"""The summary as one HTML file: no script, no network, its only style named by hash in its policy."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from markupsafe import Markup

from cases import captions, isolate, moments, phrases
from cases.drawing import FINDING, draw
from cases.languages import Language
from cases.page_templates import templates
from cases.phrases import Phrase
from cases.summary import Chart, FileLine, Inference, Summary

FILES = 5_000  # files listed in Annex A: more than a reader turns pages for; the JSON twin lists all
ALIKE = 8  # finding numbers named on the first page beside the one that stands for them
NAMES = 10  # entities of a kind printed with a finding
NAME = 160  # characters of an entity printed; the JSON twin holds it whole
LISTED = 500  # files listed in a table of section 10
RULES = 10_000  # rules listed in Annex C
_UNITS = ((10**12, "tera"), (10**9, "giga"), (10**6, "mega"), (10**3, "kilo"))
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_DOTS = {"corroborated": 3, "supported": 2, "indication": 1, "inconclusive": 0}


@dataclass(frozen=True, slots=True)
class Html:
    """Self-contained, printable, readable in light and dark, in any of the languages."""

    name: str = "html"
    suffix: str = ".html"

    def render(self, summary: Summary, language: Language) -> bytes:
        environment = templates()
        css = (resources.files("cases.templates") / "summary.css").read_text("utf-8").replace("\r\n", "\n")
        digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
        pen = Pen(language, summary.case.zone)
        environment.globals.update(pen.tools())
        main = phrases.main_findings(summary)
        text = environment.get_template("summary.html").render(
            s=summary,
            lang=language,
            css=Markup(css),
            style_hash=digest,
            chart_svg=_chart(summary.chart, language) if summary.chart else "",
            finding_chart=lambda found: _finding_chart(found, language),
            heading=phrases.heading(summary),
            limit=phrases.main_limit(summary),
            integrity=phrases.integrity(summary),
            contacts=phrases.contacts(summary),
            main=main,
            others=len(summary.inferences) - sum(1 + len(entry.alike) for entry in main),
            named=_named,
            rule_id=lambda found: Markup('<span class="ruleid">{}</span>').format(isolate.token(found.rule_id)),
            max_alike=ALIKE,
            missing=phrases.missing(summary),
            carvable=phrases.carvable(summary),
            opinions_on=phrases.opinions_on,
            period=_period(summary),
            bar_width=lambda chart: captions.bar_width(chart, language),
            unread=_lines(summary, lambda line: line.status in ("unrecognised", "unreadable")),
            damage=_lines(summary, lambda line: bool(line.damaged or line.unsupported)),
            listed_files=sum(len(sheet.entries) for sheet in summary.exhibits),
            max_listed=LISTED,
            numbers={f.finding_id: f.number for f in (*summary.inferences, *summary.set_aside)},
            anchors=_anchors(summary),
            max_files=FILES,
            max_rules=RULES,
        )
        return text.encode("utf-8", "backslashreplace")


@dataclass(frozen=True, slots=True)
class Pen:
    """Puts words and values of one language on the page: all that the template may call."""

    language: Language
    zone: str | None

    def tools(self) -> dict[str, Callable[..., Any]]:
        names = (
            "word",
            "say",
            "phrase",
            "num",
            "size",
            "when",
            "local",
            "given",
            "plain_title",
            "rule_words",
            "said",
            "dots",
            "known",
            "sources",
            "second",
            "stamp",
        )
        tools = {name: getattr(self, name) for name in names}
        return {**tools, "token": isolate.token, "plain": isolate.plain, "utc": moments.utc}

    def word(self, key: str) -> str:
        return self.language.word(key)

    def known(self, group: str, name: str) -> Markup:
        """The word for a value that code may add to (`action`, `entity`): the value itself where there is none yet."""
        key = f"{group}.{name}"
        return Markup("{}").format(self.word(key)) if self.language.known(key) else isolate.token(name)

    def say(self, key: str, **values: int | str | Markup) -> Markup:
        """The words under `key` with values in them, each isolated from the text around it."""
        shown = {name: self._shown(name, value) for name, value in values.items()}
        return Markup(Markup("{}").format(self.word(key)).format(**shown))

    def phrase(self, phrase: Phrase) -> Markup:
        return self.say(phrase.key, **phrase.values)

    def _shown(self, name: str, value: int | str | Markup) -> Markup:
        if isinstance(value, Markup):
            return value
        if name == "time" and isinstance(value, str):
            return self.stamp(value)
        if isinstance(value, int):
            return self.size(value) if name == "size" else isolate.token(self.num(value))
        return isolate.token(value)

    def stamp(self, text: str) -> Markup:
        """A time that custody or the register holds, `2026-03-03T21:14:05Z`, as times are printed elsewhere."""
        if not _STAMP.fullmatch(text):
            return isolate.token(text)
        shown = isolate.token(f"{text[:10]} {text[11:19]}")
        return Markup('<span class="when">{} <span class="utc">{}</span></span>').format(shown, self.word("time.utc"))

    def num(self, value: int) -> str:
        return self.language.number(value)

    def size(self, value: int) -> Markup:
        """A size in bytes, and rounded in a larger unit where that reads more easily."""
        exact = self.word("numbers.bytes").format(n=self.num(value))
        for unit, name in _UNITS:
            if value >= unit:
                tenths = value * 10 // unit
                rounded = f"{self.num(tenths // 10)}{self.word('numbers.decimal')}{tenths % 10}"
                exact = f"{self.word(f'numbers.{name}').format(n=rounded)} ({exact})"
                break
        return Markup('<bdi class="size">{}</bdi>').format(exact)

    def when(self, first: int | None, last: int | None) -> Markup:
        """A moment or a span in UTC, to the second."""
        if first is None:
            return Markup("{}").format(self.word("time.none"))
        begin, end = moments.utc_seconds(first), moments.utc_seconds(last if last is not None else first)
        span = isolate.token(begin) if begin == end else self.say("time.span", first=begin, last=end)
        return Markup('<span class="when">{} <span class="utc">{}</span></span>').format(span, self.word("time.utc"))

    def local(self, first: int | None, last: int | None) -> Markup:
        """The same in the reader's zone, where one was supplied."""
        if first is None or not self.zone:
            return Markup("")
        begin = moments.local_seconds(first, self.zone)
        end = moments.local_seconds(last if last is not None else first, self.zone)
        span = isolate.token(begin) if begin == end else self.say("time.span", first=begin, last=end)
        return Markup('<span class="local">{} ({})</span>').format(span, self.say("time.local", zone=self.zone))

    def given(self, value: str | None) -> Markup:
        """What a person supplied, or that nobody did."""
        if value is None or value == "":
            return Markup('<span class="absent">{}</span>').format(self.word("common.not_supplied"))
        return isolate.plain(value)

    def plain_title(self, found: Inference, own: bool = True) -> Markup:
        """The finding's title in the examiner's words; else in this language; else the rule's own (`own`), or plain words that
        name no rule."""
        mine = found.review.words(self.language.code).get("title")
        return isolate.plain(mine) if mine else self.rule_words(found, own)

    def rule_words(self, found: Inference, own: bool = True) -> Markup:
        """The title as the rule's author gave it."""
        words = found.texts.get(self.language.code, {})
        if words.get("title"):
            return isolate.sentence(words["title"], self.language.direction)
        if own:
            return isolate.plain(found.title)
        return self.say("first.untitled", sources=self.sources(found))

    def sources(self, found: Inference) -> Markup:
        """The kinds of source that a finding rests on, in words."""
        return Markup(self.word("common.comma")).join(self.known("source", source) for source in found.sources)

    def second(self, instant: int | None) -> Markup:
        """A moment in UTC, to the second."""
        return (
            Markup("{}").format(self.word("time.none"))
            if instant is None
            else isolate.token(moments.utc_seconds(instant))
        )

    def said(self, text: str) -> Markup:
        return isolate.sentence(text, self.language.direction)

    def dots(self, grade: str) -> str:
        """The grade as three dots, so that it shows in grey and at a glance."""
        full = _DOTS[grade]
        return "●" * full + "○" * (3 - full)


def _named(found: Inference) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """Each kind of entity, the names to print, and how many more there are (`<kind>_total` holds the count of long lists)."""
    for kind, names in found.entities.items():
        if kind.endswith("_total"):
            continue
        total = found.entities.get(f"{kind}_total", ())
        count = int(total[0]) if total and total[0].isascii() and total[0].isdigit() else len(names)
        shown = tuple(name if len(name) <= NAME else name[:NAME] + "…" for name in names[:NAMES])
        yield kind, shown, max(count, len(names)) - len(names[:NAMES])


def _period(summary: Summary) -> tuple[int | None, int | None]:
    firsts = [family.first for family in summary.counts.families if family.first is not None]
    lasts = [family.last for family in summary.counts.families if family.last is not None]
    return min(firsts, default=None), max(lasts, default=None)


def _lines(summary: Summary, chosen: Callable[[FileLine], bool]) -> list[tuple[str, FileLine]]:
    return [(sheet.number, line) for sheet in summary.exhibits for line in sheet.entries if chosen(line)]


def _anchors(summary: Summary) -> Mapping[tuple[str, str], str]:
    """A place on the page for each file of Annex A."""
    found: dict[tuple[str, str], str] = {}
    for sheet in summary.exhibits:
        for place, line in enumerate(sheet.entries, 1):
            if len(found) < FILES:
                found[sheet.number, line.file] = f"{sheet.number}-{place}"
    return found


def _chart(chart: Chart, language: Language) -> Markup:
    return draw(chart, captions.labels(chart, language), language.direction, captions.alt(chart, language))


def _finding_chart(found: Inference, language: Language) -> Markup:
    """The chart of one finding; nothing where it has none."""
    if found.chart is None:
        return Markup("")
    labels = captions.labels(found.chart, language, "chart.cited")
    return draw(found.chart, labels, language.direction, captions.finding_alt(found, found.chart, language), FINDING)


EXPORTER = Html()
