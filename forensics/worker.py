"""What any worker needs before its first task. To import this module is to load it, on Linux once: workers are forked from who did so."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.metadata import entry_points

import numba  # noqa: F401 - it is loaded when a compiled loop is first called
import pyarrow as pa

from parsers.base import Loading
from parsers.registry import all_parsers
from timelines.meanings import sources


class _Absent(MetaPathFinder):
    """Says of pandas that it is not installed."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("a worker makes no frames", name=fullname)


@contextmanager
def _absent() -> Iterator[None]:
    finder = _Absent()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def ready() -> None:
    """Make this process ready for tasks.

    pyarrow loads pandas when it makes its first array, to know frames and series when it sees them: a third of what it takes a worker to
    start. None of our readers makes any, and who asks pyarrow for a frame gets one all the same. Readers of other distributions may give it
    a series: where there are such, pandas is loaded.
    """
    if "pandas" not in sys.modules and not entry_points(group="athar.parsers"):
        with _absent():
            pa.array([0])
    sources()
    for parser in all_parsers():
        if isinstance(parser, Loading):
            parser.load()
    gc.collect()
    gc.freeze()  # what is loaded stays: to look through it would copy its pages into each worker


ready()
