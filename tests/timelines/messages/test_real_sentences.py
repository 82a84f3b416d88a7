"""Real logs told in three languages: how many rows get a sentence of their own, and which events do not."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from timelines.meanings import general_meaning, meaning
from timelines.messages.sentences import LANGUAGES, sentences
from timelines.visible import visible

# What a sentence of an event that has none of its own would have to guess; nobody has asked for these.
UNTOLD = {
    ("windows/other", "Microsoft-Windows-EventForwarder", "111"),
    ("windows/other", "Microsoft-Windows-BitLocker-API", "840"),
    ("windows/other", "Microsoft-Windows-BitLocker-API", "4122"),
}
DECODED_PLACE = re.compile(
    r"\{[A-Za-z][\w #]*[:|][a-z][a-z0-9_+]*\}"
)  # a place that was not understood is left as text
ARABIC = re.compile("[\u0600-\u06ff]")
ISOLATED = re.compile("\u2066[^\u2066\u2069]*\u2069")
LATIN_VALUE = re.compile(r"[\w.$-]*[\\/@][\w.$\\/@-]+")  # accounts and paths: what must not be turned round


class Kind(NamedTuple):
    family: str
    provider: str
    event: str


class Told(NamedTuple):
    rows: Counter[Kind]
    texts: dict[str, list[str]]


@pytest.fixture(scope="module")
def told(windows_case: Path) -> Told:
    """Every live row of the shared logs, its kind counted and its sentence in every language; old records lack much of what they said."""
    from forensics import open_case

    query = open_case(windows_case).query
    found = Told(Counter(), {lang: [] for lang in LANGUAGES})
    for table in query.rows(
        query.sql("select row_id from timeline where not contains(flags, 'recovered') order by all")
        .column(0)
        .to_pylist()
    ):
        names = ("family", "Provider_Name", "event")
        found.rows.update(Kind(*key) for key in zip(*(table.column(n).to_pylist() for n in names), strict=True))
        for lang in LANGUAGES:
            found.texts[lang] += sentences(table, lang).to_pylist()
    return found


@pytest.mark.evidence
def test_nearly_every_row_has_a_sentence_of_its_own(told: Told) -> None:
    untold = {
        kind for kind in told.rows if meaning(*kind).message == general_meaning(kind.family, kind.provider).message
    }
    assert untold == UNTOLD
    rows = sum(told.rows.values())
    own = rows - sum(told.rows[kind] for kind in untold)
    assert rows > 8000
    assert own / rows > 0.99


@pytest.mark.evidence
@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_placeholder_is_left_and_every_sentence_is_in_its_language(told: Told, lang: str) -> None:
    assert len(told.texts[lang]) == sum(told.rows.values())
    for text in set(told.texts[lang]):
        frame = ISOLATED.sub("", text) if lang == "ar" else text
        assert lang != "ar" or (ARABIC.search(frame) and not LATIN_VALUE.search(frame)), text
        assert text.count("\u2066") == text.count("\u2069")
        bare = text.replace("\u2066", "").replace("\u2069", "")
        assert visible(bare) == bare
        assert not DECODED_PLACE.search(text), text


@pytest.mark.evidence
def test_codes_of_real_logons_tickets_and_services_are_words(told: Told) -> None:
    english = told.texts["en"]
    assert any("logon type: over the network (3)" in text for text in english)
    assert any("encryption: RC4 (weak)" in text for text in english)
    assert any("error service did not answer in time (1053)" in text for text in english)
    assert any("access: read a process's memory, unnamed right (bit 12)" in text for text in english)
    assert [text for text in english if re.search(r"result: 0x|type: \d+;|%%(?!9999)\d{4}\b", text)] == []
