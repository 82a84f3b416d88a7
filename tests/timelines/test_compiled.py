"""Kernels: compiled code looks at each place, wherever its compiled form can lie."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from timelines.compiled import closely, compiled, inlined

_ROOT = Path(__file__).parents[2]


def _at(values: object, place: int) -> int:
    return int(values[place])  # type: ignore[index]


def test_a_place_outside_an_array_is_an_error() -> None:
    kernel = compiled(_at)
    held = np.arange(4)
    assert kernel(held, 3) == 3
    with pytest.raises(IndexError):
        kernel(held, 4)


def test_a_machine_without_a_folder_for_compiled_forms_compiles_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = numba.njit

    def without_folders(
        *functions: object, **options: object
    ) -> object:  # numba's own modules use it too, those loaded late
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return whole(*functions, **options)

    monkeypatch.setattr(numba, "njit", without_folders)
    assert compiled(_at)(np.arange(4), 1) == 1


def _twice(values: object) -> int:
    return 2 * _first(values)


@compiled
def _first(values: object) -> int:
    return int(values[0])  # type: ignore[index]


def test_kernels_of_one_file_call_each_other() -> None:
    assert compiled(_twice)(np.arange(3) + 4) == 8


@inlined
def _next(values: object, place: int) -> int:
    return int(values[place + 1])  # type: ignore[index]


def _next_but_one(values: object, place: int) -> int:
    return _next(values, place) - _next(values, place - 1) + _next(values, place + 1)


def test_what_is_put_into_a_kernel_looks_at_each_place_however_it_is_put_in() -> None:
    held = np.arange(5) * 10
    for kernel in (compiled(_next_but_one), closely(_next_but_one), compiled(_next_but_one)):
        assert kernel(held, 2) == 50
        with pytest.raises(IndexError):
            kernel(held, 3)


def test_kernels_run_as_plain_python() -> None:
    code = """
import numpy as np
from parsers.interned import Texts
from parsers.web.odd_bytes import odd_bytes
data = np.frombuffer(b"GET /some/longer/path GET \\x80", np.uint8)
starts, ends = np.array([0, 4, 22]), np.array([3, 21, 25])
assert Texts().places(data, starts, ends).tolist() == [0, 1, 0]
assert odd_bytes(data, starts, ends)[1].tolist() == [False, False, False]
"""
    without = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, env=without)


def test_a_row_of_a_structured_array_has_its_fields_in_plain_python_too() -> None:
    code = """
import numpy as np
from timelines.compiled import closely, compiled, inlined
def numbered(held, first):
    for at in range(len(held[0])):
        one = held[0][at]
        one.flags, one.halves[1] = first + at, one.flags
rows = np.array([(7, (1, 1)), (8, (1, 1))], [("flags", "<i8"), ("halves", "<i8", (2,))])  # numpy has flags of its own
compiled(numbered)((rows,), 40)
assert rows["flags"].tolist() == [40, 41]
assert rows["halves"].tolist() == [[1, 7], [1, 8]]
"""
    without = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, env=without)


def test_numba_is_loaded_when_a_kernel_is_first_called() -> None:
    code = "import sys, parsers.web.log, parsers.interned; sys.exit('numba' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_numba_obeys_no_file_of_the_working_folder(tmp_path: Path) -> None:
    """An examiner stands in the evidence; `cache_dir` would have numba load, which is to run, compiled forms that lie there."""
    (tmp_path / ".numba_config.yaml").write_text("cache_dir: kept\ndisable_jit: 1\n")
    code = """
import sys, yaml
from timelines.compiled import compiled, load
load()
import numba
assert not numba.config.CACHE_DIR and not numba.config.DISABLE_JIT
numba.config.reload_config()
assert not numba.config.CACHE_DIR and not numba.config.DISABLE_JIT
assert sys.modules["yaml"] is yaml
"""
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root}
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path, check=True, env=environment)


def _made(count: int) -> object:
    return np.zeros(count)


def test_a_kernel_makes_no_arrays() -> None:
    with pytest.raises(numba.core.errors.NumbaError):
        compiled(_made)(3)


def test_a_kernel_loaded_from_its_compiled_form_still_looks_and_can_be_compiled_anew(tmp_path: Path) -> None:
    (tmp_path / "kept.py").write_text(
        "from timelines.compiled import compiled\n\n\n@compiled\ndef at(values, place):\n    return values[place] + _one(place)\n\n\n"
        "@compiled\ndef _one(place):\n    return place - place + 1\n"
    )
    code = """
import sys
import numpy as np
from kept import at
from numba.core.registry import cpu_target
assert at(np.arange(4), 3) == 4
filled = len(cpu_target.target_context._defns)
try:
    at(np.arange(4), 4)
except IndexError:
    pass
else:
    sys.exit("a place outside the array was read")
assert at(np.arange(4, dtype=sys.argv[1]), 3) == 4.0  # another type: this one is compiled
print(filled, len(cpu_target.target_context._defns))
"""
    told = []
    for other in ("f8", "f4"):
        done = subprocess.run(
            [sys.executable, "-c", code, other],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        told.append(list(map(int, done.stdout.split())))
    assert told[1][0] < told[0][0]  # loading read in none of what compiling needs
    assert told[1][1] >= told[0][0]


def test_a_kernel_of_which_it_was_asked_whether_it_is_kept_still_calls_others(tmp_path: Path) -> None:
    (tmp_path / "asked.py").write_text(
        "from timelines.compiled import compiled\n\n\n@compiled\ndef first(place):\n    return _then(place) + 1\n\n\n"
        "@compiled\ndef _then(place):\n    return 2 * place\n"
    )
    code = (
        "import asked; from timelines.compiled import kept; print(kept(asked.first), asked.first(3), kept(asked.first))"
    )
    path = os.pathsep.join((str(tmp_path), str(_ROOT)))
    told = [
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True
        )
        for _ in range(2)
    ]
    assert [done.stdout.split() for done in told] == [["False", "7", "True"], ["True", "7", "True"]], told
