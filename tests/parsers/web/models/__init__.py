"""Models of what servers write: each draws values, escapes them as its server does, and says which columns they should become.

One file a format, found by walking this folder: a module that defines `MODEL` (or `MODELS`) is one. They are written after the servers'
documentation and sources, not after our readers.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass

from hypothesis.strategies import SearchStrategy

from tests.parsers.web.models.pieces import Piece


@dataclass(frozen=True, slots=True)
class Model:
    """Lines of one format: `rows` draws one with its columns. `head`: what stands at the file's beginning; `end`: between lines."""

    name: str
    rows: SearchStrategy[Piece]
    head: bytes = b""
    end: bytes = b"\n"
    parser: str = "web/log"


def all_models() -> list[Model]:
    """Every model of this folder, by name."""
    found: list[Model] = []
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        found += [one for one in (*getattr(module, "MODELS", ()), getattr(module, "MODEL", None)) if one is not None]
    return sorted(found, key=lambda one: one.name)
