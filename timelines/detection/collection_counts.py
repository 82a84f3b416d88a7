"""How much of a rule collection runs, by log source, and why the rest does not: `python -m timelines.detection.collection_counts PATH`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from timelines.detection.load import load_rules
from timelines.detection.rule_files import RuleFileError, documents_of, rule_files
from timelines.detection.rules import RuleSet
from timelines.visible import visible

CATEGORIES = ("webserver", "proxy", "dns", "firewall")


@dataclass(frozen=True, slots=True)
class Area:
    """The rules of one kind of log source: how many there are, how many run, and how often each reason stops one."""

    name: str
    written: int
    running: int
    reasons: Mapping[str, int]


def area_of(document: Mapping[str, Any]) -> str:
    """The area of a rule's log source: what Athar has rows for, and everything else."""
    source = document.get("logsource")
    named = source if isinstance(source, dict) else {}
    if named.get("product") in ("windows", "zeek"):
        return str(named["product"])
    return str(named["category"]) if named.get("category") in CATEGORIES else "others"


def coverage(paths: Sequence[Path], rules: RuleSet) -> tuple[Area, ...]:
    """`rules` (loaded from `paths`) by area, in alphabetical order; single-event rules alone."""
    running = {rule.about.rule_id for rule in rules.rules}
    reasons = {refused.rule_id: refused.reason for refused in rules.refused}
    written: Counter[str] = Counter()
    run: Counter[str] = Counter()
    stopped: dict[str, Counter[str]] = {}
    for document in _documents(paths):
        area, rule_id = area_of(document), str(document.get("id"))
        written[area] += 1
        if rule_id in running:
            run[area] += 1
        else:
            stopped.setdefault(area, Counter())[reasons.get(rule_id, "its file is refused, or it has no id")] += 1
    return tuple(Area(name, written[name], run[name], dict(stopped.get(name, {}))) for name in sorted(written))


def _documents(paths: Sequence[Path]) -> Iterable[dict[str, Any]]:
    for path in rule_files(paths)[0]:
        try:
            yield from (document for document in documents_of(path) if "detection" in document)
        except RuleFileError:
            continue  # the rule set lists it as refused


def table(areas: Sequence[Area]) -> str:
    """The areas as lines of text."""
    lines = [f"{area.name:<10} {area.running:>5} of {area.written:>5} run" for area in areas]
    for area in areas:
        for reason, count in sorted(area.reasons.items(), key=lambda item: (-item[1], item[0])):
            lines.append(f"{area.name:<10} {count:>5} refused: {visible(reason)}")
    return "\n".join(lines)


if __name__ == "__main__":
    given = [Path(name) for name in sys.argv[1:]]
    print(table(coverage(given, load_rules(given, own=False))))
