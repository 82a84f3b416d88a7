"""The validation page is what the test suite says of itself, and every row of the checklist is on it."""

from __future__ import annotations

import re

import pytest

from forensics.validation_page import ROOT, Module, by_row, limits, main, modules, page
from forensics.validation_results import ROWS, SOURCE, source_digest

PAGE = ROOT / "docs" / "validation" / "README.md"


@pytest.fixture(scope="module")
def read() -> list[Module]:
    """What every file of tests says of itself: parsed once, some seconds."""
    return modules()


def structure(text: str) -> list[str]:
    """The headings and the rows of the checklist: what must be kept up to date whoever adds a test."""
    return [line for line in text.splitlines() if re.match(r"#|\| \d|- \*\*", line)]


def test_the_page_is_up_to_date():
    """A test more in a file does not make it stale: an area, a row of the checklist or a limit does."""
    assert structure(PAGE.read_text("utf-8")) == structure(page()), (
        "run: python -m forensics.validation_page > docs/validation/README.md"
    )


def test_every_row_has_a_test_or_is_open(read):
    told, tested = {item["row"] for item in limits()["open"]}, by_row(read)
    assert [row for row in ROWS if row not in tested and row not in told] == []
    assert set(tested) <= set(ROWS)


def test_every_test_of_the_checklist_gives_its_row_in_words(read):
    for tests in by_row(read).values():
        assert len({test.said for test in tests}) == 1
        assert all(test.said.endswith(".") for test in tests)


def test_every_file_of_tests_says_what_it_is_about(read):
    assert [module.path for module in read if not module.said] == []


JUNIT = """<testsuites><testsuite timestamp="2026-02-01T10:00:00">
<testcase classname="tests.contract.checklist.test_custody" name="test_row_02_x"/>
<testcase classname="tests.contract.checklist.test_custody" name="test_row_05_x"><failure message="no"/></testcase>
<testcase classname="tests.cases.test_case" name="test_y"><skipped message="no real evidence"/></testcase>
</testsuite></testsuites>"""


def test_the_results_of_a_run_are_counted_by_area_and_rows_are_judged(tmp_path, capsysbinary):
    (tmp_path / "run.xml").write_text(JUNIT, encoding="utf-8")
    assert main(["--results", str(tmp_path / "run.xml")]) == 1  # row 5 failed
    text = capsysbinary.readouterr().out.decode()
    assert "Run of 2026-02-01: 1 passed, 1 failed, 1 skipped." in text
    assert "| `tests/contract/checklist` | 1 | 1 | 0 |" in text
    assert "- 1: no real evidence" in text
    came = dict(re.findall(r"^\| (\d+) \| .* \| (\w+ ?\w*) \|$", text, re.MULTILINE))
    assert [int(row) for row in came] == list(ROWS)
    assert (came["2"], came["5"], came["1"]) == ("passed", "failed", "no test")
    assert all(item["text"] in text for item in limits()["limit"])
    assert source_digest(ROOT) in text


def test_every_row_passed_is_exit_code_0(tmp_path, capsysbinary):
    cases = "".join(
        f'<testcase classname="tests.contract.checklist.test_custody" name="test_row_{row:02d}_x"/>' for row in ROWS
    )
    (tmp_path / "run.xml").write_text(
        f'<testsuite timestamp="2026-02-01T10:00:00">{cases}</testsuite>', encoding="utf-8"
    )
    assert main(["--results", str(tmp_path / "run.xml")]) == 0


def test_the_digest_of_the_source_follows_its_files_and_nothing_else(tmp_path):
    for folder in SOURCE:
        (tmp_path / folder / "__pycache__").mkdir(parents=True)
        (tmp_path / folder / "a.py").write_text("x = 1\n", encoding="utf-8")
    before = source_digest(tmp_path)
    for made in ("a.pyc", "a.loop", "a.loop.1"):  # other tests make such while the digest is taken
        (tmp_path / "cases" / "__pycache__" / made).write_bytes(b"made")
    (tmp_path / "notes.txt").write_text("beside", encoding="utf-8")
    assert source_digest(tmp_path) == before
    (tmp_path / "tests" / "a.py").write_text("x = 2\n", encoding="utf-8")
    assert source_digest(tmp_path) != before


@pytest.mark.parametrize("content", ["", "no xml", "<other/>"])
def test_a_file_that_holds_no_results_is_one_clear_error(tmp_path, capsys, content):
    (tmp_path / "run.xml").write_text(content, encoding="utf-8")
    assert main(["--results", str(tmp_path / "run.xml")]) == 2
    told = capsys.readouterr().err
    assert "pytest --junitxml" in told
    assert len(told.strip().splitlines()) == 1


def test_published_results_judge_every_row():
    """The record of a run is not compared with the tests of today; it has to be one, of a whole run."""
    published = ROOT / "docs" / "validation" / "results.md"
    if published.exists():
        text = published.read_text("utf-8")
        assert re.findall(r"^\| (\d+) \| .* \| passed \|$", text, re.MULTILINE) == [str(row) for row in ROWS]
        assert re.search(r"^- Run of \d{4}-\d\d-\d\d: \d+ passed, 0 failed, \d+ skipped\.$", text, re.MULTILINE)
