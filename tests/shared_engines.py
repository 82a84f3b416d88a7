"""Engines for questions that cases of many tests share: to begin one takes 40 ms, as long as most of these tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from timelines import views

CASES = 25  # to an engine: it keeps what their parts say of themselves


class SharedEngines:
    """In place of an engine for each case, one for CASES of them. It reads the folder in which all cases of the tests lie, no other."""

    def __init__(self, root: Path, own: Any) -> None:
        self._root, self._own = f"{root.resolve().as_posix()}/", own
        self._engine: Any = None
        self._cases: set[str] = set()

    def folder(self, path: str) -> Any:
        """The engine for a case's folder."""
        if not path.startswith(self._root):
            return self._own.folder(path)
        if self._engine is None or (path not in self._cases and len(self._cases) == CASES):
            self._engine, self._cases = views._engine(self._root), set()
        self._cases.add(path)
        return self._engine
