"""What is known by its shape, one file a kind, found by walking this folder: each module declares `RECOGNISER`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from typing import Protocol

from cases.redaction.record import Kind
from cases.redaction.spans import Span


class Recogniser(Protocol):
    """Finds the values of one kind in a text."""

    @property
    def kind(self) -> Kind: ...

    def spans(self, text: str) -> Iterator[Span]: ...


@cache
def recognisers() -> tuple[Recogniser, ...]:
    """All of them, in the order of their names."""
    names = sorted(info.name for info in pkgutil.iter_modules(__path__))
    return tuple(importlib.import_module(f"{__name__}.{name}").RECOGNISER for name in names)
