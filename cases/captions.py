"""What stands on and beside the charts, in words: lanes, width of a bar, and the alternative text of each drawing."""

from __future__ import annotations

from cases import moments
from cases.languages import Language
from cases.summary import Chart, Inference
from timelines.times import NS

MARKS = 20  # findings named in the alternative text
_SPANS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def alt(chart: Chart, language: Language) -> str:
    """What the chart of the whole case shows."""
    marks = ", ".join(mark.number for mark in chart.marks[:MARKS]) or language.word("common.none")
    first, last = moments.utc_seconds(chart.start), moments.utc_seconds(chart.end)
    width = bar_width(chart, language)
    return language.word("chart.alt", first=first, last=last, width=width, lanes=_lanes(chart, language), marks=marks)


def finding_alt(found: Inference, chart: Chart, language: Language) -> str:
    """What the chart of one finding shows, from its first record to its last."""
    first = moments.utc_seconds(chart.start if found.first is None else found.first)
    last = moments.utc_seconds(chart.end if found.last is None else found.last)
    width = bar_width(chart, language)
    return language.word(
        "chart.alt_finding", number=found.number, first=first, last=last, width=width, lanes=_lanes(chart, language)
    )


def labels(chart: Chart, language: Language, title: str = "chart.title") -> dict[str, str]:
    """The words that `drawing.draw` puts on the chart."""
    names = {lane.source: _source(lane.source, language) for lane in chart.lanes}
    peaks = {
        f"peak:{lane.source}": language.word("chart.peak", n=language.number(max(lane.counts))) for lane in chart.lanes
    }
    return {**names, **peaks, "findings": language.word("chart.findings"), "title": language.word(title)}


def bar_width(chart: Chart, language: Language) -> str:
    """The width of a bar in words: `5 min`."""
    seconds = chart.width // NS
    size, name = next((size, name) for size, name in _SPANS if seconds % size == 0)
    return language.word(f"chart.{name}", n=language.number(seconds // size))


def _lanes(chart: Chart, language: Language) -> str:
    return " ".join(
        language.word(
            "chart.alt_lane",
            source=_source(lane.source, language),
            n=language.number(sum(lane.counts)),
            peak=language.number(max(lane.counts)),
        )
        for lane in chart.lanes
    )


def _source(name: str, language: Language) -> str:
    return language.word(f"source.{name}") if language.known(f"source.{name}") else name
