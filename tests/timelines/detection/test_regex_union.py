"""Regular expressions asked together give what each gives alone."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from timelines.detection.expressions import Regex
from timelines.detection.questions import ask_late
from timelines.detection.regex_union import TOGETHER, RegexUnion

PATTERNS = (
    "(?i)abc",
    "abc",
    "^a",
    "c$",
    "a|b",
    "(?s)a.b",
    "(?m)^b$",
    "[xyz]{2}",
    ".{3,}",
    "\\bunion\\b",
    "(?i)^https?://",
)


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(PATTERNS), unique=True, min_size=1),
    st.lists(st.text(alphabet="abcABCxyz\n /:", max_size=8) | st.sampled_from(["https://a", "a union b", "é"])),
)
def test_together_as_alone(patterns: list[str], written: list[str]) -> None:
    regexes, texts = [Regex(pattern) for pattern in patterns], pa.array(written, pa.string())
    union = RegexUnion(regexes, texts)
    for regex in regexes:
        assert union.ask(regex).tolist() == ask_late(regex, texts, texts).tolist()
    assert union.ask(Regex("b")).tolist() == [at for at, text in enumerate(written) if "b" in text]  # not of the union


def test_more_than_one_union_and_one_that_is_too_large() -> None:
    texts = pa.array(["a7", "b", "x" * 1_000], pa.string())
    many = [Regex(f"a{n}") for n in range(TOGETHER * 2 + 1)]
    assert [RegexUnion(many, texts).ask(many[at]).tolist() for at in (7, -1)] == [[0], []]
    large = [Regex(f"(?:[xy]{{1000}}){{1}}{n}?") for n in range(TOGETHER)]  # each near RE2's own limit
    assert [RegexUnion(large, texts).ask(regex).tolist() for regex in large[:2]] == [[2], [2]]
