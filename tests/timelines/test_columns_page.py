"""`docs/columns.md` says what the declarations say."""

from pathlib import Path

import pyarrow as pa

from timelines.columns_page import _section, columns_page
from timelines.families import all_families
from timelines.schema import CORE, Column, Family

PAGE = Path(__file__).parents[2] / "docs" / "columns.md"


def test_the_page_in_the_repository_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == columns_page(), (
        "docs/columns.md is out of date; run: python -m timelines.columns_page > docs/columns.md"
    )


def test_every_declared_column_and_family_is_on_the_page() -> None:
    page = columns_page()
    for column in CORE:
        assert f"| `{column.name}` |" in page
    for family in all_families().values():
        assert f"## `{family.name}`\n" in page
        section = page.split(f"## `{family.name}`\n")[1].split("\n## ")[0]
        assert [f"| `{c.name}` |" in section for c in family.columns] == [True] * len(family.columns)


def test_a_bar_in_a_doc_does_not_break_the_table() -> None:
    family = Family("x/y", "Rows.", (Column("a", pa.string(), "one | two", "ns", "Spec 1", "x.y"),))
    assert "| `a` | string | ns | one \\| two | Spec 1 | `x.y` |\n" in _section(family)
    assert "SQL view: `x_y`." in _section(family)


def test_an_open_family_says_so() -> None:
    assert "every column that the evidence itself names" in _section(Family("x/y", "Rows.", (), open=True))


def test_each_table_has_one_head_and_the_page_one_title() -> None:
    page = columns_page()
    assert page.count("# Columns of the timeline\n") == 1
    assert page.count("|---|---|---|---|---|---|\n") == 1 + sum(1 for f in all_families().values() if f.columns)
