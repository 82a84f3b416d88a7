"""Loops over single bytes, for where whole-array operations would pass over the same bytes a dozen times: Python, compiled by numba.

A kernel takes numpy arrays and numbers, gives numbers, makes no arrays, and calls only kernels of its own file: the compiled form is kept
until that file changes. Evidence is written by attackers, so a place outside an array is an IndexError, as in Python;
`NUMBA_DISABLE_JIT=1` runs kernels as the plain Python that they are. What numba made of a kernel is kept and linked without it
(`kept_loops.py`), since numba takes a fifth of a second to load: it is loaded when a kernel is called that is not kept.
"""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from functools import update_wrapper
from types import FunctionType
from typing import Any, TypeVar, cast

from timelines import kept_loops, linked_loops, words_at
from timelines.withheld import withheld

_COMPILING = threading.RLock()
Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(function: Kernel) -> Kernel:
    """The function compiled for this machine, once for all processes: kept beside its source, else in the user's cache folder."""
    return cast("Kernel", _Waiting(function))


def closely(function: Kernel) -> Kernel:
    """The same for the few hottest loops: what is put into them is copied by numba before it tells their types, anew for each call, where
    for others LLVM puts in what was compiled once. It takes twice as long to compile, and the loop a tenth to a quarter less."""
    return cast("Kernel", _Waiting(function, close=True))


def inlined(function: Kernel) -> Kernel:
    """The same, put into each kernel of its file that calls it: to call one costs as much as a dozen steps of a loop."""
    return cast("Kernel", _Waiting(function, inlined=True))


def at_hand() -> bool:
    """Whether this process has loaded what compiled loops need: to load it for a few arrays alone costs more than it saves."""
    return "numba" in sys.modules or "llvmlite.binding" in sys.modules


def ready() -> None:
    """Load what compiled loops need where they are kept: in a process of which others are forked, so that these have it."""
    if kept_loops.usable():
        linked_loops.ready()
    else:
        load()


def load() -> None:
    """Load numba, without libraries that kernels have no use for: coverage, and YAML.

    With YAML, numba obeys a `.numba_config.yaml` of the working folder. An examiner often stands in the evidence, where such a file could
    name a folder of compiled forms, and numba would run what lies there.
    """
    if "numba" not in sys.modules:
        warnings.filterwarnings("ignore", "A Numba config file is found", UserWarning)
        with withheld("yaml", "coverage"):
            import numba  # noqa: F401
    words_at.teach()


def kept(kernel: Callable[..., Any]) -> bool:
    """Whether a compiled form of a kernel is kept on this machine; False where that is not known."""
    if kept_loops.usable() and isinstance(kernel, _Waiting) and kept_loops.any_of(kernel._function):
        return True
    made = kernel._kernel() if isinstance(kernel, _Waiting) else kernel
    file = getattr(getattr(made, "_cache", None), "_cache_file", None)
    index = getattr(file, "_load_index", dict)  # a name of numba 0.63 to 0.68
    return bool(index())


def forms(kernel: Callable[..., Any]) -> int:
    """In how many forms, one for each types of its arguments, Python has called a kernel in this process."""
    linked = len(kernel._linked) if isinstance(kernel, _Waiting) else 0
    return linked or len(getattr(getattr(kernel, "_made", kernel), "signatures", ()))


class _Waiting:
    """A kernel that is made when it is called: linked, if it is kept for such arguments, else compiled, and with it all of its file, since
    they may call each other."""

    def __init__(self, function: Callable[..., Any], inlined: bool = False, close: bool = False) -> None:
        self._function = cast("FunctionType", function)
        self._inlined, self._close = inlined, close
        self._made: Callable[..., Any] | None = None
        self._inner: dict[bool, Callable[..., Any]] = {}
        self._called = False
        self._linked: dict[kept_loops.Kinds, kept_loops.Linked] = {}
        update_wrapper(self, function)

    def __call__(self, *given: Any) -> Any:
        if not kept_loops.usable():
            self._file_made()
            return self._kernel()(*given)
        kinds = kept_loops.kinds(given)
        linked = self._linked.get(kinds)
        if linked is None:
            linked = kept_loops.found(self._function, kinds)
            if linked is None:
                return self._first(kinds, given)
            self._linked[kinds] = linked
        return linked(given)

    def _first(self, kinds: kept_loops.Kinds, given: tuple[Any, ...]) -> Any:
        """A call for which nothing is kept: numba compiles, and what it made is kept for other processes, of which one compiles while the
        others wait. One thread at a time, since the file's names mean what numba makes of them meanwhile."""
        with kept_loops.one_at_a_time(self._function, kinds):
            linked = kept_loops.found(self._function, kinds)  # another process may have kept it meanwhile
            if linked is not None:
                self._linked[kinds] = linked
                return linked(given)
            made, names = self._kernel(), self._function.__globals__
            with _COMPILING:
                waiting = {name: one for name, one in names.items() if isinstance(one, _Waiting)}
                names.update(
                    {
                        name: one._within(self._close)
                        for name, one in waiting.items()
                        if one._function.__globals__ is names
                    }
                )
                try:
                    result = made(*given)
                finally:
                    names.update(waiting)
            self._linked[kinds] = lambda given: made(*given)
            kept_loops.keep(self._function, kinds, made, given)
            return result

    def _file_made(self) -> None:
        """Put what numba makes of this file's kernels in their place, where each finds the others."""
        for name, one in list(self._function.__globals__.items()) if not self._called else ():
            if isinstance(one, _Waiting) and one._function.__globals__ is self._function.__globals__:
                self._function.__globals__[name] = one._kernel()
        self._called = True

    def _kernel(self) -> Callable[..., Any]:
        if self._made is None:
            apart = kept_loops.usable() and not kept_loops.left_to_numba(self._function)
            self._made = _made(self._function, {"cache": not apart, "inline": "always" if self._inlined else "never"})
        return self._made

    def _within(self, close: bool) -> Callable[..., Any]:
        """The kernel for other kernels alone: to make what Python calls it by would take a fifth of the time that compiling takes."""
        inner = self._inner.get(close)
        if inner is None:
            put_in = {"inline": "always"} if close else {"forceinline": True}
            options = {"cache": False, "no_cpython_wrapper": True, **(put_in if self._inlined else {})}
            inner = self._inner[close] = _made(self._function, options)
        return inner


def _made(function: Callable[..., Any], options: Mapping[str, Any]) -> Callable[..., Any]:
    load()
    import numba

    if numba.config.DISABLE_JIT:
        return _plain(function)
    # without numba's runtime a kernel can't make arrays, and need not count who holds those that it passes on: three times as fast
    options = {
        "boundscheck": True,
        "nogil": True,
        "error_model": "python",
        "_nrt": False,
        "no_cfunc_wrapper": True,
        **options,
    }
    try:
        return _loaded_lightly(numba.njit(**options)(function))
    except RuntimeError:  # numba can write to neither folder: each process compiles for itself
        made: Callable[..., Any] = numba.njit(**{**options, "cache": False})(function)
        return made


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """The kernel as Python runs it, with what compiled loops mean: numbers of a fixed width wrap in silence, and the fields of a row of a
    structured array are its attributes."""
    import numpy as np

    from timelines.plain_rows import with_fields

    def run(*given: Any) -> Any:
        with np.errstate(over="ignore"):
            return function(*map(with_fields, given))

    return run


def _loaded_lightly(made: Any) -> Callable[..., Any]:
    """The kernel, loaded without what only compiling needs: numba would first read in what each of Python's operations means to it, which
    takes longer than all kernels together. It does so all the same before it compiles."""
    held = made._cache
    if hasattr(held, "_load_overload") and hasattr(held, "_guard_against_spurious_io_errors"):

        def load_overload(signature: Any, context: Any) -> Any:
            with held._guard_against_spurious_io_errors():
                return held._load_overload(signature, context)

        held.load_overload = load_overload  # names of numba 0.63 to 0.68; others load as they do
    return cast("Callable[..., Any]", made)
