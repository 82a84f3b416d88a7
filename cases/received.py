"""What was received, as the summary tells it: exhibits and their files, and what became of all their bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from timelines.flow_timeouts import FlowTimeouts

Agreement = Literal["same", "different", "not-comparable", "not-supplied"]


@dataclass(frozen=True, slots=True)
class FileLine:
    """One file of an exhibit as it was taken in, and the fate of its bytes where it was read (None where it was not)."""

    file: str
    size: int
    sha256: str
    status: str
    parser: str
    reason: str
    duplicate_of: str
    read: int | None
    free: int | None
    unsupported: int | None
    damaged: int | None


@dataclass(frozen=True, slots=True)
class FormatCount:
    """Lines of logs read by one format; `loose` ones depart from it, and what could be told apart was read."""

    name: str
    rows: int
    loose: int


@dataclass(frozen=True, slots=True)
class ExhibitSheet:
    """One exhibit: what was said of it, what was computed of it.

    `sha256` is the file's; for a folder it is that of the listing `<sha256>  <path>\\n` of its files on disk, in bytewise order of
    their paths. `flow_timeouts`: idle times (ns) that ended a flow, where it holds packet captures. `formats` are those of its logs' lines
    as recognised, `layouts` those that were given, as server configurations write them; `code_page` is that
    of ANSI text in its event logs, if it was given.
    """

    number: str
    name: str
    is_folder: bool
    files: int
    size: int
    added: str
    sha256: str
    supplied_sha256: str | None
    agreement: Agreement
    seal: str | None
    description: str | None
    zone: str | None
    clock_offset_s: float | None
    clock_source: str | None
    entries: tuple[FileLine, ...]
    flow_timeouts: FlowTimeouts | None = None
    formats: tuple[FormatCount, ...] = ()
    layouts: tuple[str, ...] = ()
    code_page: int | None = None


@dataclass(frozen=True, slots=True)
class FamilyCount:
    """Rows of one family and the time they span."""

    family: str
    rows: int
    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Counts:
    """What was received and what became of it: files by status, bytes by fate, rows by family."""

    files: Mapping[str, int]
    bytes: Mapping[str, int]
    families: tuple[FamilyCount, ...]
    problems: int

    @property
    def rows(self) -> int:
        return sum(family.rows for family in self.families)
