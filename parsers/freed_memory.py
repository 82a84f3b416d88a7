"""Memory that was freed goes back to the system: else what one phase needed stays with the process beside what the next one needs."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any


def give_back() -> None:
    """Hand freed memory back. It takes some hundredths of a second, so it is for after a large piece of work.

    Does nothing where the C library offers no way to ask for it.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Any:
    """glibc's malloc_trim(3)."""
    return getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
