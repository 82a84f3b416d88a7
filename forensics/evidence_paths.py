"""Which paths can be handed in as evidence: checked for all of them before anything is made or hashed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cases.errors import CaseError

CASE_PARTS = ("timeline", "findings", "reports")  # folders of a case that Athar writes to


def check_evidence(case_folder: Path, paths: Sequence[Path]) -> None:
    """Raise CaseError for a path that is not there, is neither file nor folder, holds the case, or is written to by it.

    The case folder need not exist yet: a refused run must not have left one inside the evidence.
    """
    case = case_folder.resolve()
    for path in paths:
        if not path.exists():
            raise CaseError(f"{path}: no such file or folder; give the evidence to read")
        if not (path.is_file() or path.is_dir()):
            raise CaseError(f"{path}: neither a file nor a folder; copy what it holds to a file and give that")
        place = path.resolve()
        if path.is_dir() and case.is_relative_to(place):
            raise CaseError(f"{path}: holds the case folder itself; keep the case outside the evidence")
        if any(place.is_relative_to(case / part) for part in CASE_PARTS) or (place.is_file() and place.parent == case):
            raise CaseError(
                f"{path}: a part of the case itself, which changes as the case grows; it cannot be evidence in it"
            )
