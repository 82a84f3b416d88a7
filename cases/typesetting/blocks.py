"""The blocks of a page, as the data that `templates/summary.typ` sets: each is a dict with its kind under `b`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cases.typesetting.runs import Run

Block = dict[str, Any]
Cell = Sequence[Run]  # a cell holds runs, or blocks one under the other

KEPT = 1_500  # characters up to which a box, a list of facts or a row of a table is not broken over two pages
SECTIONS = (
    *("summary", "mandate", "exhibits", "custody", "method", "findings", "timeline", "opinion", "negative", "limits"),
    *("statement", "glossary"),
)
ANNEXES = tuple(f"annex_{name}" for name in ("files", "custody", "versions", "excerpts", "redactions", "verification"))


def section(name: str, words: str) -> Block:
    """A heading of the first level; sections are numbered, annexes carry their letter in their words."""
    place = str(SECTIONS.index(name) + 1) if name in SECTIONS else ""
    return {"b": "head", "level": 1, "id": name, "no": place, "c": [words]}


def head(*runs: Run, level: int = 2, label: str = "") -> Block:
    return {"b": "head", "level": level, "id": label, "no": "", "c": list(runs)}


def para(*runs: Run, style: str = "", label: str = "") -> Block:
    """A paragraph; links to `label` lead to it."""
    return {"b": "p", "s": style, "c": list(runs), **({"id": label} if label else {})}


def facts(rows: Sequence[tuple[Run, Cell]], columns: int = 1, kept: int = KEPT) -> Block:
    """Labels and what they say, in one or more columns of pairs. `kept`: characters up to which they stand on one page."""
    pairs = [[label, value] for label, value in rows]
    return {"b": "facts", "cols": columns, "rows": pairs, "keep": length(pairs) < kept}


def table(columns: Sequence[str], heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Block:
    """A table whose first row repeats on each page. `columns`: widths as `2.4cm`, or `1fr` for what is left; `n` after it for
    numbers, which align at the end."""
    return {
        "b": "table",
        "cols": [_column(column) for column in columns],
        "head": list(heads),
        "rows": [{"c": list(row), "keep": length(row) < KEPT} for row in rows],
    }


def _column(width: str) -> dict[str, Any]:
    size, _, kind = width.partition(" ")
    return {"w": 0.0 if size == "1fr" else float(size.removesuffix("cm")), "n": kind == "n"}


_HOLDS = ("t", "n", "p", "c", "h", "items", "rows")  # keys under which a part of a page holds text


def length(part: Any) -> int:
    """About how many characters a part of a page holds."""
    if isinstance(part, str):
        return len(part)
    total = 0
    if isinstance(part, dict):
        for key in _HOLDS:
            if key in part:
                total += length(part[key])
    elif isinstance(part, list | tuple):
        for held in part:
            total += length(held)
    return total


def items(entries: Sequence[Sequence[Block]], ordered: bool = False) -> Block:
    return {"b": "list", "ordered": ordered, "items": [list(entry) for entry in entries]}


def box(blocks: Sequence[Block], warning: bool = False) -> Block:
    return {"b": "box", "warn": warning, "c": list(blocks), "keep": length(blocks) < KEPT}


def pair(left: Sequence[Block], right: Sequence[Block], warning: bool = False) -> Block:
    """Two boxes side by side; the first one is a warning or not."""
    return {"b": "pair", "warn": warning, "left": list(left), "right": list(right)}


def code(text: str) -> Block:
    return {"b": "code", "c": text}


def figure(svg: str, alt: str) -> Block:
    return {"b": "figure", "svg": svg, "alt": alt}


BREAK: Block = {"b": "break"}
CONTENTS: Block = {"b": "contents"}
