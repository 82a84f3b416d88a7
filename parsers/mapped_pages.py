"""Pages of mapped evidence stay in this process's memory until there are many: to map one again costs more than what is read there."""

from __future__ import annotations

import mmap

MANY = 64 << 20  # bytes of files, mapped since pages were last let go of, that are worth the next time
_STATM = "/proc/self/statm"  # proc(5): sizes in pages, of which the third is what files hold of this process's memory

_left = 0  # pages of files that were mapped when others had been let go of: most belong to libraries


def many(bound: int) -> bool:
    """Whether pages of `bound` bytes or more are mapped since the last were let go of. Where the system does not tell, they are."""
    global _left
    now = _mapped()
    if now is None:
        return True
    _left = min(_left, now)
    return (now - _left) * mmap.PAGESIZE >= bound


def let_go() -> None:
    """Pages have been let go of."""
    global _left
    _left = _mapped() or 0


def _mapped() -> int | None:
    try:
        with open(_STATM, "rb", buffering=0) as told:
            return int(told.read(128).split()[2])
    except (OSError, ValueError, IndexError):
        return None
