"""What was handed in, file by file: nothing in an exhibit goes unmentioned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# The reason of a file that is not read although it holds an event log.
CARVABLE = (
    "no reader for this format: a Windows event log whose file header is missing or damaged; its chunks stand,"
    " `athar carve FILE` reads them"
)

Status = Literal["evidence", "container", "duplicate", "unrecognised", "empty", "unreadable"]


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of an exhibit, or one member of a container in it. `size` is in bytes (decompressed for members).

    evidence: `parser` reads it; container: its members follow as entries of their own; duplicate: the case already holds these bytes as
    `duplicate_of` (`E001/path`), so they are not read again; unrecognised, empty, unreadable: `reason` says why nothing is read.
    `on_disk` is the file of the exhibit that holds the bytes: `file` itself, or the outermost container.
    """

    exhibit: str
    file: str
    size: int
    sha256: str
    status: Status
    parser: str = ""
    reason: str = ""
    duplicate_of: str = ""
    on_disk: str = ""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """What was handed in under one number. `source` is where it was read from on this machine: never part of a summary.

    `log_formats` are layouts of its logs' lines, as the servers' configuration writes them; `flow_timeouts` are idle times of its
    captures' flows that differ from the usual ones (`timelines.flow_timeouts`); `year` is that of the first stamp of each file of it
    whose stamps have none; `code_page` is that of ANSI text in its event logs (`timelines.code_pages`).
    """

    exhibit: str
    name: str
    source: str
    is_folder: bool
    size: int
    files: int
    added: str
    zone: str | None = None
    supplied_sha256: str | None = None
    seal: str | None = None
    clock_offset_s: float | None = None
    clock_source: str | None = None
    description: str | None = None
    log_formats: tuple[str, ...] = ()
    year: int | None = None
    flow_timeouts: tuple[str, ...] = ()
    code_page: int | None = None
