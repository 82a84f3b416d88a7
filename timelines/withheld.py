"""Libraries kept from another one that would load them for no other reason than that they are installed."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder


class _Withheld(MetaPathFinder):
    """Says that some libraries are not installed, to the thread that made it alone."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._thread = threading.get_ident()

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        if fullname in self._names and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"{fullname} is withheld", name=fullname)


@contextmanager
def withheld(*names: str) -> Iterator[None]:
    """What is imported meanwhile finds none of the libraries `names`, even where they are loaded already. After that they are as before."""
    finder = _Withheld(names)
    there = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        sys.modules.update(there)
