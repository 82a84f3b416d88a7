"""One row beside its second reading, value by value, for people."""

from __future__ import annotations

from dataclasses import dataclass

from forensics.second_reader.agreements import ANSWER_FIRST, agreement
from forensics.second_reader.comparison import IN_TUNNEL, UNOPENED, Row, alike, ends_of, outermost
from parsers.second.reading import Place, Reading, Unread
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
    """Who read again, the values, and why it could not where there are none; `note`: what it does not speak of."""

    tool: str
    pairs: tuple[Pair, ...]
    unread: str = ""
    note: str = ""

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


def packet_beside(view: memoryview, place: Place, row: Row) -> Beside:
    """What scapy reads of a network row's first packet beside the row. `row`: its values as text by column name in lower case."""
    from parsers.second import packets

    tool = packets.tool()
    name = f"{tool.name} {tool.version}"
    reading = packets.PacketRecords(view).read(place)
    if isinstance(reading, Unread):
        return Beside(name, (), reading.reason)
    inside = reading.within is not None and reading.ends is not None and not outermost(tool.name, row, reading.ends)
    values = {"time": reading.values.get("time")} if inside else reading.values
    pairs = [
        Pair(column, row.get(column), theirs, _verdict(tool.name, row.get(column), theirs))
        for column, theirs in values.items()
    ]
    ends = _inner(tool.name, reading, row) if inside else reading.ends
    if ends is not None:
        pairs.append(_ends(tool.name, row, ends))
    return Beside(name, tuple(pairs), note=_note(place.family, inside, ends is not None, set(values)))


def _inner(tool: str, reading: Reading, row: Row) -> tuple[str, str] | None:
    """Ends of the packet in the tunnel that is the row's, else of the innermost; None where the tunnel is not opened."""
    within = reading.within or ()
    return next((ends for ends in within if outermost(tool, row, ends)), within[-1] if within else None)


def _ends(tool: str, row: Row, ends: tuple[str, str]) -> Pair:
    ours = ends_of(row)
    turned = f"≈ {ANSWER_FIRST.name}" if alike(tool, ours, (ends[1], ends[0])) else DIFFERS
    verdict = SAME if alike(tool, ours, ends) else turned
    return Pair("addresses and ports", " > ".join(ours), " > ".join(ends), verdict)


def _note(family: str, inside: bool, opened: bool, read: set[str]) -> str:
    from parsers.second.packets import DISSECTED

    if inside:
        return IN_TUNNEL if opened else UNOPENED
    if family not in DISSECTED | {"net/conn"}:
        return (
            f"scapy has no dissector that is used for {family}; only time, addresses and ports are read a second time"
        )
    if family in DISSECTED and read <= {"time", "proto"}:
        return "the row's first packet holds no whole message that scapy reads; only time, addresses and ports are compared"
    return ""


def _verdict(tool: str, ours: str | None, theirs: str | None) -> str:
    if ours == theirs:
        return SAME
    rule = agreement(tool, ours, theirs)
    return DIFFERS if rule is None else f"≈ {rule.name}"
