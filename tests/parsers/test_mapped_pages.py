"""Pages of mapped files are let go of once there are many."""

from __future__ import annotations

import mmap
from pathlib import Path

import pytest

from parsers import mapped_pages
from parsers.gather import forget


def test_a_few_pages_stay_and_many_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(8 << 20))
    monkeypatch.setattr(mapped_pages, "MANY", 4 << 20)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        view = memoryview(mapped)
        mapped_pages.let_go()
        before = mapped_pages._mapped()
        if before is None or not hasattr(mmap, "MADV_DONTNEED"):
            pytest.skip("the system does not tell what is mapped")
        sum(view[at] for at in range(0, 1 << 20, mmap.PAGESIZE))
        forget(view)
        assert (mapped_pages._mapped() or 0) >= before + (1 << 20) // mmap.PAGESIZE - 16
        sum(view[at] for at in range(0, 8 << 20, mmap.PAGESIZE))
        assert mapped_pages.many(mapped_pages.MANY)
        forget(view)
        assert not mapped_pages.many(mapped_pages.MANY)
        assert (mapped_pages._mapped() or 0) < before + (1 << 20) // mmap.PAGESIZE
        view.release()


def test_where_the_system_does_not_tell_all_go_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped_pages, "_STATM", "/nonexistent/statm")
    assert mapped_pages.many(mapped_pages.MANY)
