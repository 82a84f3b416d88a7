"""Memory that a task's arrays have left is kept for its next ones: the system clears each page that it hands out."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pyarrow as pa

# mallopt(3)
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
MAPPED_BYTES = (
    32 << 20
)  # blocks from here on come from the system and go back to it: the most that glibc itself comes to
KEPT_BYTES = 256 << 20  # free memory at the heap's end that is kept while a task runs
KEPT_AFTER = 2 * MAPPED_BYTES  # and after it: what glibc itself comes to


@cache
def _libc() -> ctypes.CDLL | None:
    """The C library where it is glibc; others do not know these options, or name others by their numbers."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "gnu_get_libc_version") else None


@contextmanager
def kept_memory() -> Iterator[None]:
    """Within, memory is given again rather than handed back, by the C library, and to Arrow by the C library too.

    Batches come and go, all of a size. Arrow's own pool hands them back to the system and pays for their pages each time (measured on
    Linux: 5 to 10 % of a log's CPU, and a tenth less memory at the peak), and so does the C library at its usual thresholds (4 to 5 %).
    """
    before, libc = pa.default_memory_pool(), _libc()
    if sys.platform == "linux":
        pa.set_memory_pool(pa.system_memory_pool())
    if libc is not None:
        libc.mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES)
        libc.mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
    try:
        yield
    finally:
        pa.set_memory_pool(before)
        if libc is not None:
            libc.mallopt(M_TRIM_THRESHOLD, KEPT_AFTER)
