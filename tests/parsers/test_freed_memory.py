"""Freed memory can be handed back, or there is nothing to be done."""

from __future__ import annotations

import sys

from parsers import freed_memory


def test_the_c_library_is_asked_where_it_can_be() -> None:
    freed_memory.give_back()
    if sys.platform != "linux":
        assert freed_memory._trim() is None
