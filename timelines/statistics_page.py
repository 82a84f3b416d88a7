"""`docs/stats.md`, generated from the tables of counts: `python -m timelines.statistics_page > docs/stats.md`."""

from __future__ import annotations

import sys

import pyarrow as pa

from timelines.analyzers import Threshold
from timelines.schema import Column
from timelines.statistics import Statistic, all_statistics

_HEAD = """# What `athar stats` counts

Generated from `timelines/statistics/` by `python -m timelines.statistics_page > docs/stats.md`; a test keeps it true.

`athar stats CASE` shows a case at a glance: the rhythm of each source, then the head of its tables. `athar stats CASE TABLE` shows one
table, on a terminal the columns that fit; `--format csv|jsonl|parquet` and `-o` give all rows and columns. In Python,
`case.stats("logons")` is the same table as a frame, `case.stats()` names them all.

`--from`, `--to`, `--family`, `--event`, `--host`, `--user`, `--ip` and `--where` choose the rows that count; `--kind`, `--sort` and
`--top` choose rows of the table. Instants are UTC; `first` and `last` are null where no row has a time. A table without rows says what
was looked at. Lines of web logs that stand in two of the files that count, or twice in one, count once (`logs` counts all, and says how
many they are). Names are compared ignoring case where Windows does so; of several spellings the one that sorts first is shown. Nothing
here is a finding: it is what was read, counted.

To add a table, put one file into `timelines/statistics/` that declares `TABLE`.
"""
_SHORT = {
    "timestamp[ns, tz=UTC]": "instant",
    "int64": "number",
    "uint64": "number",
    "double": "number",
    "string": "text",
}


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _column(column: Column) -> str:
    return f"| `{column.name}` | {_kind(column.type)} | {column.unit} | {_cell(column.doc)} |"


def _kind(kind: pa.DataType) -> str:
    return _SHORT.get(str(kind), str(kind))


def _threshold(threshold: Threshold) -> str:
    return f"| `{threshold.name}` | {threshold.value:g} {threshold.unit} | {_cell(threshold.reason)} |"


def _section(counting: Statistic) -> str:
    needs = "any row" if counting.needs == ("*",) else ", ".join(f"`{need}`" for need in counting.needs)
    lines = [f"## {counting.name}\n", f"**{counting.title}.** {counting.doc} Counts {needs}.\n"]
    lines += ["| column | type | unit | meaning |", "|---|---|---|---|", *map(_column, counting.columns)]
    if counting.thresholds:
        lines += ["", "| threshold | value | reason |", "|---|---|---|", *map(_threshold, counting.thresholds)]
    return "\n".join(lines) + "\n"


def statistics_page() -> str:
    """The whole page, as Markdown."""
    return "\n".join([_HEAD, *(_section(counting) for counting in all_statistics().values())])


def main() -> None:
    """Write the page to standard output, as UTF-8 with `\\n` on every system."""
    sys.stdout.buffer.write(statistics_page().encode("utf-8"))


if __name__ == "__main__":
    main()
