"""One step through a document without a template: the bytes that must stand there, and what may differ behind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

LEAN = 5  # bytes before the name of an element that lacks the dependency: token, size


@dataclass(frozen=True, slots=True)
class Step:
    """What must stand at a place: `code` is its first bytes, which end with the token, or with a text's type; then a name, or a text,
    or nothing."""

    code: bytes
    name: bytes = b""  # hash, length and characters; empty where no name stands
    name_at: int = 0  # of the name's offset, from the token
    tail: int = 0  # bytes behind the name
    text: bytes | None = None  # a text that is part of the shape: the name of a Data element
    value: bool = False  # a text that is a value
    ended: bool = False  # nothing says that the document ends but that the record does

    @property
    def plain(self) -> bool:
        """Whether nothing follows the first bytes."""
        return not self.name and self.text is None and not self.value and not self.ended


def merged(steps: Iterable[Step]) -> Iterator[Step]:
    """The same with fewer steps: one that is plain is part of the next, since all its bytes are known."""
    before = b""
    for step in steps:
        if step.plain:
            before += step.code
        else:
            yield replace(step, code=before + step.code) if before else step
            before = b""
    if before:
        yield Step(before)
