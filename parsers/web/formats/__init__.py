"""Line formats of web servers, one file each, found by walking this folder: a module that defines `FORMAT` (or `FORMATS`) is one.

`parsers.web.log` asks each what it would take, and gives it lines; what one leaves goes to the next.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol, runtime_checkable

import numpy as np
import pyarrow as pa

from parsers.gather import Bools, Int64s
from parsers.web.lines import Lines

State = MutableMapping[str, object]


@dataclass(frozen=True, slots=True)
class Page:
    """Lines to read. `control` and `high`: (n,) lines with control bytes, and with bytes above 0x7f; `zone`: IANA zone of times without
    one, or None; `state`: what formats keep from block to block of a slice, each under its own name."""

    lines: Lines
    control: Bools
    high: Bools
    zone: str | None
    state: State

    def take(self, rows: Int64s) -> Page:
        """Some of the lines, given by index, ascending."""
        if len(rows) == len(self.lines):
            return self
        return Page(self.lines.take(rows), self.control[rows], self.high[rows], self.zone, self.state)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a format made of a page: the lines that it read ((n,) mask; a directive is read without becoming a row), their rows, and why
    others are not its own: told of those that no format takes."""

    mask: Bools
    rows: tuple[pa.RecordBatch, ...] = ()
    reasons: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def none(cls, page: Page) -> Taken:
        return cls(np.zeros(len(page.lines), np.bool_))


@runtime_checkable
class Format(Protocol):
    """One line format. Instances hold no state."""

    @property
    def name(self) -> str: ...

    @property
    def family(self) -> str: ...

    def sniff(self, sample: Sequence[bytes], state: Mapping[str, object]) -> Sequence[bool | None]:
        """Which of some lines (in file order, without line ends) keep to this format; None for a line that belongs to it and proves
        nothing, such as a comment. Strict: lines of another format must not."""
        ...

    def read(self, page: Page) -> Taken:
        """Read the lines that keep to this format."""
        ...


@runtime_checkable
class Forgiving(Protocol):
    """A format that can also tell something of lines that are damaged."""

    def rescue(self, page: Page) -> Taken:
        """Read what no format takes strictly."""
        ...


@runtime_checkable
class Carrying(Protocol):
    """A format whose lines change how later ones are read: a slice has to know what the lines before it said. Such lines begin with
    `begin`."""

    begin: bytes

    def carry(self, lines: Lines, state: State) -> None:
        """Note what these lines say, without reading them."""
        ...


@cache
def all_formats() -> tuple[Format, ...]:
    """Every format of this folder, by name. Raises TypeError for one that breaks the contract."""
    found: list[Format] = []
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        for candidate in (*getattr(module, "FORMATS", ()), getattr(module, "FORMAT", None)):
            if candidate is None:
                continue
            if not isinstance(candidate, Format):
                raise TypeError(f"{info.name}: FORMAT has no name, family, sniff and read")
            found.append(candidate)
    return tuple(sorted(found, key=lambda one: one.name))


@cache
def rescues() -> Mapping[str, Callable[[Page], Taken]]:
    """What formats make of damaged lines, by the format's name."""
    return {one.name: one.rescue for one in all_formats() if isinstance(one, Forgiving)}
