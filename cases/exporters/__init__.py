"""Formats of a summary, one file a format, found by walking this folder: each module declares `EXPORTER`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Protocol

from cases.errors import CaseError
from cases.languages import Language
from cases.summary import Summary


class Exporter(Protocol):
    """One format. The same summary and language give the same bytes."""

    @property
    def name(self) -> str:
        """What a user calls it: `html`."""
        ...

    @property
    def suffix(self) -> str:
        """What its files end in: `.html`."""
        ...

    def render(self, summary: Summary, language: Language) -> bytes:
        """The whole file."""
        ...


@cache
def exporters() -> dict[str, Exporter]:
    """Every exporter by name, in name order."""
    found: dict[str, Exporter] = {}
    for info in pkgutil.iter_modules(__path__):
        exporter: Exporter = importlib.import_module(f"{__name__}.{info.name}").EXPORTER
        found[exporter.name] = exporter
    return dict(sorted(found.items()))


def exporter(name: str) -> Exporter:
    """One exporter by name. Raises CaseError that lists those there are."""
    if name not in exporters():
        raise CaseError(f"no report format {name!r}; expected one of {', '.join(exporters())}")
    return exporters()[name]
