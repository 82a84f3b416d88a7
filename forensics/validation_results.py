"""What a run of the tests came to, from the JUnit file that pytest writes, counted by area."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

ROWS = range(1, 23)  # of the checklist
OUTCOMES = ("passed", "failed", "skipped")


@dataclass(frozen=True, slots=True)
class Results:
    """One run: `day` (YYYY-MM-DD) as pytest noted it; counts by (area, outcome), rows of the checklist alike; reasons of skips."""

    day: str
    areas: Counter[tuple[str, str]] = field(default_factory=Counter)
    rows: Counter[tuple[int, str]] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)


def read(path: Path) -> Results:
    """The results in a JUnit file. Raises ValueError for a file that is none."""
    try:
        tree = ElementTree.parse(path)
    except ElementTree.ParseError as error:
        raise ValueError(f"{path}: not the file that pytest --junitxml writes: {error}") from error
    suite = next(tree.iter("testsuite"), None)
    if suite is None:
        raise ValueError(f"{path}: holds no test suite; give the file that pytest --junitxml writes")
    results = Results(suite.get("timestamp", "")[:10])
    for case in suite.iter("testcase"):
        _count(results, case)
    return results


def _count(results: Results, case: ElementTree.Element) -> None:
    skipped = case.find("skipped")
    broken = case.find("failure") is not None or case.find("error") is not None
    outcome = "failed" if broken else "skipped" if skipped is not None else "passed"
    results.areas[_area(case.get("classname", "")), outcome] += 1
    if row := re.match(r"test_row_(\d\d)_", case.get("name", "")):
        results.rows[int(row[1]), outcome] += 1
    if skipped is not None:
        results.reasons[skipped.get("message", "")] += 1


def _area(module: str) -> str:
    parts = module.split(".")
    at = next((n for n, part in enumerate(parts) if part.startswith("test_")), len(parts))
    return "/".join(parts[:at]) or "tests"


def table(results: Results) -> Iterator[str]:
    """The results as lines of Markdown."""
    total = Counter[str]()
    for (_, outcome), count in results.areas.items():
        total[outcome] += count
    yield "## Results\n"
    yield f"Run of {results.day}: " + ", ".join(f"{total[outcome]} {outcome}" for outcome in OUTCOMES) + ".\n"
    yield "| area | passed | failed | skipped |\n|---|---|---|---|"
    for area in sorted({area for area, _ in results.areas}):
        yield f"| `{area}` | " + " | ".join(str(results.areas[area, outcome]) for outcome in OUTCOMES) + " |"
    yield ""
    yield from (f"- {count} skipped: {reason}" for reason, count in sorted(results.reasons.items()))
    yield "\n" + _checklist(results) + "\n"


def _checklist(results: Results) -> str:
    bad = sorted({row for (row, outcome), count in results.rows.items() if outcome != "passed" and count})
    absent = sorted(set(ROWS) - {row for row, _ in results.rows})
    said = []
    if bad:
        said.append("Rows of the checklist with a test that failed or was skipped: " + ", ".join(map(str, bad)) + ".")
    if absent:
        said.append("Rows of the checklist without a test in this run: " + ", ".join(map(str, absent)) + ".")
    return " ".join(said) or "Every test of the checklist passed."
