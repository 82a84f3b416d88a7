"""Memory handed back to the system."""

import sys

import numpy as np
import pytest

from parsers import freed_memory


def test_it_goes_back_where_the_c_library_can() -> None:
    freed_memory.give_back()
    if sys.platform != "linux":
        assert freed_memory._asked("malloc_trim") is None


@pytest.mark.skipif(freed_memory.held() is None, reason="the C library does not tell what it holds")
def test_what_is_free_is_told() -> None:
    kept = [np.ones(1 << 14) for _ in range(64)]  # 128 KiB each, every other one let go of
    before = freed_memory.held()
    del kept[::2]
    after = freed_memory.held()
    assert before is not None
    assert after is not None
    assert after >= before + (2 << 20)


@pytest.mark.parametrize(("free", "trimmed"), [(None, 1), (0, 0), (1_000, 0), (1_001, 1)])
def test_so_much_may_be_kept(free: int | None, trimmed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(freed_memory, "held", lambda: free)
    monkeypatch.setattr(freed_memory, "_asked", lambda name: asked.append)
    freed_memory.give_back(beyond=1_000)
    assert len(asked) == trimmed
