"""What an export tells of a case, as data: read once from the case, and changed as a whole where personal data is kept out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cases.case import Case, CaseInfo
from cases.findings import load_matches
from cases.reviews import Reviewed, reviews
from timelines.inventory import Exhibit, FileEntry

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Act:
    """One custody entry; `exhibit` is the one that it is about, as its options give it."""

    seq: int
    hash: str
    time: str
    who: str
    action: str
    exhibit: Any


@dataclass(frozen=True)
class Content:
    """`findings` are in order, those set aside included. `folder` is the case folder, None where the content is redacted."""

    info: CaseInfo
    exhibits: tuple[Exhibit, ...]
    entries: tuple[FileEntry, ...]
    acts: tuple[Act, ...]
    findings: tuple[Reviewed, ...]
    matches: pa.Table
    folder: Path | None = None

    @cached_property
    def files(self) -> Mapping[tuple[str, str], FileEntry]:
        """The files by exhibit number and path."""
        return {(entry.exhibit, entry.file): entry for entry in self.entries}


def content(case: Case) -> Content:
    """All of it, as it is."""
    return Content(
        case.info,
        case.register.exhibits,
        case.register.entries,
        tuple(
            Act(e.seq, e.hash, e.act.time, e.act.who, e.act.action, e.act.options.get("exhibit"))
            for e in case.custody.entries()
        ),
        reviews(case).findings,
        load_matches(case.findings_folder),
        case.folder,
    )
