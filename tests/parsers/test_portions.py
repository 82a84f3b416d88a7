"""How large files are shared out."""

from __future__ import annotations

import pytest

from parsers.portions import portion


def shared(size: int, most: int, least: int) -> list[int]:
    found: list[int] = []
    while size:
        found.append(portion(size, most, least))
        size -= found[-1]
    return found


@pytest.mark.parametrize("size", [1, 149, 150, 700, 5_000, 100_003])
def test_portions_shrink_and_are_never_too_small_nor_too_large(size: int) -> None:
    found = shared(size, 640, 100)
    assert sum(found) == size
    assert found[:-1] == sorted(found[:-1], reverse=True)
    assert max(found) <= 640
    assert min(found) >= min(size, 50)


def test_no_portion_but_the_smallest_is_more_than_a_sixth_of_what_is_left() -> None:
    assert shared(2_400, 640, 100)[:4] == [400, 333, 277, 231]
    assert shared(9_000, 640, 100)[:3] == [640, 640, 640]
