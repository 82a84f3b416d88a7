"""What analyzers say of themselves: complete in three languages, the same values in each, never naming a person; and their page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from timelines.analyzers import all_analyzers, of_logs
from timelines.analyzers._conclude import Observed, filled
from timelines.analyzers_page import analyzers_page
from timelines.findings import LEVELS

PAGE = Path(__file__).resolve().parents[3] / "docs" / "analyzers.md"
EACH = [(name, kind, words) for name, analyzer in all_analyzers().items() for kind, words in analyzer.words.items()]
ARABIC = re.compile("[\u0600-\u06ff]")
IDENTITY = re.compile(
    r"(?i)\b(?:attacker|hacker|intruder|culprit|suspect|attaquant|pirate|intrus|coupable)s?\b|مهاجم|مخترق|قرصان|المشتبه|الجاني"
)
PLACE = re.compile(r"\{\w+\}")


@pytest.mark.parametrize(("name", "kind", "words"), EACH, ids=[f"{name}-{kind}" for name, kind, _ in EACH])
def test_words_are_complete_and_plain(name, kind, words):
    assert list(words) == ["en", "fr", "ar"]
    for language, said in words.items():
        assert set(said) == {"title", "shows", "does_not_show", "alternatives", "would_change"}
        for word, text in said.items():
            assert sorted(PLACE.findall(text)) == sorted(PLACE.findall(words["en"][word])), (language, word)
            assert bool(ARABIC.search(text)) == (language == "ar")
            assert not IDENTITY.search(text)
        assert not PLACE.search(
            said["title"]
        )  # titles of several findings stand for each other on a summary's first page


def test_analyzers_tell_what_rules_tell():
    for name, analyzer in all_analyzers().items():
        about = analyzer.about
        assert (about.rule_id, about.name, about.path) == (name, name, f"athar:{name}.py")
        assert about.level in LEVELS
        assert about.description.endswith(".")
        assert about.falsepositives
        assert all(re.fullmatch(r"T\d{4}(\.\d{3})?", technique) for technique in about.attack)
        assert all(threshold.reason.endswith(".") for threshold in analyzer.thresholds)


def test_values_are_shown_and_isolated_in_arabic():
    words = {"en": {"shows": "{log}: {said}"}, "ar": {"shows": "السجل {log}: {said}"}}
    phrases = {"said": {"en": "seen {n}", "ar": "عدد {n}"}}
    observed = Observed("k", (), (), "", {"log": "a\u202eb{n}", "n": "3"}, phrases)
    assert filled(words, observed) == {
        "en": {"shows": "a⟨U+202E⟩b{n}: seen 3"},
        "ar": {"shows": "السجل \u2066a⟨U+202E⟩b{n}\u2069: عدد \u20663\u2069"},
    }


def test_the_page_is_what_the_analyzers_say():
    assert PAGE.read_text("utf-8") == analyzers_page(), "run python -m timelines.analyzers_page > docs/analyzers.md"


def test_analyzers_of_a_log_itself_say_so():
    told = {name for name in all_analyzers() if name.startswith("web_log_")} | {"clock_offset", "event_record_gap"}
    assert of_logs() == told
