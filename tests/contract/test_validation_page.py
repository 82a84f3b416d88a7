"""The validation page is what the test suite says of itself, and every row of the checklist is on it."""

from __future__ import annotations

import re

from forensics.validation_page import ROOT, ROWS, by_row, limits, modules, page

PAGE = ROOT / "docs" / "validation" / "README.md"


def structure(text: str) -> list[str]:
    """The headings and the rows of the checklist: what must be kept up to date whoever adds a test."""
    return [line for line in text.splitlines() if re.match(r"#|\| \d|- \*\*", line)]


def test_the_page_is_up_to_date():
    """A test more in a file does not make it stale: an area, a row of the checklist or a limit does."""
    assert structure(PAGE.read_text("utf-8")) == structure(page()), (
        "run: python -m forensics.validation_page > docs/validation/README.md"
    )


def test_every_row_has_a_test_or_is_open():
    told = {item["row"] for item in limits()["open"]}
    assert [row for row in ROWS if row not in by_row(modules()) and row not in told] == []
    assert set(by_row(modules())) <= set(ROWS)


def test_every_test_of_the_checklist_gives_its_row_in_words():
    for tests in by_row(modules()).values():
        assert len({test.said for test in tests}) == 1
        assert all(test.said.endswith(".") for test in tests)


def test_every_file_of_tests_says_what_it_is_about():
    assert [module.path for module in modules() if not module.said] == []
