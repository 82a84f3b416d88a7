"""Machine code of compiled loops linked into this process by llvmlite, without numba.

What numba makes of a loop has an entry that Python calls like any built-in function; it takes arrays apart by helpers that numba has in a
library of its own, and says what went wrong by Python's exceptions. Each name that it asks for is looked up here: a loop that asks for
another is not linked.
"""

from __future__ import annotations

import builtins
import ctypes
import io
import pickle
import re
import sys
from collections.abc import Callable, Sequence
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import Any

HELPER = "numba_"  # what numba's own helpers begin with
FROM_C = ("memcpy", "memmove", "memset", "memcmp")  # what LLVM may call for copies of its own
ENVIRONMENT = 512  # bytes of zeroes in place of the objects that a loop may look for; ours look for none

_DECLARED = re.compile(r'^declare [^@]*@"?([^"(]+)"?\(', re.MULTILINE)
_OUTSIDE = re.compile(r'^@"?([^" ]+)"? = external ', re.MULTILINE)
_ENTRY = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)

REFUSED = "PyList_GetItem"  # what a loop would look for things in its environment with

_PICKLED = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


def ready() -> None:
    """Load what linking needs."""
    _engine()
    _helpers()


def externals(text: str) -> list[str] | None:
    """The names that a loop, as LLVM's text, asks for; None if there is one that `linked` would not find.

    Copies that LLVM writes as operations of its own may become calls of C's functions, so those are among them.
    """
    names = [name for name in _DECLARED.findall(text) + _OUTSIDE.findall(text) if not name.startswith("llvm.")]
    names = sorted({*names, *FROM_C})
    return names if REFUSED not in names and all(map(_address, names)) else None


def machine_code(text: str) -> bytes:
    """The object file that LLVM makes of a loop, given as its text."""
    import llvmlite.binding as llvm

    code: bytes = _machine().emit_object(llvm.parse_assembly(text))
    return code


def linked(code: bytes, entry: str, environment: str, names: Sequence[str]) -> Callable[[tuple[Any, ...]], Any] | None:
    """The loop that an object file holds, called with a tuple of its arguments; None where a name that it asks for is not there."""
    import llvmlite.binding as llvm

    addresses = {name: _address(name) for name in names}
    if not all(addresses.values()):
        return None
    for name, address in addresses.items():
        llvm.add_symbol(name, address)
    engine = _engine()
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    place, at = engine.get_global_value_address(environment), engine.get_function_address(entry)
    if not place or not at:
        return None
    ctypes.c_void_p.from_address(place).value = ctypes.addressof(_environment())
    call = _ENTRY(at)
    return lambda given: call(None, given, None)


@cache
def processor() -> tuple[str, str]:
    """What machine code is made for."""
    import llvmlite.binding as llvm

    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


@cache
def _engine() -> Any:
    """What links: one for all loops, as numba has one."""
    import llvmlite.binding as llvm

    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine())


def _machine() -> Any:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    name, features = processor()
    target = llvm.Target.from_default_triple()
    reloc = "static" if target.name.startswith("x86") else "default"  # as numba does
    return target.create_target_machine(
        cpu=name, features=features, opt=3, reloc=reloc, codemodel="jitdefault", jit=True
    )


@cache
def _environment() -> Any:
    return (ctypes.c_char * ENVIRONMENT)()


def _address(name: str) -> int:
    """Where a name is in this process; 0 where it is not known."""
    if name == "numba_unpickle" and "numba" not in sys.modules:
        return ctypes.cast(_exceptions(), ctypes.c_void_p).value or 0
    if name.startswith(HELPER):
        return int(_helpers().get(name.removeprefix(HELPER), 0))
    if name.startswith("PyExc_"):
        return id(getattr(builtins, name.removeprefix("PyExc_"), None)) if hasattr(builtins, name[6:]) else 0
    if name == "_Py_NoneStruct":
        return id(None)
    if name.startswith("Py"):
        return _in(ctypes.pythonapi, name)
    return _in(ctypes.CDLL(None), name) if name in FROM_C else 0


def _in(library: Any, name: str) -> int:
    function = getattr(library, name, None)
    return 0 if function is None else ctypes.cast(function, ctypes.c_void_p).value or 0


class _Exceptions(pickle.Unpickler):
    """Reads what a loop raises: an exception of Python's own, what it says and where. numba's reader would load numba to do so."""

    def find_class(self, module: str, name: str) -> Any:
        kind = getattr(builtins, name, None) if module == "builtins" else None
        if isinstance(kind, type) and issubclass(kind, Exception):
            return kind
        raise pickle.UnpicklingError(f"a compiled loop raises {module}.{name}")


@cache
def _exceptions() -> Any:
    return _PICKLED(lambda data, size, _: _Exceptions(io.BytesIO(ctypes.string_at(data, size))).load())


@cache
def _helpers() -> dict[str, int]:
    """numba's helpers, loaded from their library alone."""
    name = "numba._helperlib"
    library: Any = sys.modules.get(name)
    if library is None:
        package = find_spec("numba")
        spec = package and PathFinder.find_spec(name, package.submodule_search_locations)
        if spec is None or spec.loader is None:
            return {}
        library = module_from_spec(spec)
        spec.loader.exec_module(library)
    helpers: dict[str, int] = library.c_helpers
    return helpers
