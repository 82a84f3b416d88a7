"""A command's process has no threads that only spin, and is not looked through when it ends; workers have none either."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from forensics.executors import executor
from forensics.own_process import THREADS

CODE = """
import atexit, gc, os, sys
atexit.register(lambda: print(gc.get_freeze_count() > 10_000))  # registered first, so called last
sys.argv = ["athar", "--version"]
from forensics.cli import main
try:
    main()
finally:
    import numpy
    print(os.environ["OPENBLAS_NUM_THREADS"], len(os.listdir("/proc/self/task")) if sys.platform == "linux" else 1)
"""


def _lines(**given: str) -> list[str]:
    places = {name: value for name, value in os.environ.items() if name != THREADS}
    environment = {**places, "PYTHONPATH": str(Path(__file__).parents[2]), **given}
    done = subprocess.run([sys.executable, "-c", CODE], env=environment, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()[1:]


def test_a_command_has_one_thread_and_is_not_looked_through_at_its_end() -> None:
    assert _lines() == ["1 1", "True"]


def test_who_sets_the_number_of_threads_keeps_it() -> None:
    assert _lines(OPENBLAS_NUM_THREADS="2")[0].split()[0] == "2"


def _threads() -> str | None:
    return os.environ.get(THREADS)


def test_so_have_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(THREADS, raising=False)
    with executor(2) as pool:
        assert pool.submit(_threads).result() == "1"
    assert THREADS not in os.environ
