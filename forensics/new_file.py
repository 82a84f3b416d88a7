"""A file written for the user: never over another one, never into the evidence or the case."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from cases.case import Case
from cases.errors import CaseError
from timelines.inventory import Exhibit


def write_new(case: Case, path: Path, pieces: Iterable[bytes], override: Path | None = None) -> tuple[int, str]:
    """Write `pieces` to a path that does not exist yet; returns the bytes written and their SHA-256.
    `override` is where the evidence lies now.

    Raises CaseError when the path exists, lies in the case or in an exhibit, or can't be written; then nothing is left there.
    """
    place = path.resolve()
    if place.is_relative_to(case.folder.resolve()):
        raise CaseError(f"{path}: lies in the case; choose a place outside it")
    for exhibit in case.register.exhibits:
        if exhibit.is_folder and any(place.is_relative_to(root) for root in _places(exhibit, override)):
            raise CaseError(f"{path}: lies in exhibit {exhibit.exhibit}; nothing is ever written into evidence")
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("xb") as handle:
            try:
                for piece in pieces:
                    handle.write(piece)
                    digest.update(piece)
                    size += len(piece)
            except (OSError, ValueError):
                handle.close()
                path.unlink()
                raise
    except FileExistsError as error:
        raise CaseError(f"{path}: is there already and is never overwritten; choose another name") from error
    except OSError as error:
        raise CaseError(f"{path}: cannot write: {error.strerror or error}; choose a place you can write to") from error
    return size, digest.hexdigest()


def _places(exhibit: Exhibit, override: Path | None) -> list[Path]:
    """Where a folder exhibit was, and where it may be now."""
    recorded = [Path(exhibit.source)] if exhibit.source else []
    moved = [override / exhibit.name, override] if override is not None and override.is_dir() else []
    if moved and override is not None and override.name != exhibit.name and moved[0].is_dir():
        moved = moved[:1]
    return [place.resolve() for place in (*recorded, *moved)]
