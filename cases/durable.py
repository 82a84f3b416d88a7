"""Files that are either the old one or the new one, never half of one: temporary name, fsync, `os.replace`."""

from __future__ import annotations

import json
import os
from pathlib import Path

from cases.errors import CaseError


def write(path: Path, data: bytes) -> None:
    """Put `data` at `path` atomically; the folder is made if needed. Raises CaseError when the place can't be written."""
    temporary = path.with_name(path.name + ".writing")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        raise CaseError(f"{path}: cannot write: {error.strerror or error}; choose a place you can write to") from error


def sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut, where the system lets a folder be synced (Windows does not)."""
    flag = getattr(os, "O_DIRECTORY", None)
    if flag is None:
        return
    handle = os.open(folder, os.O_RDONLY | flag)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def canonical(value: object) -> bytes:
    """JSON with one spelling only: sorted keys, no spaces, ASCII with escapes. Raises ValueError for NaN and infinities."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


def read_json(path: Path) -> object:
    """The JSON value of a file of the case. Raises CaseError when it is absent or is not JSON."""
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise CaseError(
            f"{path}: cannot read: {error.strerror or error}; the case is incomplete, copy it again"
        ) from error
    except ValueError as error:
        raise CaseError(f"{path}: not valid JSON ({error}); the file is damaged, restore it from a copy") from error
