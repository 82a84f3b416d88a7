"""The workbook, read back by openpyxl and pandas."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cases.exchange import cells, workbook
from cases.exchange.delivery import Delivery
from timelines.query import Filter, Timeline
from timelines.schema import CORE_NAMES

openpyxl = pytest.importorskip("openpyxl")
Export = Callable[..., Delivery]
BORN = datetime(2026, 3, 6, tzinfo=UTC)


@pytest.fixture
def book(export: Export) -> Iterator[Any]:
    opened = openpyxl.load_workbook(export("xlsx", ".xlsx").path, read_only=True)
    yield opened
    opened.close()


def values(book: Any, sheet: str) -> list[tuple[Any, ...]]:
    return list(book[sheet].iter_rows(values_only=True))


def test_every_sheet_holds_what_the_case_holds(book: Any, timeline: Timeline) -> None:
    assert book.sheetnames == ["about", "findings", "matches", "files", "ledger", "problems", "timeline"]
    assert {name: len(values(book, name)) - 1 for name in book.sheetnames[1:]} == {
        "findings": 3,
        "matches": 2,
        "files": 3,
        "ledger": 1,
        "problems": 1,
        "timeline": 9,
    }
    head, *rows = values(book, "timeline")
    assert head == (*CORE_NAMES, "message")
    at = CORE_NAMES.index("row_id")
    ids = [row for table in timeline.batches(Filter(), ["row_id"]) for row in table.column("row_id").to_pylist()]
    assert [row[at] for row in rows] == ids
    assert rows[0][0] == "1969-12-31T23:59:59.999998500Z"
    assert values(book, "ledger")[1] == ("E001", "logs/access.log", 600, 500, 0, 0, 100)


def test_each_finding_stands_under_its_headings(book: Any) -> None:
    head, *rows = values(book, "findings")
    first = dict(zip(head, rows[0], strict=True))
    assert (first["finding_id"], first["review"], first["kind"]) == ("F-00000000aa", "open", "correlation")
    assert (first["shows"], first["would_change"], first["rule_id"]) == ("Rows.", "A capture.", "rule-a")
    assert first["rows"] == len(first["row_ids"].split(", "))


def test_no_cell_of_any_sheet_is_a_formula_an_error_or_unseen(book: Any) -> None:
    types = set()
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                types.add(cell.data_type)
                if isinstance(cell.value, str):
                    assert not re.match(r"[=+@]|-.", cell.value), cell.value[:60]
                    assert cell.value == cells.cell(cell.value).removeprefix("'") or cell.value.startswith("'")
                    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\u202e\uffff]", cell.value)
    assert types == {"s", "inlineStr", "n"}


def test_numbers_that_excel_would_round_are_text(book: Any) -> None:
    head, *rows = values(book, "timeline")
    records = [row[head.index("record")] for row in rows]
    assert str(2**64 - 1) in records
    assert 12 in records


def test_a_value_beyond_a_cell_is_cut_marked_and_counted(export: Export) -> None:
    made = export("xlsx", ".xlsx")
    assert made.counts["values_cut"] == 2
    frame = pd.read_excel(made.path, sheet_name="timeline", keep_default_na=False)
    (long,) = [text for text in frame["object"] if len(text) > 1_000]
    assert len(long) == workbook.CHARACTERS
    assert long.endswith(" … [cut by the export]")


def test_a_full_sheet_goes_on_in_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "ROWS", 3)
    book = workbook.Workbook(openpyxl_parts(), BORN)
    sheet = book.sheet("timeline", ("n",))
    for n in range(7):
        sheet.add((n,))
    book.save(tmp_path / "made.xlsx")
    opened = openpyxl.load_workbook(tmp_path / "made.xlsx")
    assert {page.title: [cell.value for cell in page["A"]] for page in opened} == {
        "timeline": ["n", 0, 1, 2],
        "timeline 2": ["n", 3, 4, 5],
        "timeline 3": ["n", 6],
    }
    assert sheet.pages == 3


@pytest.mark.parametrize(
    ("evidence", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("-1+1|cmd", "'-1+1|cmd"),
        ("-", "-"),
        ("-12.5", "-12.5"),
        ("\t=1+1", "⟨U+0009⟩=1+1"),
        ("＝1+1", "'＝1+1"),
        ("#REF!", "'#REF!"),
        ("_x0041_", "_x005F_x0041_"),  # which Excel shows as _x0041_
        ("a\ufffeb", "a⟨U+FFFE⟩b"),
        ("a;=1+1", "a;=1+1"),
    ],
)
def test_text_is_what_excel_shows_and_nothing_it_runs(evidence: str, shown: str, tmp_path: Path) -> None:
    book = workbook.Workbook(openpyxl_parts(), BORN)
    book.sheet("s", ("value",)).add((evidence,))
    book.save(tmp_path / "made.xlsx")
    with zipfile.ZipFile(tmp_path / "made.xlsx") as archive:
        page = archive.read("xl/worksheets/sheet1.xml").decode()
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert "<f>" not in page
    cell = openpyxl.load_workbook(io.BytesIO((tmp_path / "made.xlsx").read_bytes()))["s"]["A2"]
    assert (cell.value, cell.data_type) == (shown, "s")


@pytest.mark.parametrize(
    ("evidence", "shown"),
    [
        ("a;=1", "a;'=1"),
        ('a;"=1', "a;\"'=1"),
        ("bot; +http://bot.example", "bot; +http://bot.example"),
        ("=1;@x", "'=1;'@x"),
    ],
)
def test_a_comma_cell_stays_inert_where_semicolons_separate(evidence: str, shown: str) -> None:
    assert cells.comma_cell(evidence) == shown


def openpyxl_parts() -> Any:
    from cases.exchange.formats.xlsx import _openpyxl

    return _openpyxl("xlsx")
