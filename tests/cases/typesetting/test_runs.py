"""Text becomes runs: whole, inert, each value in its own direction."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.typesetting.fonts import printable
from cases.typesetting.runs import SHORT, number, pieces, plain, sentence, token


def joined(parts: list[str | list[str]]) -> str:
    return "".join(part if isinstance(part, str) else "".join(part) for part in parts)


def said(runs: list[Any]) -> str:
    return "".join(
        run if isinstance(run, str) else joined(run.get("t") or run.get("n") or run.get("p")) for run in runs
    )


@given(st.text(max_size=200))
def test_pieces_are_the_text(text: str) -> None:
    assert joined(pieces(text)) == printable(text)


def test_long_words_may_break_after_what_separates_their_parts() -> None:
    path = "C:\\ProgramData\\svchelper\\tsync.exe"
    assert pieces(path) == [["C:", "\\", "ProgramDat", "a\\", "svchelper\\", "tsync.", "exe"]]
    assert pieces("a" * 24) == ["a" * 24]
    assert pieces("b" * 25) == [["b" * 10, "b" * 10, "b" * 5]]


def test_a_token_of_ten_thousand_characters_is_whole_and_may_break() -> None:
    (parts,) = pieces("A" * 10_000)
    assert "".join(parts) == "A" * 10_000
    assert max(map(len, parts)) <= SHORT


def test_arabic_words_are_not_cut_apart() -> None:
    word = "المستخدمونوالمستخدماتجميعا"
    assert len(word) > SHORT
    assert pieces(word) == [word]


@pytest.mark.parametrize(
    ("text", "direction", "turns"),
    [
        ("Was it?", "ltr", False),
        ("ما المعطيات؟", "rtl", True),
        ("1. ما", "rtl", True),
        ("Q / ما", "ltr", True),
        ("!?", "ltr", False),
    ],
)
def test_words_of_a_person_take_the_direction_of_their_first_letter(text: str, direction: str, turns: bool) -> None:
    assert plain(text) == {"p": [text], "d": direction, "i": turns}


def test_values_tell_when_they_hold_letters_of_the_other_direction() -> None:
    assert token("/srv/ملف-7") == {"t": ["/srv/\u2067ملف\u2069-7"], "i": True}
    assert number("12,000") == {"n": ["12,000"], "i": False}


def test_isolated_values_of_an_arabic_sentence_become_tokens() -> None:
    text = "أرسل \u2066198.51.100.23\u2069 الطلب \u2066POST /x\u2069؛"
    assert sentence(text, "rtl") == [
        {"p": ["أرسل "], "d": "rtl", "i": False},
        {"n": ["198.51.100.23"], "i": False},
        {"p": [" الطلب "], "d": "rtl", "i": False},
        {"n": ["POST /x"], "i": False},
        {"p": ["؛"], "d": "rtl", "i": False},
    ]


def test_isolates_without_a_partner_neither_leak_nor_fail() -> None:
    assert said(sentence("\u2069a\u2066b\u2066c\u2069d", "rtl")) == "abcd"


def test_arabic_words_stand_apart_in_a_sentence_from_left_to_right() -> None:
    runs = sentence("account الخادم 12 started", "ltr")
    assert [(run["p"], run["d"]) for run in runs if isinstance(run, dict)] == [
        (["account "], "ltr"),
        (["الخادم"], "rtl"),
        ([" 12 started"], "ltr"),
    ]
