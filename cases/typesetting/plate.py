"""A chart as a plate on paper: the drawing of the HTML twin, its styles and faces put into the SVG itself."""

from __future__ import annotations

import re

from cases.captions import labels
from cases.drawing import CASE, WIDTH, Scale, draw
from cases.languages import Language
from cases.summary import Chart

_TURNED = re.compile(r'text-anchor="(start|end)" direction="rtl"')
_OTHER = {"start": "end", "end": "start"}
# Greys that differ in print; the same classes as summary.css.
_STYLE = (
    "text{font-family:'IBM Plex Sans',Amiri;font-size:13px;fill:#16181d}"
    ".peak,.tick{font-size:11.5px;fill:#4a4e57}.lane{font-weight:600}.number{font-size:11.5px;font-weight:600}"
    ".bars{fill:#3d4656}.base,.axis{stroke:#8b8f98;stroke-width:1;fill:none}.grid{stroke:#e2e3e0;stroke-width:1;fill:none}"
    ".mark{stroke:#8b8f98;stroke-width:1;stroke-dasharray:2 3;fill:none}.mark.strong{stroke:#16181d;stroke-dasharray:none}"
    ".span{stroke:#16181d;stroke-width:2.5;fill:none}"
)
# A white edge keeps words apart from the marks that run through them. Each letter gets its own, which would cut joined letters apart:
# these stand on a white ground, as wide as letters of Amiri at most are.
_EDGE = "text{paint-order:stroke;stroke:#fff;stroke-width:3px}"
_ENDS = re.compile(r'<text x="([\d.]+)" y="([\d.]+)" class="(?:lane|peak)"[^>]*>([^<]*)</text>')
_LETTER, _HEIGHT = 8.0, 19.0  # user units
# Amiri is drawn small on its body.
_NASKH = ".number{paint-order:stroke;stroke:#fff;stroke-width:3px}.lane{font-size:18px}.peak{font-size:16px}"


def svg(chart: Chart, language: Language, title: str = "chart.title", scale: Scale = CASE) -> str:
    """The drawing as an SVG that needs no style sheet around it."""
    drawn = str(draw(chart, labels(chart, language, title), language.direction, "", scale))
    if language.direction == "rtl":  # the setter knows no `direction`: there, text starts at its left end in any script
        drawn = _TURNED.sub(lambda found: f'text-anchor="{_OTHER[found[1]]}"', drawn)
        drawn = _ENDS.sub(_grounded, drawn) if chart.marks else drawn
    more = _NASKH if language.direction == "rtl" else _EDGE if chart.marks else ""
    return drawn.replace("<title>", f"<style>{_STYLE}{more}</style><title>", 1)


def _grounded(found: re.Match[str]) -> str:
    x, y, width = float(found[1]), float(found[2]), len(found[3]) * _LETTER
    left = x - width if x >= WIDTH else x
    return f'<rect x="{left:.1f}" y="{y - 15:.1f}" width="{width:.1f}" height="{_HEIGHT}" fill="#fff"/>{found[0]}'
