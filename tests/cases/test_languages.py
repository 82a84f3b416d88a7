"""Every language has every word, every word is used, and no word says more than the evidence can."""

from __future__ import annotations

import re
import string
from pathlib import Path
from typing import get_args

import pytest

import cases
from cases.errors import CaseError
from cases.examiner import Action, HandedOver, State
from cases.exchange.delivery import EXPORTED
from cases.handover import ACTION as HANDED_OVER
from cases.handover import AMENDED
from cases.languages import codes, language
from cases.limits import FATES
from cases.opinions import ACTIONS as ROLES
from cases.review import ACTIONS as DECISIONS
from cases.summarise import HASHED_AGAIN
from cases.summary import Agreement, Evidence
from timelines.findings import LEVELS, Grade, Kind
from timelines.flags import FLAGS
from timelines.inventory import Status
from timelines.problems import KINDS

ROOT = Path(cases.__file__).parent
TERMS = ("exhibit", "hash", "record", "offset", "utc", "rule", "finding", "custody", "timeline")
# Words asked for by a key that is put together at run time: `grade.` and each grade.
FAMILIES = {
    "grade": get_args(Grade),
    "criterion": get_args(Grade),
    "kind": get_args(Kind),
    "level": LEVELS,
    "fate": FATES,
    "status": get_args(Status),
    "bytes": KINDS,
    "integrity": get_args(Evidence),
    "exhibit": get_args(Agreement),
    "quality": ("utc", "offset", "assumed-zone", "inferred-year", "unknown", "no-time", "no-order"),
    "flag": tuple(FLAGS),
    "source": ("windows", "net", "web"),
    "entity": ("users", "hosts", "ips", "processes", "objects"),
    "numbers": ("kilo", "mega", "giga", "tera"),
    "chart": ("second", "minute", "hour", "day"),
    "method": tuple(f"step_{step}" for step in ("intake", "read", "time", "rules", "grade")),
    "state": get_args(State),
    "decision": get_args(Action),
    "hand_over": get_args(HandedOver),
    "title": ("analysis", "expertise", "proces-verbal"),
    "term": (*TERMS, *(f"{term}_is" for term in TERMS)),
    "action": (
        *HASHED_AGAIN,
        "case-created",
        "case-amended",
        "exhibit-added",
        "intake-recorded",
        "rules-run",
        "report-issued",
        EXPORTED,
        *ROLES.values(),
        *DECISIONS.values(),
        HANDED_OVER,
        AMENDED,
    ),
    "role": ("rule", "script", "account", "login"),
}


def text_of_the_code() -> str:
    paths = [p for p in ROOT.rglob("*") if p.suffix in (".py", ".html")]
    return "\n".join(path.read_text("utf-8") for path in paths)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_there_are_three() -> None:
    assert codes() == ("ar", "en", "fr")
    assert [language(code).direction for code in codes()] == ["rtl", "ltr", "ltr"]


def test_an_unknown_language_is_named_with_those_there_are() -> None:
    with pytest.raises(CaseError, match="no language 'de'; expected one of ar, en, fr"):
        language("de")


@pytest.mark.parametrize("code", ["ar", "fr"])
def test_nothing_is_untranslated(code: str) -> None:
    english, other = language("en").words, language(code).words
    assert set(other) == set(english)
    for key, words in english.items():
        assert other[key].strip() or key == "numbers.thousands", key
        assert placeholders(other[key]) == placeholders(words), key
    bare = {key: re.sub(r"\{\w+\}", "", words) for key, words in english.items()}
    same = {key for key in english if english[key] == other[key] and re.search(r"[A-Za-z]{4}", bare[key])}
    alike = {
        "exhibit.description",
        "finding.sources",
        "finding.level",
        "finding.technique",
        "entity.hosts",
        "negative.machine",
    }
    assert same <= alike | {"statement.date", "statement.signature"}  # words that English and French spell alike


def test_arabic_is_written_in_arabic() -> None:
    latin = {
        key for key, words in language("ar").words.items() if re.search(r"[a-zA-Z]", re.sub(r"\{\w+\}", "", words))
    }
    for key in latin:
        rest = re.sub(r"\{\w+\}|SHA-256|UTC|JSON|hash|MITRE ATT&CK|TCP|UDP|CVE", "", language("ar").words[key])
        assert not re.search(r"[a-zA-Z]", rest), key


def test_every_word_is_used() -> None:
    code = text_of_the_code()
    built = {f"{group}.{name}" for group, names in FAMILIES.items() for name in names}
    sections = {key for key in language("en").words if key.startswith("section.") and f'"{key.split(".")[1]}"' in code}
    unused = (
        {key for key in language("en").words if f'"{key}"' not in code and f"'{key}'" not in code} - built - sections
    )
    assert unused == set()


def test_every_word_that_is_asked_for_exists() -> None:
    asked = set(re.findall(r"""(?:word|words|say|Phrase)\(\s*["']([a-z]+\.[a-z_.-]+)["']\s*[,)]""", text_of_the_code()))
    assert len(asked) > 150
    built = {f"{group}.{name}" for group, names in FAMILIES.items() for name in names}
    assert asked | built <= set(language("en").words)


@pytest.mark.parametrize("code", codes())
def test_no_word_claims_an_identity_or_a_likelihood(code: str) -> None:
    banned = {
        "en": r"\b(suspects?|culprit|perpetrator|attackers?|guilty|probably|likely|certainly|proves? that|beyond doubt)\b",
        "fr": r"\b(suspecte?s?|coupables?|auteur présumé|attaquants?|pirates?|probablement|vraisemblablement|certainement)\b",
        "ar": r"(المشتبه فيه|الجاني|المتهم|المهاجم|على الأرجح|بلا شك)",
    }
    for key, words in language(code).words.items():
        assert not re.search(banned[code], words, re.IGNORECASE), key


@pytest.mark.parametrize("code", codes())
def test_words_before_the_method_section_name_no_jargon(code: str) -> None:
    jargon = re.compile(r"sigma|regex|parser|parquet|json|evtx|pcap|ATT&CK|قاعدة سيغما", re.IGNORECASE)
    for key, words in language(code).words.items():
        if key.split(".")[0] in ("title", "case", "first", "integrity", "limit", "exhibit", "custody"):
            assert not jargon.search(words), key


@pytest.mark.parametrize("code", ["ar", "fr"])
def test_a_jurist_is_asked_to_validate(code: str) -> None:
    assert re.search("juriste|رجل قانون", language(code).word("title.jurist"))


@pytest.mark.parametrize(("code", "shown"), [("en", "1,234,567"), ("fr", "1\u202f234\u202f567"), ("ar", "1,234,567")])
def test_numbers_are_grouped_as_the_reader_writes_them(code: str, shown: str) -> None:
    assert language(code).number(1_234_567) == shown
