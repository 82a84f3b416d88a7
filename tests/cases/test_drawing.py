"""The chart: well-formed, the same each time, with labels that do not overlap and the gravest of them shown."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations
from xml.etree import ElementTree

import pytest

from cases.drawing import LABEL, WIDTH, draw
from cases.summary import Chart, Lane, Mark
from timelines.times import NS

SVG = "{http://www.w3.org/2000/svg}"
DAY = 86_400 * NS
LABELS = {"web": 'web <logs> & "more"', "peak:web": "at most 9", "findings": "Findings", "title": "Title"}


def chart(marks: tuple[Mark, ...] = (), width: int = 3_600 * NS, bins: int = 48) -> Chart:
    start = 1_772_496_000 * NS  # 2026-03-03T00:00:00Z
    return Chart(start, width, (Lane("web", tuple(n % 10 for n in range(bins))),), marks, 0, 0, 0)


def texts(svg: str, kind: str) -> list[tuple[float, float, str]]:
    found = ElementTree.fromstring(svg).iter(f"{SVG}text")
    return [
        (float(t.get("x", "")), float(t.get("y", "")), t.text or "")
        for t in found
        if kind in t.get("class", "").split()
    ]


def test_it_is_well_formed_and_described() -> None:
    root = ElementTree.fromstring(draw(chart(), LABELS, "ltr", "What <it> shows"))
    assert root.get("role") == "img"
    assert [root.findtext(f"{SVG}{name}") for name in ("title", "desc")] == ["Title", "What <it> shows"]
    assert [text for *_, text in texts(draw(chart(), LABELS, "ltr", ""), "lane")] == ['web <logs> & "more"']


def test_a_bar_for_each_bin_that_holds_something() -> None:
    svg = draw(chart(), LABELS, "ltr", "")
    (bars,) = re.findall(r'class="bars" d="([^"]*)"', svg)
    assert bars.count("M") == sum(1 for n in range(48) if n % 10)


def test_labels_do_not_overlap_and_the_gravest_come_first() -> None:
    start = chart().start
    marks = tuple(Mark(f"C-{n:02d}", "high", start + (n * 7 % 48) * 3_600 * NS, start + DAY) for n in range(1, 200))
    numbers = texts(draw(chart(marks), LABELS, "ltr", ""), "number")
    assert {f"C-{n:02d}" for n in range(1, 20)} <= {text for *_, text in numbers}
    for (x, y, one), (x2, y2, two) in combinations(numbers, 2):
        assert y != y2 or abs(x - x2) >= LABEL - 0.2, (one, two)
    assert all(0 <= x <= WIDTH - LABEL + 2 for x, *_ in numbers)


def test_every_finding_has_a_line_even_without_a_label() -> None:
    start = chart().start
    marks = tuple(Mark(f"C-{n}", "low", start, start) for n in range(50))
    svg = draw(chart(marks), LABELS, "ltr", "")
    assert svg.count('class="mark"') == 50
    assert len(texts(svg, "number")) == 6


def test_words_begin_where_reading_begins() -> None:
    assert [x for x, *_ in texts(draw(chart(), LABELS, "rtl", ""), "lane")] == [WIDTH]
    assert [x for x, *_ in texts(draw(chart(), LABELS, "ltr", ""), "lane")] == [0.0]


@pytest.mark.parametrize(
    ("width", "bins", "expected"),
    [
        (NS, 40, ["00:00:00", "00:00:15", "00:00:30"]),
        (60 * NS, 90, ["00:00", "00:15", "00:30", "00:45", "01:00", "01:15", "01:30"]),
        (3_600 * NS, 48, ["00:00", "12:00", "00:00", "12:00", "00:00"]),
        (DAY, 10, ["2026-03-04", "2026-03-06", "2026-03-08", "2026-03-10", "2026-03-12"]),
    ],
)
def test_ticks_stand_on_moments_that_a_reader_can_name(width: int, bins: int, expected: list[str]) -> None:
    svg = draw(chart(width=width, bins=bins), LABELS, "ltr", "")
    assert [text for *_, text in texts(svg, "tick") if ":" in text or width == DAY] == expected


def test_ticks_of_hours_stand_under_their_own_day() -> None:
    days = [text for *_, text in texts(draw(chart(), LABELS, "ltr", ""), "day")]
    assert days == ["2026-03-03", "2026-03-04", "2026-03-05"]


def test_same_chart_same_bytes() -> None:
    marks = (Mark("C-01", "high", chart().start, chart().end),)
    assert draw(chart(marks), LABELS, "ltr", "x") == draw(replace(chart(marks)), LABELS, "ltr", "x")
