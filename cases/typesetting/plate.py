"""The chart of a case as a plate on paper: the drawing of the HTML twin, its styles and faces put into the SVG itself."""

from __future__ import annotations

import re

from cases import moments
from cases.drawing import draw
from cases.languages import Language
from cases.summary import Chart
from timelines.times import NS

MARKS = 20  # findings named in the alternative text
_SPANS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
_TURNED = re.compile(r'text-anchor="(start|end)" direction="rtl"')
_OTHER = {"start": "end", "end": "start"}
# Greys that differ in print; the same classes as summary.css.
_STYLE = (
    "text{font-family:'IBM Plex Sans',Amiri;font-size:13px;fill:#16181d;paint-order:stroke;stroke:#fff;stroke-width:3px}"
    ".peak,.tick{font-size:11.5px;fill:#4a4e57}.lane{font-weight:600}.number{font-size:11.5px;font-weight:600}"
    ".bars{fill:#3d4656}.base,.axis{stroke:#8b8f98;stroke-width:1;fill:none}.grid{stroke:#e2e3e0;stroke-width:1;fill:none}"
    ".mark{stroke:#8b8f98;stroke-width:1;stroke-dasharray:2 3;fill:none}.mark.strong{stroke:#16181d;stroke-dasharray:none}"
    ".span{stroke:#16181d;stroke-width:2.5;fill:none}"
)


def svg(chart: Chart, language: Language) -> str:
    """The drawing as an SVG that needs no style sheet around it."""
    drawn = str(draw(chart, _labels(chart, language), language.direction, ""))
    if language.direction == "rtl":  # the setter knows no `direction`: there, text starts at its left end in any script
        drawn = _TURNED.sub(lambda found: f'text-anchor="{_OTHER[found[1]]}"', drawn)
    return drawn.replace("<title>", f"<style>{_STYLE}</style><title>", 1)


def alt(chart: Chart, language: Language) -> str:
    """What the chart shows, in words."""
    lanes = " ".join(
        language.word(
            "chart.alt_lane",
            source=_source(lane.source, language),
            n=language.number(sum(lane.counts)),
            peak=language.number(max(lane.counts)),
        )
        for lane in chart.lanes
    )
    marks = ", ".join(mark.number for mark in chart.marks[:MARKS]) or language.word("common.none")
    first, last = moments.utc_seconds(chart.start), moments.utc_seconds(chart.end)
    return language.word(
        "chart.alt", first=first, last=last, width=bar_width(chart, language), lanes=lanes, marks=marks
    )


def bar_width(chart: Chart, language: Language) -> str:
    """The width of a bar in words: `5 min`."""
    seconds = chart.width // NS
    size, name = next((size, name) for size, name in _SPANS if seconds % size == 0)
    return language.word(f"chart.{name}", n=language.number(seconds // size))


def _source(name: str, language: Language) -> str:
    return language.word(f"source.{name}") if language.known(f"source.{name}") else name


def _labels(chart: Chart, language: Language) -> dict[str, str]:
    names = {lane.source: _source(lane.source, language) for lane in chart.lanes}
    peaks = {
        f"peak:{lane.source}": language.word("chart.peak", n=language.number(max(lane.counts))) for lane in chart.lanes
    }
    return {**names, **peaks, "findings": language.word("chart.findings"), "title": language.word("chart.title")}
