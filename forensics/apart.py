"""Worker processes apart from where they are started: neither the folder that we stand in nor the script that asked is theirs to run.

Python's own start of a process first looks for modules in the working folder, and imports the script again. The folder may be evidence, in
which somebody has left a `json.py`; the script may call `forensics.run` outside `if __name__ == "__main__"`, and would call it again.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from forensics.own_process import THREADS

ROOT = str(Path(__file__).parents[1])  # where the packages lie: a checkout need not be installed


class Workers(ProcessPoolExecutor):
    """Processes that are started apart, each when a task is first there for it; what keeps account of their locks, at once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        with apart():
            super().__init__(*args, **kwargs)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        with apart():
            return super().submit(fn, *args, **kwargs)


@contextmanager
def apart() -> Iterator[None]:
    """Interpreters that this process starts meanwhile have neither its working folder among their modules' places nor its script."""
    held = {name: os.environ.get(name) for name in _places()}
    script = sys.modules["__main__"]
    os.environ.update(_places())
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script
        for name, value in held.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _places() -> dict[str, str]:
    """The environment of such interpreters. They have no threads of numpy's: each would have one a processor, and is to be forked from."""
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    places = [os.path.abspath(place) for place in given if place]
    if ROOT not in (*places, sysconfig.get_path("purelib"), sysconfig.get_path("platlib")):
        places.append(ROOT)
    return {"PYTHONSAFEPATH": "1", "PYTHONPATH": os.pathsep.join(places), THREADS: os.environ.get(THREADS, "1")}
