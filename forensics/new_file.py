"""A file written for the user: never over another one, never into the evidence or the case."""

from __future__ import annotations

from pathlib import Path

from cases.case import Case
from cases.errors import CaseError


def write_new(case: Case, path: Path, data: bytes) -> None:
    """Write `data` to a path that does not exist yet. Raises CaseError when it does, lies in the case or in an exhibit,
    or can't be written."""
    place = path.resolve()
    if place.is_relative_to(case.folder.resolve()):
        raise CaseError(f"{path}: lies in the case; choose a place outside it")
    for exhibit in case.register.exhibits:
        if exhibit.source and exhibit.is_folder and place.is_relative_to(Path(exhibit.source).resolve()):
            raise CaseError(f"{path}: lies in exhibit {exhibit.exhibit}; nothing is ever written into evidence")
    try:
        with path.open("xb") as handle:
            handle.write(data)
    except FileExistsError as error:
        raise CaseError(f"{path}: is there already and is never overwritten; choose another name") from error
    except OSError as error:
        raise CaseError(f"{path}: cannot write: {error.strerror or error}; choose a place you can write to") from error
