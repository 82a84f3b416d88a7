"""`docs/columns.md`, generated from the declarations: `python -m timelines.columns_page > docs/columns.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import pyarrow as pa

from timelines.families import all_families
from timelines.flags import FLAGS
from timelines.schema import CORE, Column, Family

_OPENING = """# Columns of the timeline

Generated from `timelines/schema.py`, `timelines/flags.py` and `timelines/families/`; do not edit. To make it again:
`python -m timelines.columns_page > docs/columns.md`

Every row of every source has the core columns. A family adds its own, under the names of the standard that it follows. Names that the
evidence itself chooses (Windows event data) are stored under those names; one that equals a core column, ignoring case, gets a trailing
underscore (`User_`).
"""
_HEAD = "| column | type | unit | meaning | source | ECS |\n|---|---|---|---|---|---|\n"
_SHORT = {"timestamp[ns, tz=UTC]": "timestamp[ns, UTC]"}


def _type(kind: pa.DataType) -> str:
    return _SHORT.get(str(kind), str(kind))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _row(column: Column) -> str:
    doc = column.doc + (" Masked unless asked for." if column.secret else "")
    cells = [_code(column.name), _type(column.type), column.unit, doc, column.source, _code(column.ecs)]
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |\n"


def _table(columns: Iterable[Column]) -> str:
    return _HEAD + "".join(_row(column) for column in columns)


def _section(family: Family) -> str:
    text = f"\n## `{family.name}`\n\n{family.doc} SQL view: `{family.view}`.\n"
    if family.open:
        text += "\nAlso carries, as text, every column that the evidence itself names.\n"
    return text + ("\n" + _table(family.columns) if family.columns else "")


def columns_page() -> str:
    """The whole page as Markdown: the core table, then one section a family in name order."""
    families = "".join(_section(family) for family in all_families().values())
    return f"{_OPENING}\n## Core columns\n\n{_table(CORE)}{_flags()}{families}"


def _flags() -> str:
    rows = "".join(f"| {_code(flag)} | {_cell(doc)} |\n" for flag, doc in FLAGS.items())
    return f"\n### Remarks in `flags`\n\n| flag | meaning |\n|---|---|\n{rows}"


def main() -> None:
    """Write the page to standard output, as UTF-8 with `\\n` on every system."""
    sys.stdout.buffer.write(columns_page().encode("utf-8"))


if __name__ == "__main__":
    main()
