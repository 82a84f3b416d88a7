"""Arrays of one window given again to the next: the system clears each page that it hands out, a tenth of the time of visiting records."""

from __future__ import annotations

import sys
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

MOST = 160 << 20  # bytes that are kept between windows; those of 256 MiB of real records take some 110
MORE = 32  # a part of an array more than was asked for: the next window may need a little more
UNSHARED = 2  # references to an array that nobody else holds: the name that asks, and the question

Array = npt.NDArray[Any]

_kept: dict[str, Array] = {}


def room(name: str, length: int, rest: tuple[int, ...], form: type[np.generic]) -> Array:
    """An array of `length` rows or more, of no content in particular: the one kept under this name, unless something still reads it."""
    held = _kept.pop(name, None)
    if held is not None and len(held) >= length and held.shape[1:] == rest and sys.getrefcount(held) == UNSHARED:
        return held
    return np.empty((length + length // MORE, *rest), form)


def keep(arrays: dict[str, Array]) -> None:
    """Keep arrays for the next window; what still reads them will find them as they are."""
    if sum(prod(array.shape) * array.itemsize for array in arrays.values()) <= MOST:
        _kept.update(arrays)


def forget() -> None:
    """Keep nothing."""
    _kept.clear()
