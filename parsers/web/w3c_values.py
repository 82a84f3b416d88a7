"""Values of a W3C Extended log by the names that `#Fields` gives them. https://www.w3.org/TR/WD-logfile.html"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from parsers.gather import Bools, Bytes, Int64s
from parsers.web.combined import requests
from parsers.web.dates import clock_times, w3c_times
from parsers.web.entry_days import entry_days
from parsers.web.kinds import Kind, Span, matches, texts
from parsers.web.layouts import KNOWN
from parsers.web.line_layout import LineLayout, Part, Value
from parsers.web.table import UTC, Table
from parsers.web.targets import Target
from parsers.web.words import Counted, Matching
from timelines.families.web import ACCESS_COLUMNS

_TYPES = {column.name: column.type for column in ACCESS_COLUMNS}
_OTHERS = {
    "cs-protocol-version": "cs_version",
    "ssl-protocol": "tls_protocol",
    "ssl-cipher": "tls_cipher",
    "time-taken": "duration",
}
_PLAIN = re.compile(r"[^A-Za-z0-9]+")
_QUOTED = re.compile(rb'"([^"]*(?:""[^"]*)*)"|([^ ]+)')


@dataclass(frozen=True, slots=True)
class Day:
    """`yyyy-mm-dd`: what the time beside it makes an instant."""

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        return matches(texts(data, starts, ends), "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        """Nothing: `Clock` looks at both."""


@dataclass(frozen=True, slots=True)
class Clock:
    """`hh:mm:ss`, with a fraction or without, of the day in the layout's value number `day`."""

    day: int

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        return matches(texts(data, starts, ends), r"^[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?$")

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        starts, ends = table.spans.starts, table.spans.ends
        ns, _, real = w3c_times(table.page.lines.data, starts[self.day], starts[place], ends[place])
        table.put_time(ns, real, UTC)


@dataclass(frozen=True, slots=True)
class LoneClock:
    """`hh:mm:ss`, with a fraction or without, of a day that a `#Date` before the line says; it also stands as written."""

    def fits(self, data: Bytes, starts: Int64s, ends: Int64s) -> Bools:
        return clock_times(data, starts, ends)[1]

    def fill(self, table: Table, place: int, column: str, own: str | None) -> None:
        starts, ends, lines = table.spans.starts[place], table.spans.ends[place], table.page.lines
        ns, known, _ = entry_days(table.page.state).instants(lines.data, lines.offsets, (starts, ends))
        table.put("time_", texts(lines.data, starts, ends).cast(pa.string()), own)
        table.put_time(ns, known, UTC, "no-date")
        table.remarks.mark(known, "inferred-day")


def w3c_layout(names: Sequence[str], separator: bytes, milliseconds: bool) -> LineLayout:
    """The layout of lines whose values are called `names`; a repeated one keeps its own name, as do those that no column means."""
    lower = [name.lower() for name in names]
    timed = lower.index("date") if "date" in lower and "time" in lower else -1
    lone = "time" in lower and "date" not in lower
    text = Matching("[^\t]*" if separator == b"\t" else ".*")
    parts: list[Part] = []
    used: set[str] = set()
    for own, name in zip(names, lower, strict=True):
        if parts:
            parts.append(separator)
        column = _OTHERS.get(name) or KNOWN.get(name)
        if timed >= 0 and name in ("date", "time") and name not in used:
            used.add(name)
            parts.append(Value("time", Day() if name == "date" else Clock(timed)))
        elif lone and name == "time" and name not in used:
            used.add(name)
            parts.append(Value("time_", LoneClock(), own))
        elif column is None or column in used:
            parts.append(Value(_PLAIN.sub("_", own).strip("_").lower() or "data", text, own))
        else:
            used.add(column)
            parts.append(Value(column, _kind(column, milliseconds, text)))
    return requests(*parts, time_desc="Request logged")


def _kind(column: str, milliseconds: bool, text: Kind) -> Kind:
    if column == "duration":
        return Span(10**6 if milliseconds else 10**9)
    if column == "cs_uri":
        return Target()
    type_ = _TYPES[column]
    return Counted(type_) if pa.types.is_integer(type_) else text


def quoted_spans(line: bytes, one: LineLayout) -> list[tuple[int, int]] | None:
    """Where the values of a line lie that has spaces between them and some in quotes (a quote in them is doubled); None where there are
    not as many as the layout has, or no quotes."""
    if b'"' not in line:
        return None
    found: list[tuple[int, int]] = []
    at = 0
    while at <= len(line) and len(found) < len(one.values):
        match = _QUOTED.match(line, at)
        if match is None:
            return None
        found.append(match.span(1) if match.start(1) >= 0 else match.span(2))
        at = match.end() + 1
        if match.end() < len(line) and line[match.end()] != 32:
            return None
    return found if len(found) == len(one.values) and at == len(line) + 1 else None
