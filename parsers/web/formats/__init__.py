"""Line formats of web servers, one file each, found by walking this folder: a module that defines `FORMAT` (or `FORMATS`) is one.

`parsers.web.log` asks each what it would take, and gives it lines; what one leaves goes to the next.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
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

    def parts(self, size: int) -> Iterator[Page]:
        """The page as smaller ones of about `size` bytes, in order: what passes over a page many times wants it near."""
        lines = self.lines
        first = 0
        while first < len(lines):
            stop = max(first + 1, int(np.searchsorted(lines.ends, lines.starts[first] + size)))
            held = lines if first == 0 and stop == len(lines) else lines.between(first, stop)
            yield Page(held, self.control[first:stop], self.high[first:stop], self.zone, self.state)
            first = stop


@dataclass(frozen=True, slots=True)
class Taken:
    """What a format made of a page: the lines that it read ((n,) mask; a directive is read without becoming a row), their rows, and why
    others are not its own: told of those that no format takes."""

    mask: Bools
    rows: tuple[pa.RecordBatch, ...] = ()
    reasons: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of_parts(cls, parts: Sequence[Taken]) -> Taken:
        """What was made of a page's parts, as of the page."""
        if len(parts) == 1:
            return parts[0]
        starts = np.cumsum([0, *(len(part.mask) for part in parts)]).tolist()
        reasons = {
            start + row: why for start, part in zip(starts, parts, strict=False) for row, why in part.reasons.items()
        }
        mask = np.concatenate([part.mask for part in parts]) if parts else np.zeros(0, np.bool_)
        return cls(mask, tuple(batch for part in parts for batch in part.rows), reasons)

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
def carriers() -> tuple[Carrying, ...]:
    """The formats whose lines change how later ones are read, by name."""
    return tuple(one for one in all_formats() if isinstance(one, Carrying))


@cache
def rescues() -> Mapping[str, Callable[[Page], Taken]]:
    """What formats make of damaged lines, by the format's name."""
    return {one.name: one.rescue for one in all_formats() if isinstance(one, Forgiving)}
