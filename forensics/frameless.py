"""pyarrow without pandas, in a process of ours that makes no frames of its own: a quarter of what it takes such a process to start."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points


def frameless() -> None:
    """Let pyarrow find out now that there is no pandas.

    It loads pandas when it makes its first array, to know frames and series when it sees them. None of our readers makes any, and who asks
    pyarrow for a frame gets one all the same; only an array made of a series before that would lose the sense of its missing values. So
    this is for workers and for the command, not for the API, whose caller may have series; and where readers of other distributions are
    installed, which may have some too, pandas is loaded as ever.
    """
    if "pandas" in sys.modules or entry_points(group="athar.parsers"):
        return
    import pyarrow as pa

    from timelines.withheld import withheld

    with withheld("pandas"):
        pa.array([0])
