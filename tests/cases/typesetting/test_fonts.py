"""Every character of evidence is shown: by a glyph where a face has one, else by its code point."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.errors import CaseError
from cases.languages import codes, language
from cases.typesetting import fonts
from cases.typesetting.fonts import SIGNS, coverage, folders, printable
from cases.typesetting.press import typeset
from timelines.visible import visible

ESCAPED = re.compile(r"⟨U\+([0-9A-F]{4,6})⟩")


def blank(body: list[dict[str, object]]) -> dict[str, object]:
    """A document of nothing but `body`, in Arabic so that direction matters."""
    names = {
        "lang": "ar",
        "dir": "rtl",
        "title": "ملخص",
        "heading": "ملخص",
        "author": "",
        "draft": "",
        "contents": "المحتويات",
    }
    return {**names, "date": [2026, 3, 6], "laboratory": [], "running": [[], []], "head": [], "first": [], "body": body}


def test_the_faces_are_files_of_packages() -> None:
    for folder, face in zip(folders(), fonts.FACES, strict=True):
        assert (folder / face).is_file()


def test_code_points_are_read_from_the_faces() -> None:
    sans, arabic, mono = coverage()
    assert {ord(c) for c in "AzéÿЖΩ…–"} <= sans
    assert {ord(c) for c in "ابتةء،؛٣"} <= arabic
    assert {ord(c) for c in "AzéЖ→"} <= mono
    assert ord("中") not in sans | arabic | mono
    assert 0xFFFF not in sans | arabic | mono


@pytest.mark.parametrize("code", codes())
def test_the_faces_have_every_letter_of_the_languages(code: str) -> None:
    lost = {key: words for key, words in language(code).words.items() if printable(words) != words}
    assert lost == {}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("中🦊", "⟨U+4E2D⟩⟨U+1F98A⟩"),
        ("a\u202eb\x00c", "a⟨U+202E⟩b⟨U+0000⟩c"),
        ("\ue000\ufffe", "⟨U+E000⟩⟨U+FFFE⟩"),
        ("e\u0301", "e\u0301"),  # an accent that every face with the letter has
        ("a\u20dd", "a⟨U+20DD⟩"),  # an enclosing circle that none has
        ("\u064fa", "⟨U+064F⟩a"),  # an Arabic vowel on nothing
        ("بُ", "بُ"),
        ("مرحبا", "مرحبا"),
        ("", ""),
    ],
)
def test_what_no_face_shows_is_printed_as_its_code_point(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(max_size=60))
def test_nothing_is_lost(text: str) -> None:
    assert ESCAPED.sub(lambda found: chr(int(found[1], 16)), printable(text)) == ESCAPED.sub(
        lambda found: chr(int(found[1], 16)), visible(text)
    )


def test_every_character_that_is_kept_has_a_glyph() -> None:
    """One PDF/A-2a document of them all: typst refuses the document if a single glyph is missing."""
    kept = [chr(n) for n in range(0x20, 0x10000) if printable(chr(n)) == chr(n)] + sorted(SIGNS)
    assert len(kept) > 1_500
    marks = [chr(n) for n in range(0x300, 0x10000) if unicodedata.category(chr(n)) == "Mn"]
    kept += [base + mark for base in "eяبﻻo" for mark in marks if printable(base + mark) == base + mark]
    runs = [
        {kind: ["".join(kept[at : at + 60])], "i": True, "d": "ltr"} for at in range(0, len(kept), 60) for kind in "tp"
    ]
    assert typeset(blank([{"b": "p", "s": "", "c": runs}]), "pdf")[0].startswith(b"%PDF-1.7")


@settings(max_examples=15, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=40))
def test_any_text_can_be_set(texts: list[str]) -> None:
    runs = [{kind: [printable(text)], "i": True, "d": "rtl"} for text in texts for kind in "tnp"]
    assert typeset(blank([{"b": "p", "s": "", "c": runs}]), "pdf")[0].startswith(b"%PDF-1.7")


def test_a_missing_font_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "PACKAGES", ("fontpkg_of_no_name",))
    with pytest.raises(CaseError, match="PDF: fontpkg_of_no_name is not installed"):
        typeset(blank([]), "pdf")


def test_a_glyph_that_is_missing_all_the_same_stops_the_document() -> None:
    with pytest.raises(CaseError, match=r"PDF: a page could not be set: .*the HTML summary holds the same content"):
        typeset(blank([{"b": "p", "s": "", "c": ["中"]}]), "pdf")
