"""A chart of records over time as SVG: one lane a kind of source, findings marked above; readable in grey, the same bytes every time.

Drawn by hand, and not with altair, whose SVG depends on the fonts of the machine (docs/decisions/0010-chart-drawn-by-hand.md).
Time runs from left to right in every language. Colours come from the page (`currentColor` and classes).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import sqrt

from markupsafe import Markup, escape

from cases.summary import Chart, Mark
from timelines.times import NS

WIDTH, HEAD = 960.0, 18.0  # user units
ROWS = 6  # rows of finding labels; beyond these a finding keeps its line, not its label
LABEL = 46.0  # room that a label such as C-03 takes
_STEPS = (1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200)
_DAYS = (1, 2, 7, 14, 30, 90, 180, 365, 730, 1_825, 3_650)
TICKS = 8


@dataclass(frozen=True, slots=True)
class Scale:
    """The height of a lane and of the space above it, in user units."""

    lane: float
    gap: float


CASE, FINDING = Scale(56.0, 34.0), Scale(30.0, 26.0)


def draw(chart: Chart, labels: Mapping[str, str], direction: str, alt: str, scale: Scale = CASE) -> Markup:
    """The chart as one `<svg>`. `labels`: what stands above each lane by source, `peak:` and source for what stands at its far
    end, and `findings` and `title`."""
    rows = _rows(chart)
    top = HEAD + max(1, len({row for row in rows if row is not None})) * 18 + 14 if chart.marks else 6.0
    bottom = top + len(chart.lanes) * (scale.lane + scale.gap)
    parts = list(_grid(chart, top, bottom + 4))
    parts += _marks(chart, rows, bottom, labels["findings"], direction) if chart.marks else []
    for place, lane in enumerate(chart.lanes):
        base = top + place * (scale.lane + scale.gap) + scale.gap - 8 + scale.lane
        parts += _lane(lane.counts, base, scale.lane)
        parts += _ends(labels[lane.source], labels[f"peak:{lane.source}"], base - scale.lane - 8, direction)
    parts += _axis(chart, bottom + 4)
    return Markup(
        f'<svg class="chart" viewBox="0 0 {WIDTH:.0f} {bottom + 44:.0f}" role="img" xmlns="http://www.w3.org/2000/svg">'
        f"<title>{escape(labels['title'])}</title><desc>{escape(alt)}</desc>{''.join(parts)}</svg>"
    )


def _x(chart: Chart, instant: int) -> float:
    return (instant - chart.start) * WIDTH / (chart.width * chart.bins)


def _text(x: float, y: float, words: str, kind: str, anchor: str = "start", direction: str = "ltr") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}" direction="{direction}">{escape(words)}</text>'


def _ends(first: str, last: str, y: float, direction: str) -> list[str]:
    """Words at the two ends of a line: the first where reading starts."""
    near, far = (WIDTH, 0.0) if direction == "rtl" else (0.0, WIDTH)
    return [_text(near, y, first, "lane", "start", direction), _text(far, y, last, "peak", "end", direction)]


def _lane(counts: Sequence[int], base: float, full: float) -> list[str]:
    step = WIDTH / len(counts)
    peak = sqrt(max(counts))
    bars = []
    for place, count in enumerate(counts):
        if count:
            height = max(full * sqrt(count) / peak, 1.5)
            bars.append(f"M{place * step:.2f} {base:.1f}v{-height:.2f}h{max(step - 0.8, 0.8):.2f}v{height:.2f}z")
    return [f'<path class="bars" d="{"".join(bars)}"/>', f'<path class="base" d="M0 {base:.1f}h{WIDTH:.0f}"/>']


def _rows(chart: Chart) -> list[int | None]:
    """A row for each finding's label so that no two overlap; None where there is no room. The gravest, which come first, choose first."""
    taken: list[list[float]] = [[] for _ in range(ROWS)]
    rows: list[int | None] = []
    for mark in chart.marks:
        x = _label_x(chart, mark)
        row = next((r for r in range(ROWS) if all(abs(other - x) >= LABEL for other in taken[r])), None)
        if row is not None:
            taken[row].append(x)
        rows.append(row)
    return rows


def _label_x(chart: Chart, mark: Mark) -> float:
    return min(_x(chart, mark.first), WIDTH - LABEL)


def _marks(chart: Chart, rows: Sequence[int | None], bottom: float, label: str, direction: str) -> Iterator[str]:
    """Lines first, so that labels lie over them. A finding without room for its label keeps a short line."""
    yield _text(WIDTH if direction == "rtl" else 0.0, 12, label, "lane", "start", direction)
    used = 1 + max((row for row in rows if row is not None), default=0)
    for mark, row in zip(chart.marks, rows, strict=True):
        x = min(max(_x(chart, mark.first), 0.5), WIDTH - 0.5)
        top = HEAD + (used if row is None else row) * 18 + (2 if row is None else 12)
        strong = " strong" if mark.level in ("critical", "high") else ""
        yield f'<path class="mark{strong}" d="M{x:.2f} {top:.1f}V{top + 10 if row is None else bottom:.1f}"/>'
    for mark, row in zip(chart.marks, rows, strict=True):
        if row is not None:
            x, y = _x(chart, mark.first), HEAD + row * 18 + 12
            yield f'<path class="span" d="M{x:.2f} {y + 3:.1f}H{max(_x(chart, mark.last), x + 6):.2f}"/>'
            yield _text(_label_x(chart, mark) + 1, y - 1, mark.number, "number")


def _grid(chart: Chart, top: float, y: float) -> Iterator[str]:
    """A faint line at each tick, behind everything else."""
    for second in _ticks(chart)[0]:
        yield f'<path class="grid" d="M{_x(chart, second * NS):.2f} {top:.1f}V{y:.1f}"/>'


def _axis(chart: Chart, y: float) -> Iterator[str]:
    yield f'<path class="axis" d="M0 {y:.1f}h{WIDTH:.0f}"/>'
    before = ""
    instants, clock = _ticks(chart)
    for second in instants:
        x = _x(chart, second * NS)
        moment = datetime.fromtimestamp(second, UTC)
        day = moment.strftime("%Y-%m-%d")
        yield f'<path class="axis" d="M{x:.2f} {y:.1f}v5"/>'
        anchor = "start" if x < 30 else "end" if x > WIDTH - 40 else "middle"
        if clock:
            yield _text(x, y + 18, moment.strftime(clock), "tick", anchor)
        if day != before:
            yield _text(x, y + (34 if clock else 18), day, "tick day", anchor)
        before = day


def _ticks(chart: Chart) -> tuple[range, str]:
    """Instants in seconds at a step that a reader can name, and how the time of day is written: empty for whole days."""
    start, end = -(-chart.start // NS), chart.end // NS
    steps = [*_STEPS, *(days * 86_400 for days in _DAYS)]
    step = next((step for step in steps if (end - start) // step < TICKS), steps[-1])
    instants = range(-(-start // step) * step, end + 1, step)
    return instants, "%H:%M:%S" if step < 60 else "%H:%M" if step < 86_400 else ""
