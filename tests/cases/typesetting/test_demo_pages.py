"""Pages of the demo case as they were looked at and approved, in each language: the first page, a finding with its chart, the timeline.

What differs from run to run (the custody journal and its hashes) is set to fixed values. After a change that is meant:
`ATHAR_APPROVE=1 pytest tests/cases/typesetting/test_demo_pages.py`, and look at the images.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cases.custody import Head
from cases.languages import codes, language
from cases.summarise import summarise
from cases.summary import Draft, Summary, Tool
from cases.typesetting import press
from cases.typesetting.blocks import BREAK
from cases.typesetting.found import found
from cases.typesetting.pen import Pen

GOLDEN = Path(__file__).parents[2] / "golden" / "demo"
PPI = 50
FINDINGS = 5  # those of the first page, which links to them
PAGES = {"first": 0, "finding": 1, "records": 2, "timeline": -1}
WHEN, HASH = "2026-03-05T08:00:00Z", "5a" * 32


@pytest.fixture(scope="session")
def summary(demo: Any) -> Summary:
    import forensics

    made = summarise(forensics.open_case(demo.case).case, "2026-03-06")
    lines = tuple(replace(line, time=WHEN, hash=HASH, version="0") for line in made.custody.lines)
    custody = replace(made.custody, lines=lines, head=Head(len(lines), HASH), hashed_again=WHEN)
    exhibits = tuple(replace(sheet, added=WHEN) for sheet in made.exhibits)
    whole = replace(made, tool=Tool("athar", "0", ("athar 0",)), custody=custody, exhibits=exhibits, draft=Draft())
    return replace(whole, inferences=whole.inferences[:FINDINGS])


@pytest.fixture(scope="session")
def pages(summary: Summary) -> Callable[[str], list[bytes]]:
    """The first page and the pages of sections 6 to 8; section 7 begins a page."""

    def made(code: str) -> list[bytes]:
        data = press.content(summary, language(code))
        body = found(summary, Pen(language(code), summary.case.zone))
        at = next(place for place, block in enumerate(body) if block.get("id") == "timeline")
        return press.typeset({**data, "body": [*body[:at], BREAK, *body[at:]]}, "png", PPI)

    return cache(made)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("code", codes())
def test_a_page_of_the_demo_looks_as_approved(
    pages: Callable[[str], list[bytes]], images: ModuleType, code: str, name: str
) -> None:
    seen, path = images.pixels(pages(code)[PAGES[name]]), GOLDEN / f"{code}-{name}.png"
    if os.environ.get("ATHAR_APPROVE"):
        path.write_bytes(images.grey(seen))
    assert images.unlike(seen, images.pixels(path.read_bytes())) < images.SHARE


def test_a_chart_that_is_not_drawn_is_seen(summary: Summary, images: ModuleType) -> None:
    """The tolerance is narrow enough: one chart less on a page, its room kept, is beyond it."""
    data = press.content(summary, language("ar"))
    body = found(summary, Pen(language("ar"), summary.case.zone))
    first = next(block for block in body if block["b"] == "figure")
    first["svg"] = first["svg"].replace('class="bars"', 'class="base"')
    seen = images.pixels(press.typeset({**data, "body": body}, "png", PPI)[PAGES["records"]])
    assert images.unlike(seen, images.pixels((GOLDEN / "ar-records.png").read_bytes())) > images.SHARE
