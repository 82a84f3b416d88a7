"""Text from evidence is escaped, visible and isolated, by construction."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.isolate import plain, sentence, token

HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


@given(st.text())
def test_nothing_hidden_and_no_markup_gets_through(text: str) -> None:
    for shown in (token(text), plain(text), sentence(text, "ltr"), sentence(text, "rtl")):
        assert not HIDDEN.search(shown)
        bare = re.sub(r'</?bdi(?: dir="(?:ltr|auto)")?(?: class="short")?>', "", shown)
        assert "<" not in bare
        assert ">" not in bare
        assert shown.count("<bdi") == shown.count("</bdi>")


def ltr(text: str) -> str:
    return f'<bdi dir="ltr">{text}</bdi>'


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("من 2001:db8::1 إلى 2026-03-03T21:14:05Z.", f"من {ltr('2001:db8::1')} إلى {ltr('2026-03-03T21:14:05Z')}."),
        ("المسار /var/log/x.log، نعم", f"المسار {ltr('/var/log/x.log')}، نعم"),
        ("فارق (+37 s) في web server!", f"فارق {ltr('(+37 s)')} في {ltr('web server')}!"),
        ("الخادم (WEB01 في 192.0.2.1)", f"الخادم ({ltr('WEB01')} في {ltr('192.0.2.1')})"),
        ("نعم ... <b>", f"نعم {ltr('... &lt;b&gt;')}"),
        ("نعم !?", "نعم !?"),
    ],
)
def test_what_reads_from_left_to_right_keeps_its_order_among_arabic_words(text: str, inner: str) -> None:
    assert plain(text) == f'<bdi dir="auto">{inner}</bdi>'


def test_words_of_one_direction_are_left_whole() -> None:
    assert plain("at 192.0.2.1, /x") == '<bdi dir="auto">at 192.0.2.1, /x</bdi>'


def test_isolates_of_sentences_become_elements() -> None:
    assert sentence("من \u20662001:db8::1\u2069 إلى", "rtl") == 'من <bdi dir="ltr">2001:db8::1</bdi> إلى'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u2069b", "ab"),
        ("\u2066a", '<bdi dir="ltr">a</bdi>'),
        ("\u2066a\u2066b\u2069", '<bdi dir="ltr">a<bdi dir="ltr">b</bdi></bdi>'),
    ],
)
def test_unbalanced_isolates_are_balanced(text: str, shown: str) -> None:
    assert sentence(text, "rtl") == shown


def test_a_right_to_left_run_cannot_turn_its_neighbours() -> None:
    assert sentence("from ملف.txt to 192.0.2.1", "ltr") == "from <bdi>ملف</bdi>.txt to 192.0.2.1"


def test_short_tokens_are_not_broken_over_lines() -> None:
    assert token("192.0.2.1") == '<bdi dir="ltr" class="short">192.0.2.1</bdi>'
    assert token("x" * 25) == f'<bdi dir="ltr">{"x" * 25}</bdi>'
