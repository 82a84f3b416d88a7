"""What a run of the tests came to, from the JUnit file that pytest writes, counted by area."""

from __future__ import annotations

import hashlib
import platform
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from cases.case import tool_version
from timelines.hashing import sha256_file

SOURCE = ("cases", "forensics", "parsers", "timelines", "tests")
ROWS = range(1, 23)  # of the checklist
OUTCOMES = ("passed", "failed", "skipped")


@dataclass(frozen=True, slots=True)
class Results:
    """One run: `day` (YYYY-MM-DD) as pytest noted it; counts by (area, outcome), rows of the checklist alike; reasons of skips."""

    day: str
    areas: Counter[tuple[str, str]] = field(default_factory=Counter)
    rows: Counter[tuple[int, str]] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def verdict(self, row: int) -> str:
        """`passed`, `failed`, `skipped` (in part or whole), or `no test`."""
        held = [outcome for outcome in ("failed", "skipped", "passed") if self.rows[row, outcome]]
        return held[0] if held else "no test"

    def fulfilled(self) -> bool:
        """Whether every row of the checklist has a test, none of which failed or was skipped."""
        return all(self.verdict(row) == "passed" for row in ROWS)


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


def heading(results: Results, root: Path) -> Iterator[str]:
    """Which run it was, of which source: a page of results stays true whatever is tested later."""
    total = Counter[str]()
    for (_, outcome), count in results.areas.items():
        total[outcome] += count
    yield "# Results of the tests\n"
    yield "Made by `python -m forensics.validation_page --results JUNIT`; the record of one run, never edited. How to repeat it, and what"
    yield "each row demands: [README.md](README.md).\n"
    yield f"- Run of {results.day}: " + ", ".join(f"{total[outcome]} {outcome}" for outcome in OUTCOMES) + "."
    yield f"- Athar {tool_version()}, Python {platform.python_version()}, {platform.system()}."
    yield f"- Source: `{source_digest(root)}`, the SHA-256 of the lines `<sha256>  <path>` of all files of code, rules, words and tests,"
    yield "  in bytewise order of their paths.\n"


def source_digest(root: Path) -> str:
    """The SHA-256 of the list of files that a run depends on, as `cases.exhibits.listing_sha256` makes it of a folder."""
    found = [path for folder in SOURCE for path in (root / folder).rglob("*") if path.is_file() and not _made(path)]
    lines = ((path.relative_to(root).as_posix().encode(), sha256_file(path)) for path in found)
    return hashlib.sha256(
        b"".join(sha256.encode() + b"  " + name + b"\n" for name, sha256 in sorted(lines))
    ).hexdigest()


def _made(path: Path) -> bool:
    return "__pycache__" in path.parts or any(part.startswith(".") for part in path.parts[-2:])


def table(results: Results) -> Iterator[str]:
    """The results by area, and why tests were skipped, as lines of Markdown."""
    yield "## By area\n"
    yield "| area | passed | failed | skipped |\n|---|---|---|---|"
    for area in sorted({area for area, _ in results.areas}):
        yield f"| `{area}` | " + " | ".join(str(results.areas[area, outcome]) for outcome in OUTCOMES) + " |"
    if results.reasons:
        yield "\nSkipped, and so not shown by this run:\n"
        yield from (f"- {count}: {reason}" for reason, count in sorted(results.reasons.items()))
    yield ""


def checklist(results: Results, must: Mapping[int, str]) -> Iterator[str]:
    """What became of each row of the checklist."""
    yield "## By row of the checklist\n"
    yield "| row | must | came to |\n|---|---|---|"
    yield from (f"| {row} | {cell(must.get(row, ''))} | {results.verdict(row)} |" for row in ROWS)
    yield ""


def cell(text: str) -> str:
    """`text` for a cell of a Markdown table."""
    return text.replace("|", "\\|")
