"""Compiled loops kept as machine code: linked without numba, and only where all that decides what they do is as it was."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from timelines import kept_loops, linked_loops

_ROOT = Path(__file__).parents[2]
_LOOPS = """
from collections import namedtuple
from step import STEP
from timelines.compiled import compiled

Two = namedtuple("Two", "first second")

@compiled
def at(values, place):
    return values[place] + STEP

@compiled
def both(two, place):
    two.second[place] = at(two.first, place)
    return two.second[place], place > 1
"""
_USE = """
import sys
import numpy as np
from loops import Two, at, both
assert at(np.arange(4), 3) == int(sys.argv[1]), at(np.arange(4), 3)
fixed = np.arange(4)
fixed.flags.writeable = False
assert both(Two(fixed, np.zeros(4)), 2) == (int(sys.argv[1]) - 1.0, True)
for wrong in (4, -9):
    try:
        at(np.arange(4), wrong)
    except IndexError as error:
        assert "out of bounds" in str(error)
    else:
        sys.exit("a place outside the array was read")
print("numba" in sys.modules)
"""

pytestmark = pytest.mark.skipif(not kept_loops.KEEPING, reason="loops are kept on Linux only")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "loops.py").write_text(_LOOPS)
    (tmp_path / "step.py").write_text("STEP = 1\n")
    return tmp_path


@pytest.fixture(scope="module")
def used_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose loops were compiled and kept, once for all tests that begin there."""
    folder = tmp_path_factory.mktemp("used")
    (folder / "loops.py").write_text(_LOOPS)
    (folder / "step.py").write_text("STEP = 1\n")
    assert _use(folder, 4)
    return folder


@pytest.fixture
def used(used_once: Path, tmp_path: Path) -> Path:
    """A copy of it: what is kept holds wherever the sources lie."""
    return Path(shutil.copytree(used_once, tmp_path / "used"))


def _use(folder: Path, expected: int) -> bool:
    """Calls the loops in a process of their own; whether that loaded numba."""
    path = os.pathsep.join((str(folder), str(_ROOT)))
    clean = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    command = [sys.executable, "-W", "error", "-c", _USE, str(expected)]
    done = subprocess.run(command, env={**clean, "PYTHONPATH": path}, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip() == "True"


def _kept(folder: Path) -> list[Path]:
    return sorted((folder / "__pycache__").glob("*.loop"))


def test_a_loop_that_is_kept_is_linked_without_numba_and_means_the_same(used_once: Path, used: Path) -> None:
    assert [path.name.split("-")[0] for path in _kept(used_once)] == ["loops.at", "loops.both"]
    assert not _use(used_once, 4)
    assert not _use(used, 4)


def test_another_source_is_compiled_anew_and_the_old_form_removed(used: Path) -> None:
    folder = used
    before = _kept(folder)
    (folder / "loops.py").write_text(_LOOPS.replace("+ STEP", "+ STEP + 1"))
    assert _use(folder, 5)
    assert len(_kept(folder)) == len(before)
    assert not set(before) & set(_kept(folder))


def test_a_constant_of_another_file_is_part_of_a_loop(used: Path) -> None:
    folder = used
    (folder / "step.py").write_text("STEP = 20\n")
    assert _use(folder, 23)
    assert not _use(folder, 23)


@pytest.mark.parametrize("harm", ["cut", "changed", "emptied", "another", "a name that is nowhere"])
def test_a_harmed_form_is_not_linked(used: Path, harm: str) -> None:
    folder = used
    for path in _kept(folder):
        whole = path.read_bytes()
        head, _, code = whole.partition(b"\n")
        path.write_bytes(
            {
                "cut": whole[:-9],
                "changed": head + b"\n" + code[:700] + bytes([code[700] ^ 1]) + code[701:],
                "emptied": b"",
                "another": b"[]\n" + code,
                "a name that is nowhere": head.replace(b'"memcpy"', b'"numba_nothing"') + b"\n" + code,
            }[harm]
        )
    assert _use(folder, 4)
    assert not _use(folder, 4)  # kept again


def test_a_form_that_cannot_be_read_costs_time_and_nothing_else(used: Path) -> None:
    folder = used
    for path in _kept(folder):
        path.unlink()
        path.mkdir()
    assert _use(folder, 4)


def test_threads_that_call_a_file_s_loops_first_at_once(folder: Path) -> None:
    code = """
import threading
import numpy as np
from loops import Two, at, both
told = []
calls = [lambda: at(np.arange(4), 2), lambda: both(Two(np.arange(4), np.zeros(4)), 2)[0], lambda: at(np.arange(4.0), 2)]
threads = [threading.Thread(target=lambda call=call: told.append(float(call()))) for call in calls * 2]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert told == [3.0] * 6, told
"""
    path = os.pathsep.join((str(folder), str(_ROOT)))
    clean = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    subprocess.run([sys.executable, "-c", code], env={**clean, "PYTHONPATH": path}, cwd=folder, check=True)


def test_a_loop_that_another_process_compiles_is_waited_for(used: Path, folder: Path) -> None:
    import fcntl

    (kept,) = (path for path in _kept(used) if path.name.startswith("loops.at-"))
    (folder / "__pycache__").mkdir(exist_ok=True)
    lock = folder / "__pycache__" / f"{kept.name}.lock"
    code = "import sys; import numpy as np; from loops import at; assert at(np.arange(4), 3) == 4; print('numba' in sys.modules)"
    path = os.pathsep.join((str(folder), str(_ROOT)))
    clean = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    with lock.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        command, environment = [sys.executable, "-c", code], {**clean, "PYTHONPATH": path}
        waiting = subprocess.Popen(command, env=environment, cwd=folder, stdout=subprocess.PIPE, text=True)
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(4)
        shutil.copy(kept, folder / "__pycache__")
    assert (waiting.communicate(timeout=60)[0].strip(), waiting.returncode) == ("False", 0)
    assert not lock.exists()


def test_nobody_is_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_loops, "LONGEST_WAIT", 0.1)
    entered = []
    with kept_loops.one_at_a_time(_longest, (int,)), kept_loops.one_at_a_time(_longest, (int,)):
        entered.append(True)
    assert entered


def _longest(number: int) -> int:
    return number


def test_a_loop_that_asks_for_what_is_not_known_is_left_to_numba() -> None:
    assert linked_loops.externals("declare ptr @PyArg_UnpackTuple(ptr)\n") is not None
    assert linked_loops.externals("declare ptr @numba_nothing(ptr)\n") is None
    assert linked_loops.externals("declare ptr @system(ptr)\n") is None
    assert linked_loops.externals("declare ptr @PyList_GetItem(ptr, i64)\n") is None
    assert linked_loops.externals("@PyExc_Nothing = external global i8\n") is None


def test_what_decides_is_told_apart() -> None:
    plain = np.zeros((3, 4))
    fixed = plain.copy()
    fixed.flags.writeable = False
    others = [
        plain,
        fixed,
        plain.T,
        plain[:, ::2],
        plain[0],
        plain.astype("f4"),
        1,
        True,
        1.0,
        np.int64(1),
        (plain,),
        (1,),
        1 << 63,
    ]
    assert len({kept_loops.kinds((one,)) for one in others}) == len(others)
    assert kept_loops.kinds((plain, 1)) == kept_loops.kinds((plain + 1, 2))


def test_only_exceptions_of_python_are_read() -> None:
    told = pickle.dumps((IndexError, ("index is out of bounds",), None))
    assert linked_loops._Exceptions(BytesIO(told)).load()[0] is IndexError
    for other in (os.system, print, Path):
        with pytest.raises(pickle.UnpicklingError):
            linked_loops._Exceptions(BytesIO(pickle.dumps((other, (), None)))).load()
