"""Every table of counts keeps its contract, on no rows, on hand-made ones and on the demo case."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import pyarrow as pa
import pytest

import timelines.statistics
from timelines.families import all_families
from timelines.query import Filter, Timeline
from timelines.scope import Scope
from timelines.statistics import Statistic, all_statistics
from timelines.statistics_page import statistics_page
from timelines.store import Store

PAGE = Path(__file__).parents[2] / "docs" / "stats.md"
each = pytest.mark.parametrize("counting", all_statistics().values(), ids=list(all_statistics()))


def test_every_file_is_a_table_of_its_name() -> None:
    folder = Path(timelines.statistics.__file__).parent
    assert list(all_statistics()) == sorted(path.stem for path in folder.glob("*.py") if not path.name.startswith("_"))


def test_the_page_in_the_repository_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == statistics_page(), (
        "docs/stats.md is out of date; run: python -m timelines.statistics_page > docs/stats.md"
    )


@each
def test_it_says_what_it_is(counting: Statistic) -> None:
    names = [column.name for column in counting.columns]
    assert len(set(names)) == len(names)
    assert set(counting.shown) <= set(names)
    assert counting.per in ("", *names)
    assert counting.title[0].isupper()
    assert all(text.endswith(".") for text in (counting.doc, *(column.doc for column in counting.columns)))
    assert all(any(fnmatchcase(family, need) for family in all_families()) for need in counting.needs)
    assert all(threshold.unit and threshold.reason for threshold in counting.thresholds)


@each
def test_no_rows_give_an_empty_table_of_the_declared_shape(counting: Statistic, tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.commit({"t": store.writer("t").close([], [])})
    table = counting.table(Scope(Timeline(tmp_path)))
    assert table.num_rows == 0
    assert table.schema == pa.schema([column.field() for column in counting.columns])


@each
def test_on_the_demo_it_counts_the_same_each_time_in_each_language(counting: Statistic, demo) -> None:
    timeline = Timeline(demo.case / "timeline")
    tables = {lang: counting.table(Scope(timeline, lang=lang)) for lang in ("en", "fr", "ar")}
    assert tables["en"].num_rows > 0
    assert tables["en"].schema == pa.schema([column.field() for column in counting.columns])
    assert {table.num_rows for table in tables.values()} == {tables["en"].num_rows}
    assert counting.table(Scope(Timeline(demo.case / "timeline"))).equals(tables["en"])
    if counting.per:  # each list stands together
        values = tables["en"].column(counting.per).to_pylist()
        assert values == sorted(values)


@each
def test_a_filter_that_takes_nothing_gives_nothing(counting: Statistic, demo) -> None:
    chosen = Filter(hosts=("nowhere.example",), ips=("203.0.113.255",))
    assert counting.table(Scope(Timeline(demo.case / "timeline"), chosen)).num_rows == 0


@pytest.mark.parametrize("name", ["events", "hosts", "logs"])
def test_what_counts_every_row_counts_every_row_once(name: str, demo) -> None:
    timeline = Timeline(demo.case / "timeline")
    assert sum(all_statistics()[name].table(Scope(timeline)).column("rows").to_pylist()) == sum(
        timeline.counts().values()
    )
