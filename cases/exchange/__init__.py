"""What a case gives to other tools: one file a format in `cases/exchange/formats/`, found by walking: each module declares `EXCHANGE`."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from cases.errors import CaseError
from cases.exchange.content import Content
from timelines.query import Timeline

Counts = Mapping[str, int]  # what was written and what was left out, by name, in the order to be told


@dataclass(frozen=True, slots=True)
class Options:
    """What an export may be told: the date it bears (YYYY-MM-DD), the language of the sentences, the redaction profile (or its file), and
    whether secrets stand in it unmasked."""

    date: str
    lang: str = "en"
    redact: str | None = None
    secrets: bool = False


class Exchange(Protocol):
    """One format. The same case and options give the same bytes; memory does not grow with the timeline."""

    @property
    def name(self) -> str:
        """What a user calls it: `timesketch`."""
        ...

    @property
    def suffixes(self) -> tuple[str, ...]:
        """What its files end in, the usual one first; empty for a format that is a folder."""
        ...

    @property
    def doc(self) -> str:
        """One line: what it holds and who reads it."""
        ...

    @property
    def redactable(self) -> bool:
        """Whether it can be written with personal data kept out of it."""
        ...

    def write(self, case: Content, timeline: Timeline, path: Path, options: Options) -> Counts:
        """Write to `path`, a new file (or folder), and say how much. `path` ends in the suffix that the user asked for."""
        ...


@cache
def exchanges() -> dict[str, Exchange]:
    """Every format by name, in name order."""
    from cases.exchange import formats

    found: dict[str, Exchange] = {}
    for info in pkgutil.iter_modules(formats.__path__):
        exchange: Exchange = importlib.import_module(f"{formats.__name__}.{info.name}").EXCHANGE
        found[exchange.name] = exchange
    return dict(sorted(found.items()))


def exchange_named(name: str) -> Exchange:
    """One format by name. Raises CaseError that names the nearest, or all there are."""
    if name in exchanges():
        return exchanges()[name]
    near = difflib.get_close_matches(name.lower(), exchanges(), 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(exchanges())}"
    raise CaseError(f"no export format {name!r}; {hint}")


def part(module: str, format: str) -> Any:
    """A package that only some formats need. Raises CaseError that says how to install it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.partition(".")[0]:
            raise
        raise CaseError(
            f"export to {format} needs the package {error.name}; pip install 'athar-forensics[exchange]'"
        ) from error
