"""What every second reader is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row says it lies: bytes [offset, offset + length) of a file, and its family."""

    row_id: str
    family: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One record as the second reader has it: text by column name, None for a value that is there and empty.

    Instants are ISO 8601 in UTC. `complete`: these are all the values that the record holds, so a column of the row's own that is missing
    here is a difference. `ends` holds both ends of a packet as `address port`, sender first: which of them opened the contact one packet
    does not tell. `within`: the ends of packets inside that one, outermost first, when it is a tunnel's (one that is not opened has none);
    None when it is not. A row that has ends from there is about that packet, and `values` but for the time are not about it.
    """

    values: Mapping[str, str | None]
    complete: bool = False
    ends: tuple[str, str] | None = None
    within: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A record that the second reader can't speak of, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Tool:
    """What reads: its name and version, and in words how it is used."""

    name: str
    version: str
    how: str = field(default="")


class SecondReader(Protocol):
    """A reader of one open file, asked for one row after the other in order of offset."""

    def read(self, place: Place) -> Reading | Unread:
        """The record at a place. Never raises for what the evidence holds."""
        ...
