"""Folders that tasks of one file share: there while any of them is under way, and for no others."""

from __future__ import annotations

from pathlib import Path

from forensics.planning import Given, Task
from forensics.shared_folders import shared_folders
from parsers.base import Slice
from timelines.inventory import FileEntry


def _task(number: int, file: str, slices: tuple[Slice, ...] | None) -> Task:
    entry = FileEntry("E001", file, 100, "0" * 64, "evidence", "network/capture")
    return Task(f"{file}-{number}", Path("/nowhere"), (entry,), Given(), slices, 50)


def test_tasks_of_one_file_have_a_folder_until_the_last_has_ended() -> None:
    halves = [_task(at, "a.pcap", (Slice(50 * at, 50 * at + 50),)) for at in range(2)]
    only, bundle = _task(0, "b.pcap", (Slice(0, 100),)), _task(0, "c.pcap", None)
    with shared_folders([*halves, only, bundle]) as folders:
        first, second = (folders.given(task).shared for task in halves)
        assert first is not None
        assert first == second
        assert first.is_dir()
        assert (folders.given(only), folders.given(bundle)) == (only, bundle)
        (first / "left").write_bytes(b"x")
        folders.ended(halves[0])
        folders.ended(bundle)
        assert first.is_dir()
        folders.ended(halves[1])
        assert not first.exists()
        again = folders.given(only).shared
        assert again is None
    assert not first.parent.exists()
