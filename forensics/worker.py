"""What any worker needs before its first task. To import this module is to load it, on Linux once: workers are forked from who did so."""

from __future__ import annotations

import gc

from forensics import tasks  # noqa: F401 - what a task is made of
from forensics.frameless import frameless
from parsers.base import Loading
from parsers.registry import all_parsers
from timelines.compiled import ready as loops_ready
from timelines.meanings import sources


def ready() -> None:
    """Make this process ready for tasks."""
    frameless()
    loops_ready()
    sources()
    for parser in all_parsers():
        if isinstance(parser, Loading):
            parser.load()
    gc.collect()
    gc.freeze()  # what is loaded stays: to look through it would copy its pages into each worker


ready()
