"""A folder that all workers of a run of tests use and one of them makes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

PATIENCE = 600  # seconds until a worker gives up waiting for the one that makes a folder


def shared_root(factory: pytest.TempPathFactory) -> Path:
    """The temporary folder of the whole run: that of this process, or of the one that started its workers."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name`, made by the first who asks; the others wait for it. It is read only: who changes it copies it first."""
    root = shared_root(factory)
    folder, claimed, made, failed = (root / f"{name}{end}" for end in ("", ".claimed", ".made", ".failed"))
    try:
        claimed.mkdir()
    except FileExistsError:
        until = time.monotonic() + PATIENCE
        while not made.exists():
            if failed.exists() or time.monotonic() > until:
                pytest.fail(f"another worker could not make {name}")
            time.sleep(0.1)
        return folder
    try:
        make(folder)
    except BaseException:
        failed.touch()
        raise
    made.touch()
    return folder
