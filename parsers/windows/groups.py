"""Records grouped by what they say: the same template, and inside it the same nested templates.

A record is a template instance; the values of some slots are binary XML again, mostly another instance that holds EventData.
Instances of one definition with one number of values share arrays of value positions; nested instances form levels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parsers.gather import Bools, Int64s, numbers_at
from parsers.windows import values
from parsers.windows.binxml import MAX_DEPTH
from parsers.windows.document import Element, Part, Slot
from parsers.windows.paths import MAX_FIELDS, Unnameable
from parsers.windows.templates import Definition, Room, locate
from parsers.windows.tokens import EOF, MORE
from parsers.windows.typed import Values, Window, together

Key = tuple[object, ...]
_MANY = 1 << 15  # values of an instance; a chunk has no room for so many


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

    def rows(self, chosen: Int64s) -> Fragments:
        return Fragments(self.at[chosen], self.end[chosen], self.base[chosen])

    def span(self, first: int, stop: int) -> Fragments:
        return Fragments(self.at[first:stop], self.end[first:stop], self.base[first:stop])


def grouped(window: Window, fragments: Fragments, room: Room, depth: int = 0) -> tuple[list[Group], Int64s]:
    """The fragments by shape, and the indices of those that have to be read one by one. Raises TooMany where shapes have no `room`."""
    count = len(fragments.at)
    if depth > MAX_DEPTH or not count:
        return [], np.arange(count)
    located = locate(window, fragments.at, fragments.end, fragments.base, room)
    odd = np.ones(count, np.bool_)
    groups: list[Group] = []
    plain = np.flatnonzero(located.which >= 0)
    at, end = located.values_at[plain], fragments.end[plain]
    fits = at + 4 <= end
    plain, at, end = plain[fits], at[fits], end[fits]
    if not len(plain):
        return [], np.flatnonzero(odd)
    given = numbers_at(window.data, at, "<u4").astype(np.int64)
    given = np.minimum(given, _MANY)
    # definitions that say the same share a key, whatever their layout
    keys = np.array([definition.key for definition in located.definitions], np.int64)[located.which[plain]]
    codes, first, inverse = np.unique(keys * (_MANY + 1) + given, return_index=True, return_inverse=True)
    for number in range(len(codes)):
        chosen = np.flatnonzero(inverse == number)
        definition = located.definitions[int(located.which[plain[first[number]]])]
        many = int(codes[number] % (_MANY + 1))
        if many < definition.needs or many == _MANY:
            continue
        held, good = _values(window, at[chosen], end[chosen], many)
        rows = plain[chosen[good]]
        if len(rows):
            found = _split(window, definition, rows, (held, fragments), (room, depth))
            for group in found:
                odd[group.rows] = False
            groups += found
    return groups, np.flatnonzero(odd)


def _values(window: Window, at: Int64s, end: Int64s, many: int) -> tuple[Values, Bools]:
    """Where the values of instances lie that give `many` each, and which instances are so: no null has bytes, nothing follows."""
    good = at + 4 + 4 * many <= end
    at, end = at[good], end[good]
    if many:
        raw = together(window, at + 4, np.full(len(at), 4 * many))[1].view("<u4").reshape(len(at), many)
        described = np.ascontiguousarray(raw.T)
        size = (described & np.uint32(0xFFFF)).astype(np.int64)
        kind = (described >> np.uint32(16)).astype(np.uint8)
        loaded = (described & np.uint32(0xFF_FFFF)) - np.uint32(1) < np.uint32(0xFFFF)  # nulls that carry bytes
    else:
        size, kind = np.empty((0, len(at)), np.int64), np.empty((0, len(at)), np.uint8)
    start = np.cumsum(size, axis=0)
    start += at + 4 + 4 * many
    stop = start[-1] if many else at + 4
    ended = window.data[np.minimum(stop, end - 1)] & ~np.uint8(MORE) == EOF  # else more of the document follows
    room = (stop == end) | ((stop < end) & ended)
    if many and loaded.any():
        room &= ~loaded.any(axis=0)
    start -= size
    good[good] = room
    held = Values(start, size, kind)
    return held if room.all() else held.rows(np.flatnonzero(room)), good


def _split(
    window: Window, definition: Definition, rows: Int64s, where: tuple[Values, Fragments], bounds: tuple[Room, int]
) -> list[Group]:
    """Instances of one definition by what stands in their binary XML slots; those that can't be grouped are left out."""
    held, fragments = where
    room, depth = bounds
    held_there = (held.kind[: definition.needs] == values.BINXML).any(axis=1)
    for index in definition.fragments:  # what else stands there is no part of this shape
        held_there[index] |= held.kind[index].any()
    nested = np.flatnonzero(held_there).tolist()
    if not nested:
        return [Group((definition.key,), definition, (), rows, (held,))]
    labels = np.zeros((len(rows), len(nested)), np.int64)
    inner: list[list[Group]] = []
    for at, index in enumerate(nested):
        here = np.flatnonzero(held.kind[index] == values.BINXML)
        labels[(held.kind[index] != values.BINXML) & (held.kind[index] != values.NULL), at] = -1
        starts = held.start[index, here]
        bases = fragments.base[rows[here]]
        groups, odd = grouped(window, Fragments(starts, starts + held.size[index, here], bases), room, depth + 1)
        labels[here[odd], at] = -1
        labels[here[odd[held.size[index, here[odd]] == 0]], at] = 0
        for number, group in enumerate(groups):
            labels[here[group.rows], at] = number + 1
        inner.append([Group(g.key, g.definition, g.inside, here[g.rows], g.levels) for g in groups])
    out = []
    labelled = _combinations(labels)
    room.take(len(labelled))
    for label in labelled:
        if (label < 0).any():
            continue
        chosen = np.flatnonzero((labels == label).all(axis=1))
        inside = tuple((index, inner[at][label[at] - 1]) for at, index in enumerate(nested) if label[at])
        levels = [held if len(chosen) == len(rows) else held.rows(chosen)]
        for _, group in inside:
            if len(group.rows) == len(chosen):
                levels += group.levels
                continue
            place = np.searchsorted(group.rows, chosen)
            levels += [level.rows(place) for level in group.levels]
        key = (definition.key, *((index, group.key) for index, group in inside), *_nulls(nested, label.tolist()))
        out.append(Group(key, definition, inside, rows[chosen], tuple(levels)))
    return out


def _combinations(labels: Int64s) -> Int64s:
    """The distinct rows of `labels`, in order."""
    if labels.shape[1] == 1:
        return np.unique(labels[:, 0])[:, None]
    return np.unique(labels, axis=0)


def _nulls(nested: list[int], label: list[int]) -> list[int]:
    return [index for at, index in enumerate(nested) if not label[at]]


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
