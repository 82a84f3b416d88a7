"""How a long run tells what it is doing: a small Protocol, a silent teller, and one for terminals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID


class Progress(Protocol):
    """Told of stages with a total (bytes, tasks, rules) and of the steps in them."""

    def stage(self, label: str, total: int | None, unit: str = "") -> None: ...
    def advance(self, amount: int) -> None: ...


class Silent:
    """Says nothing: for scripts, notebooks and pipes."""

    def stage(self, label: str, total: int | None, unit: str = "") -> None:
        """A stage begins."""

    def advance(self, amount: int) -> None:
        """Some of the stage is done."""


@contextmanager
def on_terminal(quiet: bool = False) -> Iterator[Progress]:
    """Bars on standard error while it is a terminal, else silence."""
    from rich.console import Console

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield Silent()
        return
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=console) as bars:
        teller = _Bars(bars)
        yield teller
        teller.finish()


class _Bars:
    """One bar a stage; a stage ends where the next begins."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def stage(self, label: str, total: int | None, unit: str = "") -> None:
        self.finish()
        self._task = self._bars.add_task(label, total=total)

    def advance(self, amount: int) -> None:
        if self._task is not None:
            self._bars.advance(self._task, amount)

    def finish(self) -> None:
        if self._task is None:
            return
        task = next(t for t in self._bars.tasks if t.id == self._task)
        total = task.total or task.completed or 1
        self._bars.update(self._task, total=total, completed=total)
        self._task = None
