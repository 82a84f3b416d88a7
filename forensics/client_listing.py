"""A client's story on a terminal or in a file: what the address did in all, its web visits, then row after row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from forensics import fitting, listing, terminal
from timelines.client_story import COLUMNS, NAMES, Story, known_columns, story
from timelines.visible import visible

if TYPE_CHECKING:
    from timelines.query import Timeline

_SHOWN = (
    "time",
    "message",
    "stance",
    "status",
    "visit",
    "rules",
    "bytes",
    "family",
)  # those first that a narrow terminal shows
_VISITS = 10  # the longest; a scanner that changes its name makes hundreds
_BOOKKEEPING = frozenset(("row_id", "exhibit", "file", "family", "time_desc", "time_quality", "flags"))
SECOND = 1_000_000_000


def write(timeline: Timeline, address: str, asked: Mapping[str, Any]) -> int:
    """Write the story as the options of `athar timeline` ask. Returns the exit code: 0, also where the address has no row."""
    told = story(timeline, address)
    request = listing.Request.of(asked, ())
    columns = request.columns if asked["columns"] else NAMES
    known_columns(columns)
    tables = told.batches(request.chosen, NAMES, request.lang)
    if request.grep is not None:
        tables = _holding(tables, request.grep)
    limited = listing.limited(tables, request.limit)
    if request.form != "table":
        listing.put((table.select(list(columns)) for table in limited), columns, request.form, request.output)
        return 0
    if not told.told.num_rows:
        held = ", ".join(f"{rows:,} rows of {family}" for family, rows in timeline.counts().items())
        terminal.say(
            f"no row has {visible(address)} as an address or a client claimed; looked at {held or 'no rows at all'}"
        )
        return 0
    named = [name for name in columns if asked["columns"]]
    _show(told, pa.concat_tables(list(limited) or [_none()]), named, request.limit)
    return 0


def _none() -> pa.Table:
    return pa.schema([column.field() for column in COLUMNS]).empty_table()


def _holding(tables: Iterator[pa.Table], text: str) -> Iterator[pa.Table]:
    """The rows whose sentence or values hold the text; where a row lies is not searched."""
    for table in tables:
        found = pa.array([False] * table.num_rows)
        for field in table.schema:
            if field.name not in _BOOKKEEPING and not pa.types.is_timestamp(field.type):
                hit = pc.match_substring(table.column(field.name).cast(pa.string()), text, ignore_case=True)
                found = pc.or_(found, hit.fill_null(False))
        yield table.filter(found)


def _show(told: Story, table: pa.Table, named: Sequence[str], limit: int) -> None:
    kinds = ", ".join(f"{rows:,} {family}" for family, rows in told.counts("family").items())
    stances = ", ".join(f"{name} in {rows:,}" for name, rows in told.counts("stance").items())
    terminal.say(terminal.wrapped(f"{visible(told.address)}: {told.told.num_rows:,} rows ({kinds}); {stances}"))
    _visits(told)
    terminal.say()
    if not table.num_rows:
        terminal.say("none of these rows is what the other options ask for")
        return
    texts = fitting.for_people(table, COLUMNS)
    names = list(named) or fitting.fitting(texts, _SHOWN, COLUMNS, terminal.width())
    cells = fitting.cut(texts, names, COLUMNS, terminal.width())
    note = f"{table.num_rows:,} rows; times are UTC"
    if limit and table.num_rows >= limit:
        note += "; there may be more: --limit 0 for all, or -o FILE"
    terminal.table("", names, list(zip(*(cells[name] for name in names), strict=True)), note)


def _visits(told: Story) -> None:
    """The longest web visits, in order of time."""
    found = told.visits()
    longest = sorted(found, key=lambda visit: (-visit["requests"], visit["visit"]))[:_VISITS]
    rows = [
        (
            visit["visit"],
            terminal.instant(visit["first"] // SECOND * SECOND),
            fitting.span((visit["last"] - visit["first"]) / SECOND),
            visit["requests"],
            visit["refused"],
            visit["errors"],
            visit["agent"],
        )
        for visit in sorted(longest, key=lambda visit: visit["visit"])
    ]
    if rows:
        left = len(found) - len(rows)
        note = f"the {len(rows)} longest of {len(found):,} visits" if left else ""
        terminal.say()
        headers = ("visit", "first", "lasts", "requests", "refused", "errors", "agent")
        terminal.table("Web visits: one program, no break of half an hour", headers, rows, note, folding=0)
