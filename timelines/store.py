"""The timeline on disk: Parquet parts, listed in one manifest that changes by atomic rename.

A part that the manifest does not list does not exist. A part holds rows of one family and of one shape, or of several shapes with few
rows each, and only the columns that those shapes have. Any tool that reads Parquet can read it.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from timelines.part_writer import PartWriter
from timelines.parts import Part, PartInfo

FORMAT = 1
MANIFEST = "manifest.json"


class Store:
    """The timeline folder of a case. One process (the coordinator) writes the manifest; any number read."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._tasks: dict[str, list[PartInfo]] = {}
        self._told: dict[str, str] = {}  # by task: what the manifest says of its parts, made once
        path = root / MANIFEST
        if path.exists():
            content = json.loads(path.read_text("utf-8"))
            if content.get("format") != FORMAT:
                raise ValueError(
                    f"{MANIFEST}: format {content.get('format')}, expected {FORMAT}; this case is from another version"
                )
            self._tasks = {task: [PartInfo(**part) for part in parts] for task, parts in content["tasks"].items()}

    def done(self, task: str) -> bool:
        """Whether a task's parts are in the manifest: then it need not run again."""
        return task in self._tasks

    def writer(self, task: str) -> PartWriter:
        return PartWriter(self.root, task)

    def commit(self, tasks: dict[str, list[PartInfo]]) -> None:
        """List the parts of finished tasks, by one atomic rename. Until then they do not exist."""
        self._tasks.update(tasks)
        for task, parts in self._tasks.items():
            if task in tasks or task not in self._told:
                self._told[task] = _listed(task, parts)
        listed = (
            "{\n  " + ",\n  ".join(self._told[task] for task in sorted(self._told)) + "\n }" if self._told else "{}"
        )
        self.root.mkdir(parents=True, exist_ok=True)
        working = self.root / f"{MANIFEST}.part"
        with working.open("w", encoding="utf-8", newline="\n") as handle:
            handle.write(f'{{\n "format": {FORMAT},\n "tasks": {listed}\n}}')
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(working, self.root / MANIFEST)

    def infos(self) -> list[PartInfo]:
        """Every listed part, in path order."""
        return sorted((part for parts in self._tasks.values() for part in parts), key=lambda part: part.path)

    def parts(self, family: str) -> tuple[Part, ...]:
        return tuple(Part(self.root, info) for info in self.infos() if info.family == family)

    def families(self) -> list[str]:
        """Families that have rows, in name order."""
        return sorted({info.family for info in self.infos() if not info.family.startswith("_")})

    def clear_strays(self) -> int:
        """Remove part files that no finished task owns, such as those of a killed worker. Returns how many."""
        listed = {info.path for info in self.infos()}
        strays = [
            path
            for path in self.root.rglob("*")
            if path.suffix in (".parquet", ".part") and path.relative_to(self.root).as_posix() not in listed
        ]
        for path in strays:
            path.unlink()
        return len(strays)


def _listed(task: str, parts: list[PartInfo]) -> str:
    """A task and its parts as two levels down in the manifest."""
    told = json.dumps([asdict(part) for part in parts], indent=1, sort_keys=True)
    return f"{json.dumps(task)}: {told}".replace("\n", "\n  ")
