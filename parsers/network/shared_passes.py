"""Passes over stretches of a capture, shared by the worker processes that read it: each is passed by one of them, and the others
take what it found.

What was found lies in a folder of the run. Who passes a stretch holds a lock on a file there, which the system takes back should that
worker die; then another passes it. Without a folder, or where files have no such locks (Windows), each process passes all stretches itself.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from parsers.network.passed import Passed, in_files

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

Pass = Callable[[int, Passed], None]  # goes over the stretch of a number
LOCKS = fcntl is not None


def shares(folder: Path | None) -> bool:
    """Whether processes can take what others found from this folder."""
    return folder is not None and LOCKS and folder.is_dir()


def made(folder: Path | None, names: Sequence[str], go_over: Pass) -> list[Passed]:
    """What passes over all stretches found; `names` tell stretches apart in the folder."""
    if folder is None or not shares(folder):
        return [_alone(number, go_over) for number in range(len(names))]
    found: dict[int, Passed] = {}
    for waits in (False, True):  # first those that nobody has begun
        for number, name in enumerate(names):
            if number not in found:
                with _claimed(folder / f"{name}.lock", waits) as mine:
                    if mine:
                        found[number] = _either(folder, name, number, go_over)
    return [found[number] for number in range(len(names))]


def _alone(number: int, go_over: Pass) -> Passed:
    found = Passed()
    go_over(number, found)
    return found


def _either(folder: Path, name: str, number: int, go_over: Pass) -> Passed:
    """What another process found, or else what this one does. Whoever calls this has claimed the stretch."""
    done = folder / f"{name}.found"
    if not done.exists():
        found = in_files(folder, name)
        go_over(number, found)
        begun = folder / f"{name}.begun"
        begun.write_bytes(pickle.dumps(found))
        os.replace(begun, done)
        return found
    other = pickle.loads(done.read_bytes())  # written by a process of this run, in a folder of its own
    assert isinstance(other, Passed)
    return other


@contextmanager
def _claimed(path: Path, waits: bool) -> Iterator[bool]:
    """Whether this process alone holds the lock. Where it `waits` it does, once it goes on."""
    with path.open("ab") as handle:
        held = False
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
            held = True
        yield held
