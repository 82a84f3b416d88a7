"""A case at a glance: the counts that fit a terminal, and which tables hold the rest."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc

from forensics import counted, fitting, terminal
from forensics.sparkline import LEAST_MARKS, MOST_MARKS, mark_width, sparkline
from timelines.scope import Scope
from timelines.statistics import Statistic, all_statistics, first_of, statistic
from timelines.statistics.activity import every

SECTION = 5  # rows of a table on the overview
EACH = 1  # rows of each list of a table of lists
SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Whole:
    """All rows that the filter takes: how many, of how many machines, from when to when (UTC ns)."""

    rows: int
    hosts: int
    first: int | None
    last: int | None


def whole(scope: Scope) -> Whole:
    found = scope.ask(
        'select count(*) as "rows", count(distinct lower(host)) as hosts, epoch_ns(min(time)) as first, epoch_ns(max(time)) as last '
        "from taken",
        ("*",),
        twice="each",
    )
    return Whole(**found.to_pylist()[0])


def show(scope: Scope, case: str) -> None:
    """The rhythm of each source, then the head of each table that has rows."""
    seen = whole(scope)
    if not seen.rows:
        terminal.say(counted.nothing(scope, statistic("events")))
        return
    days = (
        f", {terminal.instant(_second(seen.first))} to {terminal.instant(_second(seen.last))}"
        if seen.first is not None
        else ""
    )
    terminal.say(f"{seen.rows:,} rows, {seen.hosts:,} machines named{days}\n")
    _rhythm(scope, seen)
    for name, most in (("events", SECTION), ("logons", SECTION), ("web", EACH), ("network", EACH)):
        _head(scope, statistic(name), most)
    _integrity(scope)
    terminal.remark(f"athar stats {case} TABLE: {', '.join(all_statistics())}")


def _second(ns: int | None) -> int | None:
    return None if ns is None else ns // SECOND * SECOND


def _rhythm(scope: Scope, seen: Whole) -> None:
    """One line a family: its rows, and how they lie in time."""
    if seen.first is None or seen.last is None:
        return
    counts = scope.looked_at(("*",))
    longest = max(map(len, counts))
    room = terminal.width() - longest - len("family  rows  ") - 10 if sys.stdout.isatty() else MOST_MARKS
    width = mark_width((seen.last - seen.first) / SECOND, min(max(room, LEAST_MARKS), MOST_MARKS))
    binned = every(scope, width * SECOND)
    start, stop = seen.first // (width * SECOND), seen.last // (width * SECOND)
    lines = []
    for family, rows in counts.items():
        mine = binned.filter(pc.equal(binned["family"], family))
        marks = np.zeros(stop - start + 1, np.int64)
        marks[mine["place"].to_numpy() - start] = mine["rows"].to_numpy()
        lines.append((family, rows, sparkline(marks.tolist())))
    terminal.table("", ("family", "rows", f"a mark is {fitting.span(width)}, each line has its own height"), lines)
    terminal.say()


def _head(scope: Scope, counting: Statistic, most: int) -> None:
    if not scope.families(counting.needs):
        return
    table = counting.table(scope)
    if table.num_rows:
        head = first_of(table, most, counting.per)
        counted.draw(counting, head, title=_title(counting, head.num_rows, table.num_rows))
        terminal.say()


def _title(counting: Statistic, shown: int, rows: int) -> str:
    return counting.title if shown == rows else f"{counting.title} ({shown:,} of {rows:,}: {counting.name})"


def _integrity(scope: Scope) -> None:
    """How often each kind of thing was seen; where there is nothing, what was looked at."""
    counting = statistic("integrity")
    if not scope.families(counting.needs):
        return
    rows = list(_kinds(scope))
    if not rows:
        terminal.say(f"{counted.nothing(scope, counting)}\n")
        return
    terminal.table(f"{counting.title} (integrity)", ("kind", "places", "hosts", "first", "last"), rows)
    terminal.say()


def _kinds(scope: Scope) -> Iterator[tuple[str, int, int, str, str]]:
    table = statistic("integrity").table(scope)
    for kind in sorted(set(table["kind"].to_pylist())):
        mine = table.filter(pc.equal(table["kind"], kind))
        times = sorted(ns for ns in mine["time"].cast("int64").to_pylist() if ns is not None)
        ends = (times[0], times[-1]) if times else (None, None)
        hosts = {host.lower() for host in mine["host"].to_pylist() if host}
        first, last = (terminal.instant(_second(ns)) for ns in ends)
        yield kind, mine.num_rows, len(hosts), first, last


def summary(scope: Scope) -> dict[str, Any]:
    """The same as data: what was counted, and how many rows each table has."""
    seen = whole(scope)
    return {
        "rows": seen.rows,
        "hosts": seen.hosts,
        "first": None if seen.first is None else terminal.instant(seen.first),
        "last": None if seen.last is None else terminal.instant(seen.last),
        "families": scope.looked_at(("*",)),
        "integrity": {kind: places for kind, places, *_ in _kinds(scope)},
        "tables": {name: counting.table(scope).num_rows for name, counting in all_statistics().items()},
    }
