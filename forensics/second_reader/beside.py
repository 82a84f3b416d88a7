"""One row beside its second reading, value by value, for people."""

from __future__ import annotations

from dataclasses import dataclass

from forensics.second_reader.agreements import agreement
from forensics.second_reader.comparison import Row
from parsers.second.reading import Place, Unread
from timelines.schema import CORE_NAMES

SAME, DIFFERS = "=", "≠ differs"


@dataclass(frozen=True, slots=True)
class Pair:
    """A value of the row, the second reader's, and whether they are the same, agree under a rule, or differ."""

    name: str
    ours: str | None
    theirs: str | None
    verdict: str


@dataclass(frozen=True, slots=True)
class Beside:
    """Who read again, the values, and why it could not where there are none."""

    tool: str
    pairs: tuple[Pair, ...]
    unread: str = ""

    @property
    def summary(self) -> str:
        differ = sum(pair.verdict == DIFFERS for pair in self.pairs)
        same = sum(pair.verdict == SAME for pair in self.pairs)
        return f"{same} values the same, {len(self.pairs) - same - differ} in another form, {differ} differ"


def event_beside(view: memoryview, place: Place, row: Row) -> Beside:
    """An event's values beside python-evtx's. `row`: its values as text by column name in lower case."""
    from parsers.second import event_records

    tool = event_records.tool()
    name = f"{tool.name} {tool.version}"
    reading = event_records.EventRecords(view).read(place)
    if isinstance(reading, Unread):
        return Beside(name, (), reading.reason)
    found = {column: (row.get(column.lower()), theirs) for column, theirs in reading.values.items()}
    known = {column.lower() for column in found} | set(CORE_NAMES)
    found |= {column: (ours, None) for column, ours in row.items() if column not in known}
    pairs = [
        Pair(column, ours, theirs, _verdict(tool.name, ours, theirs))
        for column, (ours, theirs) in found.items()
        if ours or theirs
    ]
    return Beside(name, tuple(pairs))


def _verdict(tool: str, ours: str | None, theirs: str | None) -> str:
    if ours == theirs:
        return SAME
    rule = agreement(tool, ours, theirs)
    return DIFFERS if rule is None else f"≈ {rule.name}"
