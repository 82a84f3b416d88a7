"""A row beside its second reading: what is the same, what is in another form, what differs, and why there is none."""

from __future__ import annotations

import pytest

from cases.case import Case
from forensics.exhibit_bytes import opened
from forensics.second_reader.beside import DIFFERS, SAME, event_beside
from forensics.second_reader.comparison import rows_as_text
from parsers.second.reading import Place
from timelines.query import Timeline


@pytest.fixture(scope="module")
def log(demo):
    """The bytes of a log of the demo, and one of its rows: place and text by column."""
    timeline = Timeline(demo.case / "timeline")
    query = "select * from timeline where family = 'windows/security' order by exhibit, file, \"offset\" limit 1"
    first = timeline.sql(query).to_pylist()[0]
    ((_, row),) = rows_as_text(next(iter(timeline.rows([first["row_id"]]))))
    with opened(Case.open(demo.case), first["exhibit"], first["file"]) as view:
        data = bytes(view)
        view.release()
    return data, Place(first["row_id"], "windows/security", first["offset"], first["length"]), row


def test_a_sound_row_agrees(log):
    data, place, row = log
    beside = event_beside(memoryview(data), place, row)
    verdicts = {pair.name: pair.verdict for pair in beside.pairs}
    assert beside.unread == ""
    assert DIFFERS not in verdicts.values()
    assert (verdicts["Channel"], verdicts["time"]) == (SAME, "≈ form of times")
    assert beside.summary.endswith(" 0 differ")
    assert beside.tool.startswith("python-evtx ")


def test_what_differs_is_marked(log):
    data, place, row = log
    changed = {**row, "computer": "OTHER", "madeup": "x"}
    beside = event_beside(memoryview(data), place, changed)
    assert {pair.name for pair in beside.pairs if pair.verdict == DIFFERS} == {"Computer", "madeup"}
    assert beside.summary.endswith(" 2 differ")


def test_where_nothing_can_be_read_the_reason_is_given(log):
    data, place, row = log
    beside = event_beside(memoryview(data), Place("r", place.family, place.offset + 4, 10), row)
    assert beside.pairs == ()
    assert beside.unread.startswith("python-evtx: ")


def test_show_prints_both(demo, log, athar):
    _, place, row = log
    ran = athar("show", demo.case, place.row_id)
    assert (ran.code, ran.err) == (0, "")
    assert "Read again by python-evtx" in ran.out
    assert f"Computer\t{row['computer']}\t{row['computer']}\t=" in ran.out
    assert "<EventRecordID>" in ran.out
