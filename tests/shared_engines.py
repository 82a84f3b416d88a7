"""Engines for questions that cases of many tests share: to begin one takes 40 ms, as long as most of these tests."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from timelines import questions, views

_TEXT = re.compile(r"'((?:[^']|'')*)'")
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


def watch(patch: pytest.MonkeyPatch, root: Path) -> None:
    """A shared engine reads other cases too: that no question and no view names a file of one is seen here."""
    inside = f"{root.resolve().as_posix()}/"
    ask, make, create, asked_of = (
        questions.Questions._select,
        questions.Questions._make,
        questions.create_view,
        [inside],
    )

    def select(self: questions.Questions, question: str, parameters: Sequence[Any]) -> pa.Table:
        asked_of[0] = f"{self._store.root.resolve().as_posix()}/"
        look(question)
        return ask(self, question, parameters)

    def made(self: questions.Questions, names: Sequence[str]) -> None:
        asked_of[0] = f"{self._store.root.resolve().as_posix()}/"
        make(self, names)

    def create_view(connection: Any, name: str, question: str) -> None:
        look(question)
        create(connection, name, question)

    def look(question: str) -> None:
        if isinstance(views._opened, SharedEngines):
            for text in _TEXT.findall(question):
                path = os.path.normpath(text.replace("''", "'"))
                assert not path.startswith(inside) or path.startswith(asked_of[0]), (
                    f"{path} is no file of {asked_of[0]}"
                )

    patch.setattr(questions.Questions, "_select", select)
    patch.setattr(questions.Questions, "_make", made)
    patch.setattr(questions, "create_view", create_view)
