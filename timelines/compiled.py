"""Loops over single bytes, for where whole-array operations would pass over the same bytes a dozen times: Python, compiled by numba.

A kernel takes and gives numpy arrays and numbers, and calls only kernels of its own file: the compiled form is kept until that file
changes. Evidence is written by attackers, so a place outside an array is an IndexError, as in Python; `NUMBA_DISABLE_JIT=1` runs kernels
as the plain Python that they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(function: Kernel) -> Kernel:
    """The function compiled for this machine, once for all processes: kept beside its source, else in the user's cache folder."""
    return _made(function, checked=True)


def compiled_unchecked(function: Kernel) -> Kernel:
    """The same without a look at each place: only for a kernel whose every place is a loop's own count within its array's length."""
    return _made(function, checked=False)


def _made(function: Kernel, checked: bool) -> Kernel:
    options = {"nogil": True, "boundscheck": checked, "error_model": "python"}
    try:
        made: Kernel = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # neither folder can be written: each process compiles for itself
        made = numba.njit(**options)(function)
    return made
