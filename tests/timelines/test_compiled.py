"""Kernels: compiled code looks at each place, wherever its compiled form can lie."""

from __future__ import annotations

import subprocess
import sys

import numba
import numpy as np
import pytest

from timelines.compiled import compiled, compiled_unchecked


def _at(values: object, place: int) -> int:
    return int(values[place])  # type: ignore[index]


def test_a_place_outside_an_array_is_an_error() -> None:
    kernel = compiled(_at)
    held = np.arange(4)
    assert kernel(held, 3) == 3
    with pytest.raises(IndexError):
        kernel(held, 4)


def test_loops_by_their_own_count_give_the_same_unchecked() -> None:
    assert compiled_unchecked(_at)(np.arange(4), 2) == 2


def test_a_machine_without_a_folder_for_compiled_forms_compiles_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = numba.njit

    def without_folders(**options: object) -> object:
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return whole(**options)

    monkeypatch.setattr(numba, "njit", without_folders)
    assert compiled(_at)(np.arange(4), 1) == 1


def _twice(values: object) -> int:
    return 2 * _first(values)


@compiled
def _first(values: object) -> int:
    return int(values[0])  # type: ignore[index]


def test_kernels_of_one_file_call_each_other() -> None:
    assert compiled(_twice)(np.arange(3) + 4) == 8


def test_numba_is_loaded_when_a_kernel_is_first_called() -> None:
    code = "import sys, parsers.web.log, parsers.interned; sys.exit('numba' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def _made(count: int) -> object:
    return np.zeros(count)


def test_a_kernel_makes_no_arrays() -> None:
    with pytest.raises(numba.core.errors.NumbaError):
        compiled(_made)(3)
