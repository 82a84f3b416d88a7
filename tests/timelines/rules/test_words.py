"""What our rules say of themselves: complete in three languages, in plain words, never naming a person."""

from __future__ import annotations

import re
import uuid
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from tests import quick_yaml
from timelines.rules_page import rules_pages

RULES = Path(str(files("timelines") / "rules"))
FILES = sorted(RULES.rglob("*.yml"))
PAGES = Path(__file__).resolve().parents[3] / "docs" / "rules"
KEYS = {"title", "shows", "does_not_show", "alternatives", "would_change"}
ARABIC = re.compile("[\u0600-\u06ff]")
IDENTITY = re.compile(
    r"(?i)\b(?:attacker|hacker|intruder|culprit|suspect|attaquant|pirate|intrus|coupable)s?\b|مهاجم|مخترق|قرصان|المشتبه|الجاني"
)
JARGON = re.compile(r"(?i)\b(?:sigma|regex|yaml|ioc|ttp|c2|lolbin|payload|EventID|false positive|group-by)\b")


@cache
def read(path: Path) -> dict[str, Any]:
    rule: dict[str, Any] = quick_yaml.safe_load(path.read_text("utf-8"))
    return rule


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_words_are_complete_and_plain(path: Path) -> None:
    rule = read(path)
    words = {language: said for language, said in rule["athar"].items() if language != "output"}
    assert set(words) == {"en", "fr", "ar"}
    for language, said in words.items():
        assert set(said) == KEYS
        for text in said.values():
            assert len(text) > 5
            assert not IDENTITY.search(text)
            assert not JARGON.search(text)
            assert bool(ARABIC.search(text)) == (language == "ar")
    assert words["en"]["title"] == rule["title"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_rule_tells_what_sigma_asks(path: Path) -> None:
    rule = read(path)
    assert rule["name"] == path.stem
    assert rule["author"] == "Athar"
    assert rule["status"] in ("experimental", "test", "stable")
    assert rule["level"] in ("informational", "low", "medium", "high", "critical")
    assert rule["falsepositives"]
    assert all(isinstance(said, str) for said in rule["falsepositives"])
    assert any(re.fullmatch(r"attack\.t\d{4}(\.\d{3})?", tag) for tag in rule["tags"])
    assert ("correlation" in rule) == (path.parent.name == "correlations")


def test_ids_and_names_are_unique() -> None:
    rules = [read(path) for path in FILES]
    assert len({str(uuid.UUID(rule["id"])) for rule in rules}) == len(FILES)
    assert len({rule["name"] for rule in rules}) == len(FILES)


def test_ordinary_steps_are_used_by_correlations() -> None:
    rules = [read(path) for path in FILES]
    used = {name for rule in rules for name in rule.get("correlation", {}).get("rules", ())}
    steps = {rule["name"] for rule in rules if rule["athar"].get("output") is False}
    assert steps <= used
    assert {rule["name"] for rule in rules if rule["level"] == "informational"} <= steps


def test_the_pages_are_true() -> None:
    written = {path.name: path.read_text("utf-8") for path in PAGES.iterdir()}
    assert written == rules_pages(), "run: python -m timelines.rules_page docs/rules"


def test_the_pages_tell_every_rule_and_how_many_there_are() -> None:
    pages = rules_pages()
    for path in FILES:
        assert f"\n## {path.stem}\n" in pages[f"{path.parent.name}.md"]
    correlations = sum(path.parent.name == "correlations" for path in FILES)
    assert f"{len(FILES) - correlations} rules of single events and {correlations} correlations." in pages["README.md"]
    assert len(FILES) - correlations >= 80
    assert correlations >= 25
