"""Python's collector of cycles, which has little to find where columns are few and large, and make no cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# Objects between two looks for cycles. Python's own 700 cost 4 % of a large log; 20,000 still cost 3 % of a large capture, whose rows wait
# to become columns: more of them than that were alive at each look. Peak memory is the same.
COLLECTION_AFTER = 200_000


@contextmanager
def rare_collections() -> Iterator[None]:
    """Within, the collector looks seldom, and not at what was there before, which is mostly modules. Who froze that himself keeps it so."""
    before, ours = gc.get_threshold(), gc.get_freeze_count() == 0
    gc.set_threshold(COLLECTION_AFTER, *before[1:])
    if ours:
        gc.freeze()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        if ours:
            gc.unfreeze()
