"""Formats of log lines, by exhibit."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from cases.exporters import exporters
from cases.languages import codes, language
from cases.line_formats import formats_read
from cases.summarise import summarise
from cases.summary import FormatCount
from timelines.query import Timeline
from timelines.rows import Provenance, finish
from timelines.store import Store


def batch(formats: list[str | None], quality: list[str]) -> pa.RecordBatch:
    count = len(formats)
    return pa.RecordBatch.from_pydict(
        {
            "time": pa.array([1] * count, pa.timestamp("ns", tz="UTC")),
            "offset": pa.array(range(count), pa.int64()),
            "length": pa.array([1] * count, pa.int64()),
            "log_format": pa.array(formats, pa.string()),
            "parse_quality": pa.array(quality),
        }
    )


@pytest.fixture
def timeline(tmp_path: Path) -> Timeline:
    store = Store(tmp_path)
    writer = store.writer("t")
    for family, exhibit, formats, quality in (
        ("web/access", "E001", ["clf", "squid", "clf"], ["fast", "strict", "loose"]),
        ("web/error", "E001", ["apache-error"], ["strict"]),
        ("web/access", "E002", ["iis-w3c", None], ["loose", "fast"]),
    ):
        writer.add(finish(family, batch(formats, quality), Provenance(exhibit, "a.log", "0" * 64)))
    store.commit({"t": writer.close([], [])})
    return Timeline(tmp_path)


def test_lines_are_counted_by_exhibit_and_format(timeline: Timeline) -> None:
    assert formats_read(timeline) == {
        "E001": (FormatCount("clf", 2, 1), FormatCount("apache-error", 1, 0), FormatCount("squid", 1, 0)),
        "E002": (FormatCount("iis-w3c", 1, 1),),
    }


def test_a_case_without_logs_has_none(tmp_path: Path) -> None:
    assert formats_read(Timeline(tmp_path)) == {}


def test_rows_that_name_no_format_are_left_out(filled) -> None:
    assert {sheet.number: sheet.formats for sheet in summarise(filled, "2026-03-05").exhibits} == {
        "E001": (),
        "E002": (),
    }


@pytest.mark.parametrize("code", codes())
def test_the_sheet_of_an_exhibit_says_them(synthetic, code: str) -> None:
    words, summary = language(code), synthetic.summary()
    page = exporters()["html"].render(summary, words).decode()
    assert words.word("exhibit.formats") in page
    assert words.word("exhibit.layouts") in page
    assert "apache-error" in page
    told = json.loads(exporters()["json"].render(summary, words))
    assert told["exhibits"][0]["formats"][0] == {"name": "clf", "rows": 48_211, "loose": 12}
