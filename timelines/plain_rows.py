"""Structured arrays as kernels see them, for where a kernel runs as the plain Python that it is: a row's fields are its attributes."""

from __future__ import annotations

from typing import Any

import numpy as np


def with_fields(given: Any) -> Any:
    """What a kernel is given, its structured arrays (in tuples too) as ones whose rows have attributes. Nothing is copied."""
    if isinstance(given, tuple):
        items = map(with_fields, given)
        return given._make(items) if hasattr(given, "_make") else tuple(items)  # a named tuple keeps its names
    return given.view(_Rows) if isinstance(given, np.ndarray) and given.dtype.names else given


class _Rows(np.ndarray[Any, Any]):
    """numpy's own arrays of records will not do: a field of theirs that is named as an attribute of numpy, such as `flags`, is hidden."""

    def __getitem__(self, at: Any) -> Any:
        got = super().__getitem__(at)
        return _Row(got) if isinstance(got, np.void) else got


class _Row:
    __slots__ = ("_held",)

    def __init__(self, held: np.void) -> None:
        object.__setattr__(self, "_held", held)

    def __getattr__(self, name: str) -> Any:
        return self._held[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self._held[name] = value
