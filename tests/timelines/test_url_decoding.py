"""What a client's text stands for without its encodings: every step, its depth, and that no text breaks it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timelines.detection.columns import values_of
from timelines.detection.text_scans import TELLING, TELLING_QUERY, encoded, laid_out
from timelines.url_decoding import LIKELY, LIKELY_QUERY, LONGEST, ROUNDS, decodings, still_encoded

PIECES = st.sampled_from(
    (
        "%25",
        "%c0%af",
        "%u0027",
        "%U00",
        "%uD800",
        "\\x22",
        "#22",
        "#C3#A9",
        "#7b",
        "#",
        '\\"',
        "\\",
        "&lt;",
        "&#x3c;",
        "&#" + "9" * 5000 + ";",
        "+",
        "%",
        "À¯",
        "a",
        "é",
        "\0",
    )
)
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=30).map("".join))
MOST = 2 * 2 * (ROUNDS + 2)  # with and without log escapes, with and without `+`: the rounds, the text itself, entities


@pytest.mark.parametrize(
    ("written", "decoded", "said"),
    [
        ("%2e%2e%2fetc", "../etc", "percent"),
        ("%252e%252e%252fetc", "../etc", "percent twice"),
        ("%2525252e%2525252e/", "../", "percent 4 times"),
        ("..%c0%af..%c0%afetc", "../../etc", "percent, overlong UTF-8"),
        ("..%25c0%25afetc", "../etc", "percent twice, overlong UTF-8"),
        ("..%e0%80%afetc", "../etc", "percent, overlong UTF-8"),
        ("..%f0%80%80%afetc", "../etc", "percent, overlong UTF-8"),
        ("..%fc%80%80%80%80%afetc", "../etc", "percent, overlong UTF-8"),
        ("..%c1%1cetc", "..\\etc", "percent, overlong UTF-8"),
        ("..À¯etc", "../etc", "overlong UTF-8"),  # as IIS logs %c0%af
        (r"..\xc0\xafetc", "../etc", "log escapes, overlong UTF-8"),
        ("%u003cscript%u003e", "<script>", "%u"),
        ("%ud83d%ude00", "\U0001f600", "%u"),
        (r"\x22><b>", '"><b>', "log escapes"),
        (r"\"><b>", '"><b>', "log escapes"),
        ("#22><b>", '"><b>', "log escapes"),  # as HAProxy writes it
        ("#C3#A9#23#7B", "é#{", "log escapes"),
        ("#C0#AF#2527", "/#2527", "log escapes, overlong UTF-8"),
        (r"\x2527", "'", "log escapes, percent"),  # %27 with its percent sign escaped by the log
        ("1+union+select", "1 union select", "plus for space"),
        ("1+union%2B", "1 union+", "plus for space, percent"),
        ("&lt;script&gt;", "<script>", "HTML entities"),
        ("&#60;script&#x3e", "<script>", "HTML entities"),
        ("%26lt%3Bscript", "<script", "percent, HTML entities"),
    ],
)
def test_a_form_is_found_and_says_how(written: str, decoded: str, said: str) -> None:
    assert [form.said() for form in decodings(written, query=True) if form.text == decoded] == [said]


def test_rounds_end() -> None:
    written = "%" + "25" * (ROUNDS + 1) + "27"  # one round more than are taken away
    assert max(form.depth for form in decodings(written, query=False)) == ROUNDS
    assert "'" not in {form.text for form in decodings(written, query=False)}


def test_what_is_encoded_deeper_is_said_to_be() -> None:
    deep = "%" + "25" * ROUNDS + "41"
    assert decodings(deep, query=False)[-1].said() == "percent 4 times, still encoded"
    assert decodings(deep.replace("25", "", 1), query=False)[-1].said() == "percent 4 times"
    assert decodings(deep + "&lt;", query=False)[-1].said() == "percent 4 times, HTML entities, still encoded"
    assert (still_encoded(deep), still_encoded("%41"), still_encoded("x"), still_encoded("\\x22" + deep)) == (
        True, False, False, True,
    )  # fmt: skip


def test_spaces_for_plus_in_queries_alone() -> None:
    assert decodings("a+b", query=False) == ()


@settings(deadline=None)
@given(TEXTS, st.booleans())
def test_decoding_never_raises_and_is_bounded(text: str, query: bool) -> None:
    forms = decodings(text, query)
    assert len(forms) <= MOST
    assert all(len(form.text) <= len(text) and form.depth <= ROUNDS and form.steps for form in forms)
    for form in forms:
        form.text.encode()  # lone surrogates would break every column


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_characters="%+&\\ÀÁà", codec="utf-8")))
def test_plain_text_has_no_other_form(text: str) -> None:
    assert decodings(text, query=True) == ()


@settings(deadline=None)
@given(TEXTS, st.booleans())
def test_what_is_not_likely_has_no_other_form(text: str, query: bool) -> None:
    likely = pc.match_substring_regex(pa.array([text], pa.string()), LIKELY_QUERY if query else LIKELY)[0].as_py()
    assert likely or decodings(text, query) == ()


def test_bombs_are_bounded() -> None:
    for bomb in ("%25" * LONGEST, "\\x25" * LONGEST, "&#9;" * LONGEST, "%" + "25" * LONGEST):
        forms = decodings(bomb, query=True)
        assert forms
        assert len(forms) <= MOST
        assert all(len(form.text) <= LONGEST for form in forms)


def test_forms_of_a_row_are_those_of_its_value() -> None:
    values = values_of(pa.chunked_array([["a", "%2561", None, "b", "%62"]]), "percent")
    forms = values.forms(values.texts)
    assert [values.elements(forms, row) for row in range(5)] == [["a"], ["%2561", "%61", "a"], [], ["b"], ["%62", "b"]]
    assert list(values.decoded) == ["percent", "percent twice", "percent"]


@settings(deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=20), st.booleans())
def test_the_compiled_look_misses_nothing_that_is_likely(texts: list[str], query: bool) -> None:
    found = np.zeros(len(texts), np.bool_)
    array = pa.array(texts, pa.string())
    encoded(*laid_out(array), TELLING_QUERY if query else TELLING, found)
    likely = pc.match_substring_regex(array, LIKELY_QUERY if query else LIKELY).to_numpy(zero_copy_only=False)
    assert not (likely & ~found).any()


def test_the_compiled_look_leaves_plain_texts_out() -> None:
    texts = ["/a?b=c&d;x", "50%", "%zz", "&", "a;b", "a+b", "%41", "%u0041", "&#1", "&lt;", "\\x41", "\u00c0\u00af"]
    found = np.zeros(len(texts), np.bool_)
    encoded(*laid_out(pa.array(texts, pa.string())), TELLING, found)
    assert found.tolist() == [True, False, False, False, False, False, *[True] * 6]
    encoded(*laid_out(pa.array(["a+b", "ab"], pa.string())), TELLING_QUERY, found)
    assert found[:2].tolist() == [True, False]
