"""An event's document: elements, texts, and slots for what a record fills in."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a template that a record's value fills. `level` tells nested templates apart."""

    index: int
    kind: int
    level: int = 0


class Hex(str):
    """Bytes in hex, because they are binary or do not fit their type: no number, even where it looks like one."""

    __slots__ = ()


class Items(str):
    """The items of an array value, joined as columns show them. Windows' own XML repeats the element that holds them, item by item."""

    __slots__ = ("each",)

    each: tuple[str, ...]


@dataclass(slots=True)
class Element:
    """An XML element; `children` and attribute values are texts, slots and (children only) elements, in order."""

    name: str
    attributes: list[tuple[str, list[Part]]] = field(default_factory=list)
    children: list[Part] = field(default_factory=list)


Part = str | Slot | Element


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that could not be read: where (bytes from the chunk's start) and why."""

    at: int
    reason: str


class Broken(ValueError):
    """Binary XML that can't be read further: where, and why."""

    def __init__(self, at: int, reason: str) -> None:
        super().__init__(reason)
        self.remark = Remark(at, reason)
