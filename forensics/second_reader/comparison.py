"""One row against its second reading, field by field; what can't be compared is counted by reason, never left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from cases.second_reading import Difference
from forensics.second_reader.agreements import ANSWER_FIRST, agreement
from parsers.second.reading import Place, Reading, Tool, Unread
from timelines.schema import CORE_NAMES

Row = Mapping[str, str | None]  # a row's values as text, by column name in lower case

_ENDS = ("src_ip", "src_port", "dst_ip", "dst_port", "id_orig_h", "id_orig_p", "id_resp_h", "id_resp_p")
# Why a column that holds a value is not compared: the first entry that names it, or `*`.
NOT_COMPARED: tuple[tuple[str, str, frozenset[str]], ...] = (
    (
        "written by Athar about the row",
        "",
        frozenset(
            {"time_desc", "time_quality", "family", "exhibit", "file", "offset", "flags", "row_id", "parse_quality"}
        ),
    ),
    (
        "made from other columns of the row",
        "",
        frozenset(
            {"event", "host", "user", "src_ip", "src_port", "dst_ip", "dst_port", "protocol", "process", "object"}
            | {"outcome", "uid", "community_id", "qtype_name", "qclass_name", "rcode_name", "host_", "id_orig_h"}
            | {"id_orig_p", "id_resp_h", "id_resp_p", "cs_uri"}
        ),
    ),
    ("counted from the beginning of the file", "web", frozenset({"record", "length"})),
    ("counted from the beginning of the file", "net", frozenset({"record", "packet_first", "packet_last", "length"})),
    ("needs more than the row's first packet", "net", frozenset({"*"})),
    ("not told apart by the second reader", "", frozenset({"*"})),
)


@dataclass(slots=True)
class Count:
    """Comparisons of one tool so far."""

    tool: Tool
    rows: int = 0
    read: int = 0
    equal: int = 0
    agreed: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)
    not_compared: Counter[str] = field(default_factory=Counter)
    different: int = 0

    def take(self, place: Place, row: Row, reading: Reading | Unread) -> Iterator[Difference]:
        """Count one row; gives its differences."""
        self.rows += 1
        if isinstance(reading, Unread):
            self.unread[reading.reason] += 1
            return
        self.read += 1
        if reading.within is not None and reading.ends is not None and not outermost(self.tool.name, row, reading.ends):
            yield from self._inside(place, row, reading)
            return
        seen = set()
        for name, theirs in reading.values.items():
            seen.add(name.lower())
            yield from self._field(place, name, row.get(name.lower()), theirs)
        if reading.ends is not None:
            seen.update(_ENDS)
            yield from self._ends(place, row, reading.ends)
        for name, ours in row.items():
            if ours in (None, "") or name in seen:
                continue
            if reading.complete and name not in _CORE:
                yield from self._field(place, name, ours, None)
            else:
                self.not_compared[_reason(place.family, name)] += 1

    def _inside(self, place: Place, row: Row, reading: Reading) -> Iterator[Difference]:
        """A row about a packet in a tunnel: its time, and its ends where the second reader opened the tunnel."""
        yield from self._field(place, "time", row.get("time"), reading.values.get("time"))
        ends = next((ends for ends in reading.within or () if outermost(self.tool.name, row, ends)), None)
        if ends is not None:
            yield from self._ends(place, row, ends)
        elif reading.within:
            yield from self._ends(place, row, reading.within[-1])
        else:
            self.not_compared[UNOPENED] += 1
        self.not_compared[IN_TUNNEL] += sum(1 for name, ours in row.items() if ours and name not in (*_ENDS, "time"))

    def _field(self, place: Place, name: str, ours: str | None, theirs: str | None) -> Iterator[Difference]:
        if ours == theirs:
            self.equal += ours is not None
            return
        rule = agreement(self.tool.name, ours, theirs)
        if rule is None:
            self.different += 1
            yield Difference(place.row_id, name, ours, theirs)
        else:
            self.agreed[rule.name] += 1

    def _ends(self, place: Place, row: Row, ends: tuple[str, str]) -> Iterator[Difference]:
        ours = ends_of(row)
        if alike(self.tool.name, ours, ends):
            self.equal += 1
        elif alike(self.tool.name, ours, (ends[1], ends[0])):
            self.agreed[ANSWER_FIRST.name] += 1
        else:
            self.different += 1
            yield Difference(place.row_id, "addresses and ports", " > ".join(ours), " > ".join(ends))


_CORE = frozenset(CORE_NAMES)
UNOPENED = "the packet lies in a tunnel that the second reader does not open"
IN_TUNNEL = "the packet lies in a tunnel; only its time and ends are read a second time"


def ends_of(row: Row) -> tuple[str, str]:
    """Both ends of a row, the one that opened the contact first."""
    first, second = (
        " ".join(part for part in (row.get(f"{side}_ip"), row.get(f"{side}_port")) if part) for side in ("src", "dst")
    )
    return first, second


def outermost(tool: str, row: Row, ends: tuple[str, str]) -> bool:
    """Whether a row lies between these ends, whichever sent."""
    ours = ends_of(row)
    return alike(tool, ours, ends) or alike(tool, ours, (ends[1], ends[0]))


def alike(tool: str, ours: tuple[str, str], theirs: tuple[str, str]) -> bool:
    """Whether ends are the same, however their addresses are written."""
    for mine, other in zip(ours, theirs, strict=True):
        (first, _, port), (second, _, other_port) = mine.partition(" "), other.partition(" ")
        if port != other_port or (first != second and agreement(tool, first, second) is None):
            return False
    return True


def _reason(family: str, name: str) -> str:
    return next(
        reason for reason, group, names in NOT_COMPARED if family.startswith(group) and (name in names or "*" in names)
    )


def rows_as_text(table: pa.Table) -> Iterator[tuple[str, Row]]:
    """Each row's id and its values as text, by column name in lower case."""
    columns = {name.lower(): _texts(table.column(at)) for at, name in enumerate(table.schema.names)}
    for at, row_id in enumerate(table.column("row_id").to_pylist()):
        yield row_id, {name: texts[at] for name, texts in columns.items()}


def _texts(column: pa.ChunkedArray) -> list[str | None]:
    if pa.types.is_timestamp(column.type):
        return [None if value is None else _instant(value) for value in column.cast(pa.int64()).to_pylist()]
    return [_text(value) for value in column.to_pylist()]


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _instant(ns: int) -> str:
    """UTC ns as ISO 8601 with nine decimals, as second readers write exact instants."""
    seconds, rest = divmod(ns, 1_000_000_000)
    whole = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return f"{whole.strftime('%Y-%m-%dT%H:%M:%S')}.{rest:09d}Z"


__all__ = ["NOT_COMPARED", "Count", "Row", "rows_as_text"]
