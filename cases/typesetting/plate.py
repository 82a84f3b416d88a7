"""A chart as a plate on paper: the drawing of the HTML twin, its styles and faces put into the SVG itself."""

from __future__ import annotations

import re

from cases.captions import labels
from cases.drawing import CASE, Scale, draw
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
# A white edge keeps words apart from the marks that run through them. Each letter gets its own, which would cut joined letters apart.
_EDGE = "text{paint-order:stroke;stroke:#fff;stroke-width:3px}"
_NASKH = ".lane{font-size:18px}.peak{font-size:16px}"  # Amiri is drawn small on its body


def svg(chart: Chart, language: Language, title: str = "chart.title", scale: Scale = CASE) -> str:
    """The drawing as an SVG that needs no style sheet around it."""
    drawn = str(draw(chart, labels(chart, language, title), language.direction, "", scale))
    if language.direction == "rtl":  # the setter knows no `direction`: there, text starts at its left end in any script
        drawn = _TURNED.sub(lambda found: f'text-anchor="{_OTHER[found[1]]}"', drawn)
    more = _NASKH if language.direction == "rtl" else _EDGE if chart.marks else ""
    return drawn.replace("<title>", f"<style>{_STYLE}{more}</style><title>", 1)
