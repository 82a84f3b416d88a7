"""Where the pipeline's tasks run: in this process, in worker processes, or on a Dask cluster. The tasks are the same."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
from collections.abc import Callable
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import BaseContext
from typing import Any

from forensics.apart import Workers, apart

FORKED = sys.platform == "linux"
LOADED = "forensics.worker"  # what a worker has loaded before its first task


class InProcess(Executor):
    """Runs each task at once, in this process: no start-up cost, plain tracebacks while developing."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def default_workers() -> int:
    """One worker for each processor that this process may use, eight at the most."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(8, usable))


def executor(workers: int | None = None, scheduler: str | None = None) -> Executor:
    """An executor for `workers` processes (None: one a processor), or for the Dask cluster at `scheduler`.

    Raises ValueError when the cluster extra is missing or the scheduler does not answer.
    """
    if scheduler is not None:
        return _cluster(scheduler)
    count = default_workers() if workers is None else workers
    if count < 1:
        raise ValueError(f"--workers {count}: expected 1 or more")
    if count == 1:
        return InProcess()
    return Workers(count, mp_context=_context(), initializer=importlib.import_module, initargs=(LOADED,))


def prepare(workers: int | None = None, scheduler: str | None = None) -> None:
    """Let worker processes begin to load what they need, where an `executor` will be asked for soon. Returns at once."""
    if scheduler is None and (default_workers() if workers is None else workers) > 1:
        _context()


def _context() -> BaseContext:
    """How worker processes come to be: none is a copy of this process, which may have threads.

    On Linux they are forked from one that has loaded what they need and does nothing else: they are ready in some hundredths of a second,
    and share its memory. Elsewhere the system's own libraries may not be forked, and each loads all for itself.
    """
    if FORKED:
        from multiprocessing import forkserver

        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([LOADED])
        try:
            with apart():
                forkserver.ensure_running()
        except OSError:  # its socket lies in the scratch folder, whose path may be too long for one
            return multiprocessing.get_context("spawn")
        return context
    return multiprocessing.get_context("spawn")


def deaths() -> tuple[type[BaseException], ...]:
    """What a future raises when the worker that ran its task died."""
    distributed = sys.modules.get("distributed")  # only there when a cluster is in use
    return (BrokenProcessPool,) if distributed is None else (BrokenProcessPool, distributed.KilledWorker)


class OnCluster(Executor):
    """A Dask cluster's executor that hangs up when it is done with."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._executor = client.get_executor(pure=False)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = self._executor.submit(fn, *args, **kwargs)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._executor.shutdown(wait=wait)
        self._client.close()


def _cluster(scheduler: str) -> Executor:
    try:
        from distributed import Client
    except ImportError as error:
        raise ValueError("--scheduler needs the cluster extra: pip install 'athar-forensics[cluster]'") from error
    try:
        return OnCluster(Client(scheduler, timeout=10))
    except (OSError, TimeoutError, ValueError) as error:
        raise ValueError(
            f"--scheduler {scheduler}: no Dask scheduler answers there; expected an address like tcp://192.0.2.7:8786"
        ) from error
