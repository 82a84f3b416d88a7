"""One table of `timelines.statistics` on a terminal or in a file."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from forensics import fitting, listing, terminal
from forensics.sparkline import LEAST_MARKS, MOST_MARKS, mark_width, sparkline
from timelines.query import QueryError
from timelines.scope import Scope
from timelines.statistics import Statistic, all_statistics, first_of, statistic

SECOND = 1_000_000_000


def show(scope: Scope, name: str, asked: Mapping[str, Any]) -> int:
    """Write the table `name` as the options of `athar stats` ask. Returns the exit code: 0, also when there is nothing to count."""
    counting = statistic(name)
    form, on_screen = listing.form_of(asked)
    if form == "table" and asked["output"] is not None:
        raise ValueError("--format table is for the terminal; a file takes csv, jsonl or parquet")
    whole = of_kinds(counting.table(scope), counting, asked["kinds"])
    whole = ordered(whole, counting, asked["sort"])
    most = asked["top"] if asked["top"] is not None else (_on_screen(counting) if on_screen else 0)
    table = first_of(whole, most, counting.per)
    named = _named(counting, asked["columns"])
    if not whole.num_rows:
        _nothing(scope, counting, form)
    if form != "table":
        listing.put(
            iter([table.select(named or table.schema.names)]), named or table.schema.names, form, asked["output"]
        )
    elif table.num_rows:
        if on_screen and counting.drawn:
            rates(counting, whole)
        draw(counting, table, named, _note(counting, table, whole, most))
    return 0


def refuse_without_table(asked: Mapping[str, Any]) -> None:
    """The overview takes rows, not columns. Raises ValueError for an option that asks for a table."""
    for name, option in _OF_TABLES.items():
        if asked[name]:
            raise ValueError(f"{option} needs a TABLE: one of {', '.join(all_statistics())}")


_OF_TABLES = {
    "kinds": "--kind",
    "top": "--top",
    "sort": "--sort",
    "columns": "--columns",
    "form": "--format",
    "output": "-o",
}


def of_kinds(table: pa.Table, counting: Statistic, kinds: Sequence[str]) -> pa.Table:
    """The rows of these kinds; all where none is named. Raises QueryError where the table has no kinds."""
    if not kinds:
        return table
    _known(counting, ["kind"])
    return table.filter(pc.is_in(table["kind"], pa.array(list(kinds), pa.string())))


def _on_screen(counting: Statistic) -> int:
    return 10 if counting.per else 50


def ordered(table: pa.Table, counting: Statistic, by: str | None) -> pa.Table:
    """The rows by one column (`rows`, or `-rows` for the largest first), else as the table gives them; equal ones stay in that order."""
    if by is None:
        return table
    column = by.removeprefix("-")
    _known(counting, [column])
    keys = [(column, "descending" if by.startswith("-") else "ascending")]
    if counting.per and counting.per != column:
        keys.insert(0, (counting.per, "ascending"))
    return table.sort_by(keys)


def _named(counting: Statistic, columns: str | None) -> list[str]:
    names = [name.strip() for name in columns.split(",")] if columns else []
    _known(counting, names)
    return names


def _known(counting: Statistic, names: Sequence[str]) -> None:
    known = [column.name for column in counting.columns]
    for name in names:
        if name not in known:
            raise QueryError(f"no column {name!r} in {counting.name}; expected one of {', '.join(known)}")


def draw(counting: Statistic, table: pa.Table, named: Sequence[str] = (), note: str = "", title: str = "") -> None:
    """The table as it fits this terminal; piped, every column."""
    if not sys.stdout.isatty():
        names = list(named or table.schema.names)
        terminal.table(title, names, (tuple(row.values()) for row in listing.cells(table.select(names))))
        return
    width = terminal.width()
    texts = fitting.for_people(table, counting.columns)
    names = list(named) or fitting.fitting(texts, counting.shown, counting.columns, width)
    cells = fitting.cut(texts, names, counting.columns, width)
    terminal.table(title, names, list(zip(*cells.values(), strict=True)), note)
    hidden = [column.name for column in counting.columns if column.name not in names]
    if note and hidden and not named:
        terminal.remark(f"not shown for want of room: {', '.join(hidden)} (--columns, or --format csv)")


def rates(counting: Statistic, whole: pa.Table) -> None:
    """Counts of each hour as lines over time, each with its own height: what rose and fell together."""
    hours = whole.column(0).cast(pa.int64()).to_numpy() // (3_600 * SECOND)
    longest = max(map(len, counting.drawn))
    room = min(max(terminal.width() - longest - len("  999,999,999  "), LEAST_MARKS), MOST_MARKS)
    width = max(mark_width(float(hours.max() - hours.min()) * 3_600, room) // 3_600, 1)
    places = hours // width - hours.min() // width
    lines = []
    for name in counting.drawn:
        counts = whole.column(name).fill_null(0).to_numpy()
        marks = np.bincount(places, weights=counts, minlength=int(places.max()) + 1)
        lines.append((name, int(counts.sum()), sparkline(marks.astype(np.int64).tolist())))
    terminal.table("", ("", "in all", f"a mark is {fitting.span(width * 3_600)}, each line has its own height"), lines)
    terminal.say()


def _note(counting: Statistic, table: pa.Table, whole: pa.Table, most: int) -> str:
    if table.num_rows == whole.num_rows:
        return f"{whole.num_rows:,} rows; times are UTC"
    each = f" of each {counting.per}" if counting.per else ""
    return f"{table.num_rows:,} of {whole.num_rows:,} rows, the first {most}{each}; --top 0 for all; times are UTC"


def _nothing(scope: Scope, counting: Statistic, form: str) -> None:
    say = terminal.say if form == "table" else terminal.complain
    say(nothing(scope, counting))


def nothing(scope: Scope, counting: Statistic) -> str:
    """What an empty table means: what was looked at, or that there was nothing to look at."""
    held = scope.timeline.counts()
    looked = scope.looked_at(counting.needs)
    if looked:
        return f"{counting.name}: nothing to show; looked at {_rows(looked)}"
    if any(scope.families(counting.needs)):
        return f"{counting.name}: the filter takes no row of {', '.join(scope.families(counting.needs))}"
    wanted = "any row" if counting.needs == ("*",) else f"rows of {', '.join(counting.needs)}"
    return f"{counting.name}: needs {wanted}; this case holds {_rows(held) if held else 'no rows at all'}"


def _rows(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{rows:,} rows of {family}" for family, rows in counts.items())
