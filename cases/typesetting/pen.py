"""Words and values of one language as runs: the counterpart on paper of the HTML twin's pen."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass

from cases import moments
from cases.languages import Language
from cases.phrases import Phrase
from cases.summary import Inference
from cases.typesetting.runs import Run, Runs, number, plain, sentence, styled, token

_UNITS = ((10**12, "tera"), (10**9, "giga"), (10**6, "mega"), (10**3, "kilo"))
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
DOTS = {"corroborated": 3, "supported": 2, "indication": 1, "inconclusive": 0}


@dataclass(frozen=True, slots=True)
class Pen:
    """Puts words and values of one language on the page. `zone`: IANA name of the reader's zone, or None."""

    language: Language
    zone: str | None

    def word(self, key: str) -> str:
        return self.language.word(key)

    def known(self, group: str, name: str) -> Run:
        """The word for a value that code may add to (`action`, `entity`): the value itself where there is none yet."""
        key = f"{group}.{name}"
        return self.word(key) if self.language.known(key) else token(name)

    def say(self, key: str, **values: int | str | Runs) -> Runs:
        """The words under `key` with values in them, each isolated from the words around it."""
        out: Runs = []
        for words, name, _, _ in string.Formatter().parse(self.word(key)):
            if words:
                out.append(words)
            if name is not None:
                out += self._shown(name, values[name])
        return out

    def phrase(self, phrase: Phrase) -> Runs:
        return self.say(phrase.key, **phrase.values)

    def _shown(self, name: str, value: int | str | Runs) -> Runs:
        if isinstance(value, list):
            return value
        if isinstance(value, int):
            return self.size(value) if name == "size" else [self.count(value)]
        return self.stamp(value) if name == "time" else [number(value)]

    def count(self, value: int) -> Run:
        """A whole number with this language's mark between thousands."""
        return number(self.language.number(value))

    def size(self, value: int) -> Runs:
        """A size in bytes, and rounded in a larger unit where that reads more easily."""
        exact = self.say("numbers.bytes", n=value)
        for unit, name in _UNITS:
            if value >= unit:
                tenths = value * 10 // unit
                rounded = f"{self.language.number(tenths // 10)}{self.word('numbers.decimal')}{tenths % 10}"
                return [*self.say(f"numbers.{name}", n=rounded), " (", *exact, ")"]
        return exact

    def stamp(self, text: str) -> Runs:
        """A time that custody or the register holds, `2026-03-03T21:14:05Z`, as times are printed elsewhere."""
        if not _STAMP.fullmatch(text):
            return [token(text)]
        return [number(f"{text[:10]} {text[11:19]}"), " ", self.word("time.utc")]

    def when(self, first: int | None, last: int | None) -> Runs:
        """A moment or a span in UTC, to the second."""
        if first is None:
            return [self.word("time.none")]
        begin, end = moments.utc_seconds(first), moments.utc_seconds(last if last is not None else first)
        span = [number(begin)] if begin == end else self.say("time.span", first=begin, last=end)
        return [*span, " ", self.word("time.utc")]

    def local(self, first: int | None, last: int | None) -> Runs:
        """The same in the reader's zone, where one was supplied; else nothing."""
        if first is None or not self.zone:
            return []
        begin = moments.local_seconds(first, self.zone)
        end = moments.local_seconds(last if last is not None else first, self.zone)
        span = [number(begin)] if begin == end else self.say("time.span", first=begin, last=end)
        return [styled("soft", *span, " (", *self.say("time.local", zone=self.zone), ")")]

    def second(self, instant: int | None) -> Run:
        """A moment in UTC, to the second."""
        return self.word("time.none") if instant is None else number(moments.utc_seconds(instant))

    def given(self, value: str | None) -> Run:
        """What a person supplied, or that nobody did."""
        return plain(value) if value else self.absent()

    def absent(self) -> Run:
        return styled("absent", self.word("common.not_supplied"))

    def hash(self, value: str | None) -> Run:
        return {"h": value} if value and value.isalnum() and value.isascii() else self.given(value)

    def title(self, found: Inference, own: bool = True) -> Runs:
        """The finding's title in the examiner's words; else as `rule_words`."""
        mine = found.review.words(self.language.code).get("title")
        return [plain(mine)] if mine else self.rule_words(found, own)

    def rule_words(self, found: Inference, own: bool = True) -> Runs:
        """The title that the rule's author gave in this language; else the rule's own (`own`), or plain words that name no rule."""
        words = found.texts.get(self.language.code, {}).get("title", "")
        if words:
            return self.said(words)
        return [plain(found.title)] if own else self.say("first.untitled", sources=self.sources(found))

    def sources(self, found: Inference) -> Runs:
        return self.joined([[self.known("source", source)] for source in found.sources])

    def said(self, text: str) -> Runs:
        return sentence(text, self.language.direction)

    def grade(self, grade: str) -> Run:
        """The grade with three dots before it, so that it shows in grey and at a glance."""
        return styled("grade", {"g": DOTS[grade]}, " ", self.word(f"grade.{grade}"))

    def joined(self, items: Sequence[Runs]) -> Runs:
        """Items with this language's comma between them."""
        out: Runs = []
        for item in items:
            out += [self.word("common.comma"), *item] if out else item
        return out
