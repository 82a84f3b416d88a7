"""What several benchmarks share: evidence through the whole pipeline to parts that the manifest lists, and what a process has used."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import fields
from pathlib import Path
from typing import Any


def _entries(files: list[Path], parser: str) -> list[Any]:
    from timelines.inventory import FileEntry

    said = [
        {"exhibit": "E001", "file": p.name, "size": p.stat().st_size, "sha256": f"{at:064x}"}
        for at, p in enumerate(files)
    ]
    empty: dict[str, Any] = dict.fromkeys((field.name for field in fields(FileEntry)), "")
    fixed = {**empty, "status": "evidence", "parser": parser}
    return [FileEntry(**{**fixed, **one}) for one in said]


def to_timeline(files: list[Path], root: Path, parser: str, workers: int = 1) -> int:
    """Rows of all files in a timeline folder, its parts listed in the manifest."""
    from forensics import tasks
    from forensics.executors import executor, prepare
    from forensics.planning import Given, plan
    from timelines.store import Store

    source = files[0] if len(files) == 1 else files[0].parent
    rows = 0
    store = Store(root)
    prepare(workers)
    todo = list(plan(source, _entries(files, parser), Given(), "benchmark"))
    with executor(workers, None) as pool:
        for done in [pool.submit(tasks.run, task, root) for task in todo]:
            result = done.result()
            store.commit({result.id: list(result.parts)})
            rows += result.rows
    return rows


def to_parquet(files: list[Path], parser: str, workers: int = 1) -> int:
    """The same, into a folder that is thrown away."""
    with tempfile.TemporaryDirectory() as name:
        return to_timeline(files, Path(name), parser, workers)


def load(parser: str, workers: int = 1) -> None:
    """Load what a run needs before a clock starts: here, and in the process that workers are forked from (`athar run`: while files are
    hashed)."""
    import numpy.ma  # noqa: F401 - pyarrow asks for it at its first array

    import forensics.tasks  # noqa: F401
    import timelines.meanings
    from forensics.executors import executor
    from forensics.frameless import frameless
    from parsers.registry import by_name
    from timelines.compiled import ready

    frameless()
    ready()  # what links compiled loops, as workers have it; the loops are linked while the clock runs
    timelines.meanings.sources()
    by_name(parser)
    if workers > 1:
        with executor(workers, None) as pool:  # these workers end here; those of the run are new ones
            pool.submit(os.getpid).result()


def used() -> tuple[float, float]:
    """CPU seconds and the largest resident size (10^6 bytes) of this process and its workers; no size on Windows, which does not tell.

    The process that workers were forked from is ended: what it and they have used, since they began to load, is counted then.
    """
    try:
        import resource
    except ImportError:
        return time.process_time(), 0.0
    _stop_forks()
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    peak = max(one.ru_maxrss for one in both)
    return sum(
        one.ru_utime + one.ru_stime for one in both
    ), peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def _stop_forks() -> None:
    if sys.platform == "linux":
        from multiprocessing import forkserver

        server: Any = forkserver
        server._forkserver._stop()
