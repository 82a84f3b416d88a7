"""The manifest is put together from what was said of each task when it ended: it must be the plain JSON of all."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from timelines.parts import PartInfo
from timelines.store import FORMAT, MANIFEST, Store


def _part(name: str, first: int | None = None) -> PartInfo:
    return PartInfo(f"web/access/{name}.parquet", "web/access", 3, 400, "0" * 64, first, first)


def _plain(tasks: dict[str, list[PartInfo]]) -> str:
    told = {task: [asdict(part) for part in parts] for task, parts in tasks.items()}
    return json.dumps({"format": FORMAT, "tasks": told}, indent=1, sort_keys=True)


def test_manifest_of_many_commits_is_the_json_of_all_tasks(tmp_path: Path) -> None:
    store, tasks = Store(tmp_path), dict[str, list[PartInfo]]()
    for task, parts in {
        "b": [_part("b-0", 5), _part('odd "name"\\\n\u0623\u062b\u0631')],
        "empty": [],
        "a": [_part("a-0")],
        "b ": [_part("b-1", -1)],
    }.items():
        tasks[task] = parts
        store.commit({task: parts})
        assert (tmp_path / MANIFEST).read_text("utf-8") == _plain(tasks)


def test_manifest_of_a_case_that_is_gone_on_with_keeps_what_was_listed(tmp_path: Path) -> None:
    Store(tmp_path).commit({"a": [_part("a-0")], "b": [_part("b-0")]})
    again = Store(tmp_path)
    again.commit({"b": [_part("b-1", 7)]})
    assert (tmp_path / MANIFEST).read_text("utf-8") == _plain({"a": [_part("a-0")], "b": [_part("b-1", 7)]})


def test_manifest_of_nothing(tmp_path: Path) -> None:
    Store(tmp_path).commit({})
    assert (tmp_path / MANIFEST).read_text("utf-8") == _plain({})
