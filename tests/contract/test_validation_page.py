"""The validation page is what the test suite says of itself, and every row of the checklist is on it."""

from __future__ import annotations

import re

import pytest

from forensics.validation_page import ROOT, by_row, limits, modules, page
from forensics.validation_results import ROWS

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


JUNIT = """<testsuites><testsuite timestamp="2026-02-01T10:00:00">
<testcase classname="tests.contract.test_checklist" name="test_row_02_x"/>
<testcase classname="tests.contract.test_checklist" name="test_row_05_x"><failure message="no"/></testcase>
<testcase classname="tests.cases.test_case" name="test_y"><skipped message="no real evidence"/></testcase>
</testsuite></testsuites>"""


def test_the_results_of_a_run_are_counted_by_area_and_failed_rows_are_named(tmp_path):
    (tmp_path / "run.xml").write_text(JUNIT, encoding="utf-8")
    text = page(results=tmp_path / "run.xml")
    assert "Run of 2026-02-01: 1 passed, 1 failed, 1 skipped." in text
    assert "| `tests/contract` | 1 | 1 | 0 |" in text
    assert "- 1 skipped: no real evidence" in text
    assert (
        "Rows of the checklist with a test that failed or was skipped: 5. Rows of the checklist without a test in this run: 1, 3, 4, 6,"
        in text
    )


@pytest.mark.parametrize("content", ["", "no xml", "<other/>"])
def test_a_file_that_holds_no_results_is_one_clear_error(tmp_path, content):
    (tmp_path / "run.xml").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match="pytest --junitxml"):
        page(results=tmp_path / "run.xml")
