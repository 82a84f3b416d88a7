"""Tasks run on an executor: few at a time under way, and one whose worker died tried once more, alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from forensics import tasks
from forensics.executors import deaths, default_workers
from forensics.executors import executor as make_executor
from forensics.planning import Task
from forensics.shared_folders import shared_folders
from forensics.tasks import Done
from timelines.problems import LedgerRow, Problem
from timelines.store import Store

AHEAD = 4  # tasks submitted per worker beyond the one it runs: enough to keep it busy, few enough to keep memory flat


def finished(pool: Executor, todo: Sequence[Task], root: Path, workers: int | None) -> Iterator[Done]:
    """Run tasks with a bounded number under way. When a worker dies its task is tried once more, alone, then reported."""
    waiting = list(reversed(todo))
    under_way: dict[Future[Done], Task] = {}
    limit = (workers or default_workers()) * AHEAD
    lost: list[Task] = []
    with shared_folders(todo if limit > AHEAD else ()) as folders:
        while waiting or under_way:
            try:
                while waiting and len(under_way) < limit:
                    task = waiting[-1]
                    under_way[pool.submit(tasks.run, folders.given(task), root)] = task
                    waiting.pop()
            except BrokenProcessPool:
                lost += waiting
                waiting = []
            ended, _ = wait(under_way, return_when=FIRST_COMPLETED) if under_way else (set(), None)
            for future in ended:
                task = under_way.pop(future)
                folders.ended(task)
                try:
                    yield future.result()
                except deaths():
                    lost.append(task)
    for task in sorted(lost, key=lambda t: t.id):
        yield _alone(task, root)


def _alone(task: Task, root: Path) -> Done:
    with make_executor(2) as pool:
        try:
            result: Done = pool.submit(tasks.run, task, root).result()
            return result
        except BrokenProcessPool:
            reason = "the worker process that read this died twice; the file is not read. Memory may be short: try --workers 1"
            problems = [Problem(e.exhibit, e.file, 0, e.size, reason) for e in task.entries]
            ledger = [LedgerRow(e.exhibit, e.file, e.size, 0, 0, 0, e.size) for e in task.entries]
            parts = Store(root).writer(task.id).close(problems, ledger)
            return Done(task.id, tuple(parts), 0, len(problems), task.size, len(task.entries))
