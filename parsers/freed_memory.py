"""Memory that was freed goes back to the system: else what one phase needed stays with the process beside what the next one needs."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any

_NAMES = ["arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"]


class _Told(ctypes.Structure):
    """struct mallinfo2 of mallinfo(3)."""

    _fields_ = [(name, ctypes.c_size_t) for name in _NAMES]


def give_back(beyond: int = 0) -> None:
    """Hand freed memory back, where there are more than `beyond` bytes of it. It takes some hundredths of a second, and the system clears
    each page that is asked for again: it is for after a large piece of work.

    Does nothing where the C library offers no way to ask for it. One that does not tell how much is free hands back all.
    """
    trim = _asked("malloc_trim")
    free = held()
    if trim is not None and (free is None or free > beyond):
        trim(0)


def held() -> int | None:
    """Bytes that the C library has for who asks next, in pieces of all sizes; None where it does not tell."""
    told = _asked("mallinfo2")
    if told is None:
        return None
    told.restype = _Told
    return int(told().fordblks)


@cache
def _asked(name: str) -> Any:
    """A function of glibc, malloc_trim(3) or mallinfo(3)."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
