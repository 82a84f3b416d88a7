"""One engine for the questions to all cases of a run of tests: to begin one takes 35 ms of CPU, and most tests make a case of their own.

It reads the run's temporary folder and nothing else. An engine of a case's own reads that case alone: that no question and no view names a
file of another is seen here, and what such engines refuse is tested with them (the fixture `own_engines`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from timelines import query, views

_TEXT = re.compile(r"'((?:[^']|'')*)'")
OWN = views._Opened.folder


def share(patch: pytest.MonkeyPatch, root: Path) -> None:
    """Patch what opens engines, for cases below `root`, and what asks them."""
    inside = f"{root.resolve().as_posix()}/"
    shared: list[duckdb.DuckDBPyConnection] = []
    ask, create = query.Timeline.sql, query.create_view
    asked_of = [inside]

    def folder(self: views._Opened, path: str) -> duckdb.DuckDBPyConnection:
        if not path.startswith(inside):
            return OWN(self, path)
        if not shared:
            shared.append(views._engine(inside))
        return shared[0]

    def sql(self: query.Timeline, question: str, parameters: Sequence[Any] = ()) -> pa.Table:
        asked_of[0] = f"{self.store.root.resolve().as_posix()}/"
        look(question)
        return ask(self, question, parameters)

    def create_view(connection: duckdb.DuckDBPyConnection, name: str, question: str) -> None:
        look(question)
        create(connection, name, question)

    def look(question: str) -> None:
        if views._Opened.folder is OWN:  # engines of their own refuse
            return
        for text in _TEXT.findall(question):
            path = os.path.normpath(text.replace("''", "'"))
            assert not path.startswith(inside) or path.startswith(asked_of[0]), f"{path} is no file of {asked_of[0]}"

    patch.setattr(views._Opened, "folder", folder)
    patch.setattr(query.Timeline, "sql", sql)
    patch.setattr(query, "create_view", create_view)
