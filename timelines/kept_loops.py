"""Compiled loops kept on disk as machine code, by all that decides what they do: their source, the constants it names, the types that they
are called with, the processor, and who compiled them.

numba keeps compiled forms too, but has to be loaded itself before it can load one, which takes longer than many logs do to read. Machine
code takes llvmlite alone (`linked_loops.py`). Of what cannot be kept so nothing is lost: numba, and what it keeps, is there as ever.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import FunctionType
from typing import Any
from uuid import uuid4

import numpy as np

from timelines import linked_loops, words_at

if sys.platform != "win32":
    import fcntl

_LOOP = ".loop"
FORM = 1  # of the files here; another is another file
KEEPING = sys.platform == "linux"  # where this has been seen to work; elsewhere numba keeps its own forms
LONGEST_WAIT = 120.0  # seconds for a loop that another process compiles: several times what the largest takes
C_CONTIGUOUS, F_CONTIGUOUS, ALIGNED, WRITEABLE = 1, 2, 0x100, 0x400  # as numpy's C interface numbers its flags
_DECIDING = C_CONTIGUOUS | F_CONTIGUOUS | ALIGNED | WRITEABLE
_CONSTANTS = (bool, int, float, complex, str, bytes, type(None))

Kinds = tuple[Any, ...]  # of the arguments of a call
Linked = Callable[[tuple[Any, ...]], Any]  # a loop, called with a tuple of its arguments


@cache
def usable() -> bool:
    """Whether loops are kept and found here. Whoever sets one of numba's own variables (`NUMBA_DISABLE_JIT` …) means numba, and gets it."""
    return KEEPING and not any(name.startswith("NUMBA_") for name in os.environ)


def kinds(given: tuple[Any, ...]) -> Kinds:
    """What of the arguments of a call decides which machine code is for them."""
    return tuple([_kind(one) for one in given])


def _kind(one: Any) -> Any:
    kind = type(one)
    if kind is np.ndarray:
        flags = one.flags.num & _DECIDING
        return one.dtype, one.ndim, flags & ~F_CONTIGUOUS if flags & C_CONTIGUOUS else flags
    if kind is int:
        return kind if -1 << 63 <= one < 1 << 63 else "an int without a sign"
    return (kind, *map(_kind, one)) if issubclass(kind, tuple) else kind


def found(function: FunctionType, kinds: Kinds) -> Linked | None:
    """The loop kept of a function for arguments of these kinds; None where there is none that can be used."""
    for folder in _folders(function):
        with contextlib.suppress(OSError):  # not kept, or not for us to read: compiling costs time, nothing else
            head, _, code = (folder / _name(function, kinds)).read_bytes().partition(b"\n")
            said = _said(head)
            if said is not None and said["sha256"] == hashlib.sha256(code).hexdigest():
                return linked_loops.linked(code, said["entry"], said["environment"], said["externals"])
    return None


def _said(head: bytes) -> Any:
    """The first line of a kept file; None of one that was cut short or is something else."""
    try:
        said = json.loads(head)
    except ValueError:
        return None
    return said if isinstance(said, dict) and {"sha256", "entry", "environment", "externals"} <= said.keys() else None


def any_of(function: FunctionType) -> bool:
    """Whether a loop of this function, as its source is now, is kept for some types."""
    begin = _begin(function)
    for folder in _folders(function):
        with contextlib.suppress(OSError):  # as above
            if any(name.startswith(begin) and name.endswith(_LOOP) for name in os.listdir(folder)):
                return True
    return False


@contextlib.contextmanager
def one_at_a_time(function: FunctionType, kinds: Kinds) -> Iterator[None]:
    """Held by the one process of several that compiles a loop, while the others wait for what it will keep; not for ever, and not at all
    where no such lock can be had: then each compiles for itself."""
    place, file = _folders(function)[-1] / f"{_name(function, kinds)}.lock", None
    with contextlib.suppress(OSError):  # as above
        place.parent.mkdir(parents=True, exist_ok=True)
        file = place.open("wb")
        _lock(file.fileno())
    try:
        yield
    finally:
        if file is not None:
            # as above; closing alone would leave it to processes that were forked meanwhile
            with contextlib.suppress(OSError):
                place.unlink(missing_ok=True)  # whoever waits for it gets it all the same
                fcntl.flock(file.fileno(), fcntl.LOCK_UN)
            file.close()


def _lock(file: int) -> None:
    until = time.monotonic() + LONGEST_WAIT
    while time.monotonic() < until:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            time.sleep(0.05)


def keep(function: FunctionType, kinds: Kinds, loop: Any, given: tuple[Any, ...]) -> None:
    """Keep what numba has just compiled (`loop`, its dispatcher) for a call with these arguments, or that it can only be kept by numba.

    A folder that cannot be written costs time, nothing else.
    """
    signature = tuple(map(loop.typeof_pyval, given))
    made = loop.overloads.get(signature)
    text = loop.inspect_llvm(signature) if made and not function.__closure__ else ""
    externals = linked_loops.externals(text) if text else None
    described = getattr(made, "fndesc", None)
    entry, environment = (getattr(described, name, None) for name in ("llvm_cpython_wrapper_name", "env_name"))
    if externals is None or entry is None or environment is None:  # names of numba 0.63 to 0.68; others may have others
        _write(function, _lone(function), b"")
        return
    code = linked_loops.machine_code(text)
    said = {"sha256": hashlib.sha256(code).hexdigest(), "entry": entry, "environment": environment}
    head: Mapping[str, Any] = {**said, "externals": externals}
    _write(function, _name(function, kinds), json.dumps(head).encode() + b"\n" + code)


def left_to_numba(function: FunctionType) -> bool:
    """Whether a loop was found to be one that only numba can keep."""
    return any(os.path.exists(folder / _lone(function)) for folder in _folders(function))


def _write(function: FunctionType, name: str, content: bytes) -> None:
    """Into the first folder that can be written; forms of a source that is no more are removed there."""
    for folder in _folders(function):
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            passing = folder / f"{name}.{uuid4().hex}"
            passing.write_bytes(content)
            passing.replace(folder / name)
            for old in folder.glob(f"{_stem(function)}.*{_LOOP}"):
                if not old.name.startswith(_begin(function)):
                    old.unlink(missing_ok=True)
            return


def _folders(function: FunctionType) -> list[Path]:
    """Where loops of a function may lie: beside its source; where that cannot be written, in the user's cache folder."""
    beside = Path(function.__code__.co_filename).parent / "__pycache__"
    if os.access(beside if beside.exists() else beside.parent, os.W_OK):
        return [beside]
    from platformdirs import user_cache_path

    return [beside, user_cache_path("athar", appauthor=False) / "loops"]


def _name(function: FunctionType, kinds: Kinds) -> str:
    told = hashlib.sha256(repr((_compiler(), _spelled(kinds))).encode()).hexdigest()
    return f"{_begin(function)}-{told[:24]}{_LOOP}"


def _lone(function: FunctionType) -> str:
    return _name(function, ()) + ".numba"


def _begin(function: FunctionType) -> str:
    return f"{_stem(function)}.{_source(function.__code__.co_filename)[:12]}{_constants(function)[:12]}"


def _stem(function: FunctionType) -> str:
    return f"{Path(function.__code__.co_filename).stem}.{function.__name__}-{function.__code__.co_firstlineno}"


def _spelled(kind: Any) -> Any:
    """Kinds as text that is the same in each process."""
    if isinstance(kind, tuple):
        return tuple(map(_spelled, kind))
    if isinstance(kind, type):
        return f"{kind.__module__}.{kind.__qualname__}{getattr(kind, '_fields', '')}"
    return str(kind.descr) + str(kind.itemsize) if isinstance(kind, np.dtype) else repr(kind)


@cache
def _source(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return f"{0:064}"  # no source, as in a session that is typed in: nothing is kept, since there is no folder


def _constants(function: FunctionType) -> str:
    """Of the constants that a file's loops may have built in: they may come from another file."""
    held = function.__globals__
    told = sorted((name, _told(one)) for name, one in held.items() if not name.startswith("__"))
    return hashlib.sha256(repr([(name, text) for name, text in told if text]).encode()).hexdigest()


def _told(one: Any) -> str:
    if isinstance(one, np.ndarray):
        return f"{one.dtype.str}{one.shape}{hashlib.sha256(one.tobytes()).hexdigest()}"
    if isinstance(one, tuple):
        return "".join(map(_told, one))
    return f"{type(one).__name__} {one!r}" if isinstance(one, _CONSTANTS) else ""


@cache
def _compiler() -> tuple[Any, ...]:
    import llvmlite

    versions = sys.version, llvmlite.__version__, _version_of_numba(), np.__version__
    return FORM, *versions, _source(words_at.__file__), linked_loops.processor()


def _version_of_numba() -> str:
    """numba's version, without loading it; its own file is read in a hundredth of the time that lists of what is installed take."""
    package = find_spec("numba")
    said = Path(package.origin or "").with_name("_version.py") if package else Path()
    return hashlib.sha256(said.read_bytes()).hexdigest() if said.is_file() else version("numba")
