"""Analyzers: what a rule cannot say. One file each, found by walking this folder: each module declares `ANALYZER`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from timelines.findings import Finding

if TYPE_CHECKING:
    from timelines.query import Timeline


@runtime_checkable
class Analyzer(Protocol):
    """Something that reads a timeline and tells what it found. Pure: no clock, no network, the same findings in the same order each time.

    `needs` are the families it reads (`windows/*` is every family of that folder); it is not asked where a case has none of them.
    """

    name: str
    needs: tuple[str, ...]

    def find(self, timeline: Timeline) -> Iterator[Finding]: ...


@cache
def all_analyzers() -> dict[str, Analyzer]:
    """Every analyzer by name, in name order. Raises ValueError when two share a name."""
    found: dict[str, Analyzer] = {}
    for info in pkgutil.iter_modules(__path__):
        analyzer: Analyzer = importlib.import_module(f"{__name__}.{info.name}").ANALYZER
        if analyzer.name in found:
            raise ValueError(f"analyzer {analyzer.name!r} is declared twice")
        found[analyzer.name] = analyzer
    return dict(sorted(found.items()))
