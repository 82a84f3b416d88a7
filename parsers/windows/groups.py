"""Records grouped by what they say: the same template, and inside it the same nested templates.

A record is a template instance; the values of some slots are binary XML again, mostly another instance that holds EventData.
Instances of one definition with one number of values are one shape; nested instances form levels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from parsers.gather import Int64s
from parsers.windows import values
from parsers.windows.document import Element, Part, Slot
from parsers.windows.flat import Flat, Int32s, Notes
from parsers.windows.instances import NONE, PARENT, WHICH
from parsers.windows.paths import MAX_FIELDS, Unnameable
from parsers.windows.shaped import HEAD, Known, Places, Shapes, arrange, tell
from parsers.windows.templates import Definition, Room, TooMany, recognise
from parsers.windows.typed import Values, begun
from parsers.windows.visit import Visit

Key = tuple[object, ...]
_MADE_OF = 1 << 14  # numbers that make up all shapes of a run at first


@dataclass(frozen=True, slots=True)
class Group:
    """Instances of one document shape. `rows`: (n,) ascending; `levels[k]` holds the values of `Slot.level` k, n rows each."""

    key: Key
    definition: Definition
    inside: tuple[tuple[int, Group], ...]  # what stands in its binary XML slots
    rows: Int64s
    levels: tuple[Values, ...]


@dataclass(frozen=True, slots=True)
class Fragments:
    """Fragments of binary XML to group: (n,) begins, ends, and bases of their chunks."""

    at: Int64s
    end: Int64s
    base: Int64s

    def span(self, first: int, stop: int) -> Fragments:
        return Fragments(self.at[first:stop], self.end[first:stop], self.base[first:stop])


def grouped(visit: Visit, span: tuple[int, int], room: Room) -> tuple[list[Group], Int64s]:
    """The records [first, stop) by shape, and those that have to be read one by one, counted from the first. Raises TooMany where shapes
    have no `room`."""
    roots = visit.roots[span[0] : span[1]]
    some = roots[roots >= 0]
    if not len(some):
        return [], np.arange(len(roots))
    flat = visit.notes.flat
    bounds = int(some[0]), _end(flat, int(some[-1]))
    definitions, known = _known(visit, bounds, room)
    shapes, shape = _told(flat, known, bounds, room)
    told = np.where(roots >= 0, shape[roots], NONE)
    counts = np.bincount(told[told >= 0], minlength=int(shapes.total[0]))
    family = _Family(visit.notes, definitions, shapes)
    groups = list(_arranged(family, (known, shape, roots), counts))
    return sorted(groups, key=lambda group: int(group.rows[0])), np.flatnonzero(told < 0)


def _end(flat: Flat, root: int) -> int:
    """Where the instances end that the record of instance `root` holds."""
    following = np.flatnonzero(flat.instances[root + 1 : int(flat.total[0]), PARENT] < 0)
    return root + 1 + int(following[0]) if len(following) else int(flat.total[0])


def _known(visit: Visit, bounds: tuple[int, int], room: Room) -> tuple[list[Definition], Known]:
    """The definitions of the instances between two."""
    flat = visit.notes.flat
    count = int(flat.total[2])
    asked = np.zeros(count, np.bool_)
    asked[flat.instances[bounds[0] : bounds[1], WHICH]] = True
    places = flat.places[:count][asked]
    definitions, found = recognise(visit.window, places[:, 0], places[:, 1], room)
    at = np.full(count, -1, np.int32)
    at[asked] = found
    ends = [0, *accumulate(len(definition.fragments) for definition in definitions)]
    fragments = [index for definition in definitions for index in definition.fragments]
    keys = np.array([definition.key for definition in definitions], np.int64)
    needs = np.array([definition.needs for definition in definitions], np.int32)
    return definitions, Known(at, keys, needs, np.array(ends, np.int32), np.array(fragments, np.int32))


def _told(flat: Flat, known: Known, bounds: tuple[int, int], room: Room) -> tuple[Shapes, Int32s]:
    """The shapes of the instances between two, and which each has (-1: none)."""
    first, at = bounds
    most = min(max(room.left, 0), at - first)
    table = np.full(1 << (4 * most + 1).bit_length(), -1, np.int32)
    index = np.zeros(most + 1, np.int64), np.empty(_MADE_OF, np.int64), np.empty(most, np.int32)
    shapes, shape = Shapes(table, *index, np.zeros(1, np.int64)), np.empty(at, np.int32)
    while (at := tell(flat, known, shapes, shape, first, at)) > first:
        used, made_of = int(shapes.bounds[shapes.total[0]]), shapes.made_of
        if used + HEAD + 2 * int(known.needs.max(initial=0)) <= len(made_of):
            raise TooMany
        shapes = shapes._replace(made_of=np.concatenate((made_of, np.empty_like(made_of))))
    room.take(int(shapes.total[0]))
    return shapes, shape


@dataclass(frozen=True, slots=True)
class _Family:
    """The shapes of a run of records."""

    notes: Notes
    definitions: list[Definition]
    shapes: Shapes

    def parts(self, number: int) -> list[tuple[int, int]]:
        """What stands in the binary XML slots of a shape: (slot, shape or NONE)."""
        begin, end = self.shapes.bounds[number : number + 2].tolist()
        made_of = self.shapes.made_of[begin + HEAD : end].tolist()
        return list(zip(made_of[::2], made_of[1::2], strict=True))

    def widths(self, number: int) -> Iterator[int]:
        """How many values each level of a shape has."""
        yield int(self.shapes.made_of[self.shapes.bounds[number] + 1])
        for _, inner in self.parts(number):
            if inner >= 0:
                yield from self.widths(inner)

    def group(self, number: int, rows: Int64s, levels: tuple[Values, ...], begin: int = 0) -> Group:
        """A shape with its rows; of `levels` those that it has, from `begin` on."""
        definition, reach = self.definitions[int(self.shapes.definition[number])], begin + 1
        inside, empty = [], []
        for slot, inner in self.parts(number):
            if inner < 0:
                empty.append(slot)
                continue
            group = self.group(inner, rows, levels, reach)
            inside.append((slot, group))
            reach += len(group.levels)
        key = (definition.key, *((slot, group.key) for slot, group in inside), *empty)
        return Group(key, definition, tuple(inside), rows, levels[begin:reach])


def _arranged(family: _Family, told: tuple[Known, Int32s, Int32s], counts: Int64s) -> Iterator[Group]:
    """The groups of the shapes that records have."""
    known, shape, roots = told
    numbers = np.flatnonzero(counts).tolist()
    widths = {number: list(family.widths(number)) for number in numbers}
    begins = np.zeros((3, len(counts)), np.int64)
    at = [0, 0, 0]
    for number in numbers:
        begins[:, number] = at
        count = int(counts[number])
        at = [at[0] + count, at[1] + count * len(widths[number]), at[2] + sum(widths[number])]
    rows, firsts, sums = np.empty(at[0], np.int64), np.empty(at[1], np.int32), begun(at[2])
    places = Places(begins[0], begins[1], begins[2], counts, np.zeros(len(counts), np.int64))
    flat = family.notes.flat
    arrange(flat, known, shape, np.empty(len(shape), np.uint8), roots, places, rows, firsts, sums)
    for number in numbers:
        row, level, column = begins[:, number].tolist()
        count, levels = int(counts[number]), []
        for width in widths[number]:
            own = firsts[level : level + count], width, sums[column : column + width]
            levels.append(Values(family.notes, *own))
            level, column = level + count, column + width
        yield family.group(number, rows[row : row + count], tuple(levels))


def document(group: Group) -> list[Part]:
    """The whole document of a group's shape, nested templates in their places. Raises Unnameable when it is too big."""
    budget = [MAX_FIELDS * 4]
    return _document(group, 0, budget)


def _document(group: Group, level: int, budget: list[int]) -> list[Part]:
    fill: dict[int, list[Part]] = {}
    below = level + 1
    for index, inner in group.inside:
        fill[index] = _document(inner, below, budget)
        below += len(inner.levels)
    return _grafted(group.definition.roots, level, fill, budget)


def _grafted(
    parts: tuple[Part, ...] | list[Part], level: int, fill: dict[int, list[Part]], budget: list[int]
) -> list[Part]:
    out: list[Part] = []
    for part in parts:
        budget[0] -= 1
        if budget[0] < 0:
            raise Unnameable(f"document of more than {MAX_FIELDS * 4} parts")
        if isinstance(part, Slot):
            if part.index in fill:
                budget[0] -= _weight(fill[part.index])
                out += fill[part.index]
            elif part.kind != values.BINXML:
                out.append(Slot(part.index, part.kind, level))
        elif isinstance(part, Element):
            attributes = [(name, _grafted(text, level, {}, budget)) for name, text in part.attributes]
            if any(isinstance(piece, Slot) and piece.index in fill for _, text in part.attributes for piece in text):
                raise Unnameable("binary XML element as the value of an attribute")
            out.append(Element(part.name, attributes, _grafted(part.children, level, fill, budget)))
        else:
            out.append(part)
    return out


def _weight(parts: list[Part]) -> int:
    return sum(1 + (_weight(part.children) if isinstance(part, Element) else 0) for part in parts)
