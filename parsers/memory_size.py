"""How much memory this process's machine has: beyond it evidence that is read again comes from the disk again."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

UNKNOWN = 8 << 30  # where the system does not tell
# What a container may use (cgroups(7)): versions 2 and 1, as they are seen from inside
_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


@cache
def memory_size() -> int:
    """Bytes of memory, of which a container may have less than the machine."""
    try:
        whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has none of it
        whole = UNKNOWN
    return min([whole, *(limit for name in _LIMITS if (limit := _limit(Path(name))) is not None)])


def _limit(path: Path) -> int | None:
    """The number in a file; None where there is no such file, or a word in it."""
    try:
        return int(path.read_text("ascii"))
    except (OSError, ValueError):
        return None
