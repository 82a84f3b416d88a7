"""The chart of a finding counts what the finding cites, on its own span of time, and says nothing where there is nothing to place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pyarrow as pa
import pytest

from cases import captions, findings
from cases.case import Case
from cases.finding_charts import BINS, LEAST, finding_charts
from cases.languages import codes, language
from cases.summarise import summarise
from cases.summary import Chart
from timelines.findings import Finding
from timelines.query import QueryError, Timeline
from timelines.times import NS

START = 1_772_572_445 * NS  # 2026-03-03T21:14:05Z
DAY = 86_400 * NS
Timelines = Callable[[list[int]], Timeline]


def cited(timeline: Timeline, some: slice = slice(None), key: str = "F-00000000cc") -> Finding:
    rows = timeline.sql("select row_id from timeline order by time, row_id").column(0).to_pylist()[some]
    return Finding(key, "match", "r", "t", "low", "indication", None, None, {}, tuple(rows), (), "w")


def chart_of(timeline: Timeline, finding: Finding) -> Chart | None:
    return finding_charts(timeline, [finding]).get(finding.finding_id)


def test_every_cited_row_is_counted_and_no_other(filled: Case) -> None:
    first, second = summarise(filled, "2026-03-06").inferences
    assert first.chart is not None
    assert [(lane.source, sum(lane.counts)) for lane in first.chart.lanes] == [("web", first.rows)]
    assert first.chart.start <= START
    assert first.chart.end > START + 40 * 60 * NS
    assert (first.chart.width, first.chart.bins) == (30 * NS, 83)  # 81 half minutes, and a free bar at each end
    assert second.chart is None  # its row has no time, and another is not in the timeline


def test_rows_without_a_time_are_counted_beside_the_chart(filled: Case) -> None:
    timeline = Timeline(filled.timeline_folder)
    rows = findings.load_findings(filled.findings_folder)[0].rows
    timeless = findings.load_findings(filled.findings_folder)[1].rows
    made = chart_of(timeline, replace(cited(timeline), rows=(*rows, *timeless, rows[0])))
    assert made is not None
    assert sum(sum(lane.counts) for lane in made.lanes) == len(rows)  # a row cited twice stands once
    assert made.timeless == 1


@pytest.mark.parametrize("instants", [[], [START], [START] * 5, [START, START + NS - 1]])
def test_what_lies_within_a_second_has_no_chart(timeline_of: Timelines, instants: list[int]) -> None:
    timeline = timeline_of([*instants, START + DAY])
    assert chart_of(timeline, cited(timeline, slice(len(instants)))) is None


@pytest.mark.parametrize("span", [NS, 59 * NS, 60 * NS, 3_600 * NS, DAY - 1, 400 * DAY, 60_000 * DAY])
@pytest.mark.parametrize("begin", [START, -90 * DAY - 1])
def test_bars_are_neither_slabs_nor_hairs(timeline_of: Timelines, begin: int, span: int) -> None:
    timeline = timeline_of([begin, begin + span // 2, begin + span])
    made = chart_of(timeline, cited(timeline))
    assert made is not None
    assert LEAST <= made.bins <= BINS
    (lane,) = made.lanes
    filled = [made.start + at * made.width for at, n in enumerate(lane.counts) if n]
    assert filled[0] <= begin < filled[0] + made.width
    assert filled[-1] <= begin + span < filled[-1] + made.width
    assert sum(lane.counts) == 3
    assert not lane.counts[0]
    assert not lane.counts[-1]


def test_findings_are_read_together_and_kept_apart(timeline_of: Timelines) -> None:
    timeline = timeline_of([START + n * 7 * NS for n in range(200)])
    asked = [cited(timeline, slice(n, n + 1 + n % 20), f"F-{n:010x}") for n in range(180)]
    made = finding_charts(timeline, asked)
    assert set(made) == {f.finding_id for f in asked if len(f.rows) > 1}
    assert all(sum(made[f.finding_id].lanes[0].counts) == len(f.rows) for f in asked if f.finding_id in made)
    assert finding_charts(timeline, []) == {}


@pytest.mark.parametrize("code", codes())
def test_it_is_told_in_words_from_the_first_record_to_the_last(filled: Case, code: str) -> None:
    found = summarise(filled, "2026-03-06").inferences[0]
    assert found.chart is not None
    told = captions.finding_alt(found, found.chart, language(code))
    for value in ("C-01", "2026-03-03 21:14:05", "2026-03-03 21:54:05", "41", language(code).word("source.web")):
        assert value in told


@pytest.mark.usefixtures("own_engine")
def test_a_table_beside_the_timeline_is_its_own_and_reads_nothing_else(filled: Case) -> None:
    """The two share what is costly to make: neither sees the other's table, and both are bound alike."""
    timeline = Timeline(filled.timeline_folder)
    one, other = (timeline.beside("mine", pa.table({"row_id": [name]})) for name in ("a", "b"))
    within = one.beside("more", pa.table({"n": [1]}))
    assert one.sql("select row_id from mine").column(0).to_pylist() == ["a"]
    assert other.sql("select row_id from mine").column(0).to_pylist() == ["b"]
    assert within.sql("select row_id, n from mine, more").to_pylist() == [{"row_id": "a", "n": 1}]
    for asked in (timeline, one, within):
        settings = "current_setting('TimeZone'), current_setting('lock_configuration')"
        (told,) = asked.sql(f"select {settings}, count(*) from timeline").to_pylist()
        assert list(told.values()) == ["UTC", True, 50]
        with pytest.raises(QueryError, match="Cannot access file"):
            asked.sql(f"select * from read_text('{filled.folder / 'custody.jsonl'}')")
    with pytest.raises(QueryError, match="mine does not exist"):
        timeline.sql("select * from mine")


def test_a_question_of_a_test_that_names_a_file_outside_its_case_is_seen(filled: Case) -> None:
    timeline = Timeline(filled.timeline_folder)
    for named in (filled.folder / "custody.jsonl", filled.timeline_folder / ".." / "custody.jsonl"):
        with pytest.raises(AssertionError, match="is no file of"):
            timeline.sql(f"select * from read_text('{named}')")
    assert timeline.sql(f"select * from read_text('{filled.timeline_folder / 'manifest.json'}')").num_rows == 1
