"""What is left out of a large column satisfies nothing: what is asked of the rest alone gets the same answers as asked of all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timelines.detection import columns, questions
from timelines.detection.answers import Answers
from timelines.detection.columns import values_of
from timelines.detection.expressions import Like, Number, Predicate, Regex, Text, Wild
from timelines.detection.folding import fold, fold_array
from timelines.detection.likely_texts import LikelyTexts
from timelines.detection.questions import Questions, ask_late, late
from timelines.detection.required_by_regex import required_by
from timelines.detection.required_text import AllOf, AnyNeedle, OneOf, needed, required

NOWHERE = np.empty(0, np.int64)
ALPHABET = "abcKk\u212aéß\n /%?=\x00-"
WORDS = st.text(alphabet=ALPHABET, max_size=6)
TEXTS = st.lists(st.text(alphabet=ALPHABET, max_size=12), unique=True, min_size=1, max_size=12)
PATTERNS = (
    *(
        "(?i)abc",
        "(?i)K",
        "a+b",
        "ab{2,}c",
        "a{2}",
        "(?:ab|ba)c?[ak]",
        "[^a]b",
        "a.b",
        "^a$",
        "c$",
        "(?:a|b|)c",
        r"\bab\b",
        r"a\s*b",
    ),
    *(
        r"[\s/]a",
        "a{0,2}b",
        "(?:ab)+c",
        "(?i)(?:a|[bc])k",
        r"\x61b",
        "[a-c]{3}",
        ".{3,}",
        "é?a",
        "(?P<x>ab)[?]",
        "a{,2}",
        r"[]a]b",
        "a|bc",
    ),
)
PREDICATES: st.SearchStrategy[Predicate] = st.one_of(
    st.builds(
        lambda place, needle, cased: Text(place, needle if cased else fold(needle), cased),
        st.sampled_from(("equals", "contains", "startswith", "endswith")),
        WORDS,
        st.booleans(),
    ),
    st.builds(Regex, st.sampled_from(PATTERNS)),
    st.builds(
        lambda pieces: Like(tuple(fold(p) if isinstance(p, str) else p for p in pieces)),
        st.lists(WORDS.filter(bool) | st.sampled_from(list(Wild)), min_size=1, max_size=4),
    ),
    st.just(Number("gt", 3)),
)


def found(asked: Answers, predicate: Predicate) -> Sequence[int]:
    at = asked.late(predicate) if late(predicate) else asked.hits.get(predicate)
    return [] if at is None else at.tolist()


@settings(deadline=None)
@given(st.lists(PREDICATES, min_size=1, max_size=8, unique=True), TEXTS, st.booleans())
def test_few_are_asked_as_all(predicates: list[Predicate], written: list[str], together: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(questions, "compiled_pays", lambda _: True)
        patch.setattr(questions, "TO_SHOW", 1)
        patch.setattr("timelines.detection.likely_texts.MOST", 100.0)
        column = pa.chunked_array([pa.array([*written, None, written[0]])])
        asked = Answers(values_of(column), Questions(predicates), together)
        texts = pa.array(written)
        folded = fold_array(texts)
        plain = Questions(predicates).ask(texts, folded)
        for predicate in predicates:
            held = ask_late(predicate, texts, folded) if late(predicate) else plain.get(predicate, NOWHERE)
            expected = held.tolist()
            assert found(asked, predicate) == expected, predicate
            rows = asked.rows(predicate, asked.values.owner[expected])
            assert rows.tolist() == [code in expected for code in asked.values.codes.tolist()]


@settings(deadline=None)
@given(st.lists(PREDICATES, min_size=1, max_size=8, unique=True), TEXTS)
def test_whatever_the_sample_says(predicates: list[Predicate], written: list[str]) -> None:
    likely = LikelyTexts.of(predicates, pa.array(written[:1]))
    if likely is not None:
        texts = pa.array(written)
        folded = fold_array(texts)
        left = set(range(len(written))) - set(likely.among(texts).tolist())
        plain = Questions(predicates).ask(texts, folded)
        for predicate in likely.predicates:
            held = ask_late(predicate, texts, folded) if late(predicate) else plain.get(predicate, NOWHERE)
            assert left.isdisjoint(held.tolist()), predicate


def test_a_common_piece_is_not_looked_for_where_a_rare_one_is_required_too() -> None:
    texts = pa.array([f"/page?item={n}" for n in range(400)] + ["/page?item=7;whoami", "/é"])
    regex = Regex(r"(?i)item=\d{1,4}[;|]\s*whoami")
    likely = LikelyTexts.of([regex, Text("contains", "item="), Number("eq", 1)], texts)
    assert likely is not None
    assert likely.predicates == {regex}  # every text has the other's
    assert likely.among(texts).tolist() == [400, 401]


def test_columns_unlike_the_sample_are_asked_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "compiled_pays", lambda _: True)
    monkeypatch.setattr(questions, "TO_SHOW", 1)
    asked = Questions([Text("contains", "attack")])
    first = Answers(values_of(pa.chunked_array([["a", "b", "attack", "c", "d"]])), asked, True)
    assert first.told_apart(Text("contains", "attack"))
    other = Answers(values_of(pa.chunked_array([["attack 1", "attack 2", "b"]])), asked, True)
    assert not other.told_apart(Text("contains", "attack"))
    assert found(other, Text("contains", "attack")) == [0, 1]


def test_a_few_texts_do_not_show_what_a_column_is_like(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "compiled_pays", lambda _: True)
    monkeypatch.setattr(questions, "TO_SHOW", 4)
    attack = Text("contains", "attack")
    asked = Questions([attack])
    assert not Answers(values_of(pa.chunked_array([pa.array([], pa.string())])), asked, True).told_apart(attack)
    assert Answers(values_of(pa.chunked_array([["a", "b", "attack", "c", "d"]])), asked, True).told_apart(attack)
    assert not Answers(values_of(pa.chunked_array([["attack 1"]])), asked, True).told_apart(attack)
    assert Answers(values_of(pa.chunked_array([["attack 2", "f", "g", "h"]])), asked, True).told_apart(attack)


def test_decoded_forms_of_a_large_column_are_those_of_a_small_one(monkeypatch: pytest.MonkeyPatch) -> None:
    written = [
        "a",
        "a%20b",
        "a%zz",
        "%",
        "a+b",
        "x\\x41",
        "a&lt;b",
        "a&b",
        "&#65",
        "À¯",
        "%u0041",
        "\\",
        "%C0%AF",
        "&;",
        "à",
    ]
    column = pa.chunked_array([written])
    small = {form: values_of(column, form) for form in ("query", "percent")}
    monkeypatch.setattr(columns, "compiled_pays", lambda _: True)
    for form, expected in small.items():
        large = values_of(column, form)
        assert large.texts.to_pylist() == expected.texts.to_pylist()
        assert large.owner.tolist() == expected.owner.tolist()


@pytest.mark.parametrize(
    ("pattern", "needles"),
    [
        ("abc", {"abc"}),
        ("(?i)ABC", {"abc"}),
        ("ab|cd", {"ab", "cd"}),
        ("[ab]c", {"ac", "bc"}),
        ("a?bc", {"abc", "bc"}),
        (r"\bunion\b", {"union"}),
        ("é", set()),
    ],
)
def test_what_an_expression_requires(pattern: str, needles: set[str]) -> None:
    requirement = required_by(pattern)
    assert isinstance(requirement, AnyNeedle)
    assert set(requirement.needles) == needles


def test_parts_of_an_expression_that_are_required_together() -> None:
    assert required_by("ab+c") == AllOf((AnyNeedle(("ab",)), AnyNeedle(("bc",))))
    assert required_by(r"x\w+(?:yy|z.w)") == AllOf(
        (AnyNeedle(("x",)), OneOf((AnyNeedle(("yy",)), AllOf((AnyNeedle(("z",)), AnyNeedle(("w",)))))))
    )


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        ".*",
        "a*",
        "a|",
        r"\pL",
        r"\Qa\E",
        "[[:alpha:]]b",
        r"[\w-a]b",
        "a{2}{3}",
        "(a",
        "[a",
        "(" * 99 + "a" + ")" * 99,
    ],
)
def test_of_what_is_not_understood_nothing_is_required(pattern: str) -> None:
    assert required_by(pattern) is None


def test_an_empty_text_is_in_every_text() -> None:
    assert needed(["", "a"]) is None
    assert required(Like((Wild.ANY,))) is None
