"""Folders in which tasks that read slices of one file leave one another what each needs; one goes with the last task of its file."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from forensics.planning import Task

Key = tuple[str, str]


def _key(task: Task) -> Key | None:
    """The exhibit and the file that a task reads slices of."""
    return None if task.slices is None else (task.entries[0].exhibit, task.entries[0].file)


class SharedFolders:
    """A folder below `root` for each file of which several of these tasks read slices."""

    def __init__(self, root: Path, todo: Sequence[Task]) -> None:
        self._root = root
        self._left = Counter(_key(task) for task in todo)
        names = sorted(key for key, count in self._left.items() if key is not None and count > 1)
        self._names = {key: str(number) for number, key in enumerate(names)}

    def given(self, task: Task) -> Task:
        """The task, with the folder for its file, which is there from now on; as it is where no other task reads that file."""
        key = _key(task)
        if key is None or key not in self._names:
            return task
        folder = self._root / self._names[key]
        folder.mkdir(exist_ok=True)
        return replace(task, shared=folder)

    def ended(self, task: Task) -> None:
        """A task needs its folder no longer."""
        key = _key(task)
        self._left[key] -= 1
        if key is not None and key in self._names and not self._left[key]:
            shutil.rmtree(self._root / self._names[key], ignore_errors=True)


@contextmanager
def shared_folders(todo: Sequence[Task]) -> Iterator[SharedFolders]:
    """Folders in the system's place for temporary files, as long as the context lasts."""
    with tempfile.TemporaryDirectory(prefix="athar-", ignore_cleanup_errors=True) as root:
        yield SharedFolders(Path(root), todo)
