"""ATT&CK Navigator: a layer with the techniques of the findings (layer format 4.5).

A technique's score is the number of findings that name it. It says where rules pointed, not what an intruder did: each comment carries
the grade of its findings.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cases.exchange import Counts, Options
from cases.exchange.conclusions import Conclusion, conclusions, techniques
from cases.exchange.content import Content
from cases.languages import language
from timelines.findings import LEVELS
from timelines.query import Timeline
from timelines.visible import visible

_VERSIONS = {
    "layer": "4.5",
    "navigator": "5.1.0",
}  # the version of ATT&CK is left out: rules name techniques without one
_COLORS = ["#fff3bf", "#f08c00", "#c92a2a"]


@dataclass(frozen=True, slots=True)
class Navigator:
    """`techniqueID`, `score` (number of findings), `comment` (id, level, grade and title of each), gravest level as metadata."""

    name: str = "navigator"
    suffixes: tuple[str, ...] = (".json",)
    doc: str = "Techniques of the findings as an ATT&CK Navigator layer."
    redactable: bool = True

    def write(self, case: Content, timeline: Timeline, path: Path, options: Options) -> Counts:
        told, aside = conclusions(case, options.lang)
        by_technique = techniques(told)
        most = max((len(found) for found in by_technique.values()), default=1)
        number = visible(case.info.number or language(options.lang).word("common.not_supplied"))
        layer = {
            "name": f"Athar {number} {options.date}",
            "versions": _VERSIONS,
            "domain": "enterprise-attack",
            "description": "Techniques named by rules whose findings are in the case; the score is the number of findings. A finding "
            "is what a rule inferred from records: its grade is in the comment. A technique without colour was not found by these "
            "rules in this evidence, which does not show that it was not used.",
            "sorting": 3,
            "layout": {"layout": "side", "showID": True, "showName": True, "expandedSubtechniques": "annotated"},
            "hideDisabled": False,
            "techniques": [_technique(technique, found) for technique, found in by_technique.items()],
            "gradient": {"colors": _COLORS, "minValue": 0, "maxValue": max(most, 1)},
            "metadata": [{"name": "date", "value": options.date}, {"name": "case", "value": number}],
        }
        path.write_text(json.dumps(layer, indent=1, ensure_ascii=True) + "\n", "ascii", newline="\n")
        without = sum(not one.finding.attack for one in told)
        counts = {"techniques": len(by_technique), "findings": len(told) - without}
        return {**counts, "findings_without_technique": without, "findings_set_aside": aside}


def _technique(technique: str, found: list[Conclusion]) -> dict[str, Any]:
    level = max((one.finding.level for one in found), key=lambda name: LEVELS.index(name) if name in LEVELS else -1)
    lines = [
        f"{one.finding.finding_id} ({one.finding.level}, {one.finding.grade}): {visible(one.title)}" for one in found
    ]
    return {
        "techniqueID": technique,
        "score": len(found),
        "enabled": True,
        "comment": "\n".join(lines),
        "metadata": [{"name": "gravest level", "value": level}],
        "showSubtechniques": "." not in technique,
    }


EXCHANGE = Navigator()
