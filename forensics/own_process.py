"""A process that is ours alone, as a command's is, begins and ends lightly: a quarter of the CPU of one that reads a small log."""

from __future__ import annotations

import atexit
import gc
import os

LOADING = 200_000  # objects between two looks of Python's collector for cycles: to load a reader makes 110,000, all of which stay
THREADS = "OPENBLAS_NUM_THREADS"  # numpy's library for matrices starts a thread a processor, which spin for work; we have none


def begin() -> None:
    """To be called before numpy is loaded. Who has set the number of threads keeps it.

    At its end Python looks through all objects for cycles, more than once, though the system takes the memory as it is: it is told to let
    them alone. What has to be written or removed is so when it is done with, or by what else is registered to happen at exit.
    """
    gc.set_threshold(LOADING, *gc.get_threshold()[1:])
    os.environ.setdefault(THREADS, "1")
    atexit.register(gc.freeze)
