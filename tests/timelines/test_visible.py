"""No character of evidence hides, turns text round or starts a formula."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timelines.visible import neutral_cell, neutral_sentence, visible, visible_sentence

# Format characters that have a form of their own: Arabic, Syriac and Kaithi number signs, Egyptian joiners.
SHOWN_FORMATS = [*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD, *range(0x13430, 0x13440)]


def test_every_control_and_format_character_becomes_visible() -> None:
    hidden = [
        code
        for code in range(0x110000)
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Zl", "Zp") and code not in SHOWN_FORMATS
    ]
    assert [hex(code) for code in hidden if visible(chr(code)) != f"⟨U+{code:04X}⟩"] == []


@pytest.mark.parametrize(
    "code",
    [0x34F, 0x115F, 0x1160, 0x17B4, 0x180B, 0x3164, 0xFFA0, 0xFE0F, 0xE0100],
    ids=lambda code: f"U+{code:04X}",
)
def test_characters_that_unicode_lets_fonts_ignore_become_visible(code: int) -> None:
    assert visible(f"a{chr(code)}b") == f"a⟨U+{code:04X}⟩b"


@pytest.mark.parametrize("text", ["سجلّ الأحداث", "événement n° 4625", "C:\\Temp\\a b.exe", "日本語", "😀", "", "a‑b—c"])
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert visible(text) == text


def test_a_reversed_file_name_is_laid_bare() -> None:
    assert visible("invoice\u202efdp.exe") == "invoice⟨U+202E⟩fdp.exe"


@given(st.text(st.characters(codec=None)))
def test_what_is_visible_stays_as_it_is_and_can_be_written(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert "\n" not in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize("text", ["=1+1", "+cmd|'/c calc'!A0", "-2+3", "@SUM(A1)", "=HYPERLINK(1)", "-1e5", "+x"])
def test_formulas_are_neutralised(text: str) -> None:
    assert neutral_cell(text) == "'" + text


@pytest.mark.parametrize("text", ["-", "-5", "+3.25", "a=b", "192.0.2.1", "", "'=1"])
def test_values_that_cannot_be_formulas_are_left_alone(text: str) -> None:
    assert neutral_cell(text) == text


@given(st.text())
def test_no_cell_begins_a_formula(text: str) -> None:
    cell = neutral_cell(text)
    assert cell[:1] not in ("=", "@", "\t", "\r")
    assert cell[:1] not in ("+", "-") or cell == "-" or cell[1:].replace(".", "", 1).isdecimal()


def test_a_sentence_keeps_whole_isolates_and_shows_every_other_control() -> None:
    assert visible_sentence("الجهاز \u2066A\u202eB\u2069 \u2066C") == "الجهاز \u2066A⟨U+202E⟩B\u2069 ⟨U+2066⟩C"
    assert visible_sentence("\u2069a\u2066\u2066b\u2069") == "⟨U+2069⟩a⟨U+2066⟩\u2066b\u2069"
    assert neutral_sentence("=1 \u2066A\u2069") == "'=1 \u2066A\u2069"
    assert neutral_sentence("الجهاز \u2066=1\u2069") == "الجهاز \u2066=1\u2069"


@given(st.text(st.characters(codec=None)))
def test_isolates_are_all_that_a_sentence_keeps(text: str) -> None:
    shown = visible_sentence(text)
    assert visible(shown.replace("\u2066", "").replace("\u2069", "")) == shown.replace("\u2066", "").replace(
        "\u2069", ""
    )
    assert shown.count("\u2066") == shown.count("\u2069")
